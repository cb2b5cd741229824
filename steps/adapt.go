package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
)

// Adapted are answers of another time, without those that do not fit the account.
type Adapted struct {
	Answers Answers
	// Next is the ID of the first step that needs an answer; empty if none does.
	Next string
	// Problems says what does not fit, a sentence for each problem.
	Problems []string
	// Cleared describes answers that depended on them and were removed too.
	Cleared []string
}

// Adapt removes the answers that Check reported from those of the state, and those that depend on them. All other answers stay.
func Adapt(s State, problems []Problem) Adapted {
	before, out := s, Adapted{}
	before.Ans = s.Ans.Clone()
	s.Ans = s.Ans.Clone()
	removed := map[string][]int{} // items of lists
	open := map[string]bool{}     // steps
	for _, p := range problems {
		out.Problems = append(out.Problems, before.problem(p))
		list, item, isItem := strings.Cut(strings.TrimSuffix(p.Key, "]"), "[")
		root, _, _ := strings.Cut(list, ".")
		step := before.stepOfKey(list)
		open[step] = true
		switch {
		case p.Key == "account":
			s.Ans.Account = s.Inv.Account
		case p.Key == "region":
			s.Ans.Region = s.Inv.Region
		case p.Key == "workload":
			out.Cleared = append(append(out.Cleared, clearFirst(s, &s.Ans)...), clearChosen(s, &s.Ans, true)...)
			s.Ans.Workload = ""
		case p.Key == before.workload().Named.Key:
			*before.workload().Named.Of(&s.Ans.Answers) = ""
		case p.Key == "vpc":
			s.Ans.VPC, s.Ans.NewVPC = "", nil
			out.Cleared = append(out.Cleared, clearSubnets(s, &s.Ans.Answers, true)...)
			out.Cleared = append(append(out.Cleared, clearAccess(&s.Ans.Airflow)...), clearRun(&s.Ans.Answers)...)
		case step == AccessMethod:
			out.Cleared = append(out.Cleared, clearAccess(&s.Ans.Airflow)...)
		case step == Registry:
			out.Cleared = append(out.Cleared, clearRegistry(&s.Ans)...)
		case root == "proof":
			s.Ans.Proof = answers.Proof{}
		case root == "ip_address_type":
			s.Ans.IPAddressType = ""
		case root == "endpoint_policy":
			if _, code, ok := strings.Cut(list, "."); ok {
				delete(s.Ans.EndpointPolicy.ByService, code)
			} else {
				s.Ans.EndpointPolicy.Default = ""
			}
		case isItem:
			var i int
			if _, err := fmt.Sscan(item, &i); err == nil {
				removed[list] = append(removed[list], i)
			}
		}
	}
	lists := map[string]*[]string{"subnets": &s.Ans.Subnets, "clients": &s.Ans.Clients, "security_groups": &s.Ans.SecurityGroups, "extra": &s.Ans.Extra,
		"needs": s.Ans.Needs, "agent.clusters": &s.Ans.Agent.Clusters, "redeploy": &s.Ans.Redeploy}
	for key, items := range removed {
		if of := lists[key]; of != nil {
			*of = without(*of, items)
		}
	}
	if n := s.Ans.Needs; n != nil && removed["needs"] != nil && len(*n) == 0 { // an empty list is the answer that nothing is needed
		s.Ans.Needs = nil
	}
	s.Ans = Settle(s)
	out.Answers = s.Ans
	for _, step := range All() {
		if open[step.ID] && step.Applies(s) {
			out.Next = step.ID
			break
		}
	}
	return out
}

// without returns the items of a list except those with an index; nil if none is left.
func without(list []string, items []int) []string {
	var out []string
	for i, v := range list {
		if !slices.Contains(items, i) {
			out = append(out, v)
		}
	}
	return out
}

// stepOfKey returns the id of the step that asks for a key of the answers file, such as "agent.clusters"; empty if none does.
func (s State) stepOfKey(key string) string {
	root, _, _ := strings.Cut(key, ".")
	switch {
	case key == s.workload().Named.Key:
		return Service
	case slices.ContainsFunc(All(), func(step *Step) bool { return step.ID == root }):
		return root
	}
	for _, o := range ofRules {
		if of, _, _ := strings.Cut(o.key, "."); of == root {
			return o.step
		}
	}
	return ""
}

// problem returns a problem as a sentence for people who have no file with keys.
func (s State) problem(p Problem) string {
	switch p.Key {
	case "account":
		return fmt.Sprintf("The answers are for account %s, but the credentials are for account %s.", p.Text, s.Inv.Account)
	case "region":
		return fmt.Sprintf("The answers are for %s, but the wizard reads %s.", p.Text, s.Inv.Region)
	}
	what := strings.TrimSpace(p.Key)
	list, _, _ := strings.Cut(p.Key, "[")
	for _, step := range All() {
		if step.ID == s.stepOfKey(list) {
			what = step.Title
		}
	}
	message := p.Message
	if p.Text != "" {
		what += " " + p.Text
	} else if rest, ok := strings.CutPrefix(message, "is missing"); ok {
		message = "no answer" + rest
	}
	return what + ": " + strings.TrimSuffix(strings.ReplaceAll(message, "`vpc`", "the VPC"), ".") + "."
}
