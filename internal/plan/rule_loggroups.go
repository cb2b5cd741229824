package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// groupState is what is known about the log group of a container after the plan.
type groupState int

const (
	groupUnknown groupState = iota
	groupUnread             // AWS did not show it
	groupMissing
	groupExists
)

func (b *builder) groupState(l logger) groupState {
	name := b.namedGroup(l.Container)
	if name == "" {
		return groupUnknown
	}
	if slices.Contains(b.logGroups, name) {
		return groupExists
	}
	if _, known := b.Inv.LogGroup(name); known {
		return groupMissing
	}
	if b.unreadGroups() != "" {
		return groupUnread
	}
	return groupUnknown
}

// unreadGroups returns why the log groups are missing in the inventory; empty if they were read.
func (b *builder) unreadGroups() string {
	if g, ok := b.Inv.Gap("logs:DescribeLogGroups"); ok {
		return g.String()
	}
	return ""
}

// checkLogGroups reports log groups that do not exist and that nothing creates. Without
// awslogs-create-group the awslogs driver fails then, and the container does not start (Docker
// documentation, Amazon CloudWatch Logs logging driver; Amazon ECS API reference, LogConfiguration). It
// also reports log groups that a log driver creates although its role is not allowed to, or
// although nothing shows that it is. logs:CreateLogGroup is needed, and
// AmazonECSTaskExecutionRolePolicy does not allow it (Amazon ECS API reference, LogConfiguration). On
// container instances without an execution role, the awslogs driver uses the role of the instance (AWS
// re:Post knowledge center, Amazon ECS container logs in CloudWatch).
func checkLogGroups(b *builder) []Finding {
	type asker struct {
		role, kind, region string
		state              groupState
	}
	var order []asker
	asked := map[asker][]logger{}
	var out []Finding
	for _, l := range b.loggers() {
		state := b.groupState(l)
		if state == groupMissing && l.LogDriver == "awslogs" && !l.LogCreates {
			out = append(out, Finding{Severity: Warn, Resource: l.arn, Message: fmt.Sprintf("%s logs to the log group %s, which does not exist. The awslogs driver does not create it, so the container does not start.", l, l.LogGroup),
				Fix: "Create the log group before the tasks start."})
		}
		if name := b.namedGroup(l.Container); l.LogCreates && l.LogDriver == "awslogs" && b.p.Change(resource.ID("log-group/"+name)) != nil {
			out = append(out, Finding{Severity: Warn, Resource: l.role, Message: fmt.Sprintf("%s logs with awslogs-create-group, but the execution role %s does not allow logs:CreateLogGroup. The plan creates the log group %s. With the name of another one, the container does not start.", l, words.Last(l.role), name),
				Fix: "Allow the role logs:CreateLogGroup, or turn the option off."})
		}
		if !l.CreatesGroup() || state == groupExists {
			continue
		}
		a := asker{l.role, "execution role", b.logRegion(l.Container), state}
		if strings.HasPrefix(l.LogDriver, "awsfirelens") {
			a.kind = "task role"
		}
		if asked[a] == nil {
			order = append(order, a)
		}
		asked[a] = append(asked[a], l)
	}
	for _, a := range order {
		find := func(ls []logger, format string, args ...any) {
			resource := a.role
			if resource == "" {
				resource = ls[0].arn
			}
			f := Finding{Severity: Warn, Resource: resource, Message: b.creation(ls, a.region, a.state == groupMissing) + " " + fmt.Sprintf(format, args...),
				Fix: "Create the log group before the tasks start, or allow the role logs:CreateLogGroup on it."}
			if a.state != groupMissing {
				f.Fix += " If the log group exists, nothing is needed."
			}
			if a.state == groupUnread {
				f.Message += " Whether the log group exists could not be read: " + b.unreadGroups() + "."
			}
			out = append(out, f)
		}
		all, name := asked[a], words.Last(a.role)
		switch {
		case a.role == "" && a.kind == "execution role" && b.Workload.OwnHosts:
			find(all, "Without an execution role, the role of the container instance creates it. The wizard does not read that role.")
		case a.role == "":
			find(all, "There is no %s.", a.kind)
		case b.Inv.Role(a.role) == nil && slices.Index(b.roles(), a.role) >= mostRoles:
			find(all, "The wizard reads the policies of at most %d roles of a workload, and this one has %d. It did not read the %s %s.", mostRoles, len(b.roles()), a.kind, name)
		case b.Inv.Role(a.role) == nil:
			find(all, "The %s %s was not read.%s", a.kind, name, because([]policy.Lack{{Because: b.unreadRoles()}}))
		default:
			var denied, undecided []logger
			var no, unsure []policy.Lack
			for _, l := range all {
				switch lack, ok := b.createsGroup(a.role, a.region, b.logGroup(l.Container)); {
				case ok:
				case lack.Unsure:
					undecided, unsure = append(undecided, l), append(unsure, lack)
				default:
					denied, no = append(denied, l), append(no, lack)
				}
			}
			if len(denied) > 0 {
				find(denied, "The %s %s does not allow it.%s", a.kind, name, because(no))
			}
			if len(undecided) > 0 {
				find(undecided, "The wizard cannot decide whether the %s %s allows it.%s", a.kind, name, because(unsure))
			}
		}
	}
	return out
}

// creation returns the sentence about the log groups that containers create.
func (b *builder) creation(ls []logger, region string, missing bool) string {
	var of, groups []string
	for _, l := range ls {
		of, groups = append(of, l.of), append(groups, b.logGroup(l.Container))
	}
	of, groups = workload.Unique(of), workload.Unique(groups)
	const unnamed = "a log group (the options do not show its name)"
	hidden := slices.Contains(groups, inventory.AnyGroup)
	groups = slices.DeleteFunc(groups, func(g string) bool { return g == inventory.AnyGroup })
	verb, what, exist := "creates", "the log group "+words.UpTo(groups, 3), "it does not exist"
	if len(of) > 1 {
		verb = "create"
	}
	switch {
	case len(groups) == 0:
		what = unnamed
	case hidden:
		what, exist = what+" and "+unnamed, "they do not exist"
	case len(groups) > 1:
		what, exist = "the log groups "+words.UpTo(groups, 3), "they do not exist"
	}
	if region != b.Ans.Region {
		what += " in " + region
	}
	subject := words.UpTo(of, 3)
	if rest, ok := strings.CutPrefix(subject, "service "); ok {
		subject = "Service " + rest
	}
	if missing {
		return fmt.Sprintf("%s %s %s, because %s. This needs logs:CreateLogGroup.", subject, verb, what, exist)
	}
	return fmt.Sprintf("%s %s %s if %s, which needs logs:CreateLogGroup.", subject, verb, what, exist)
}

// unreadRoles returns why policies of roles are missing in the inventory; empty if nothing was denied.
func (s *scope) unreadRoles() string {
	if i := slices.IndexFunc(s.Inv.Gaps, func(g inventory.Gap) bool { return strings.HasPrefix(g.Call, "iam:") }); i >= 0 {
		return s.Inv.Gaps[i].String()
	}
	return ""
}

// createsGroup decides whether the policies of a role allow the creation of a log group in a Region, and
// returns what is lacking. AWS writes the ARN of a log group with and without :* at the end (Amazon
// CloudWatch Logs user guide, resources). If the policies allow only one of the two, it is not decided.
func (b *builder) createsGroup(arn, region, group string) (lack policy.Lack, ok bool) {
	role := b.Inv.Role(arn)
	caller := policy.Caller{Account: b.Inv.Account, Region: region, Roles: []string{arn}}
	var both []policy.Lack
	for _, end := range []string{"", ":*"} {
		resource := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s%s", catalog.PartitionID(region), region, b.Inv.Account, group, end)
		both = append(both, policy.RoleLacks([]policy.Grant{{Actions: []string{"logs:CreateLogGroup"}, Resources: []string{resource}}}, caller, named(role)...)...)
	}
	if len(both) == 0 {
		return policy.Lack{}, true
	}
	lack = both[0]
	switch {
	case len(both) == 2 && !both[0].Unsure && !both[1].Unsure:
		if gap := b.unreadRoles(); gap != "" && lack.Because == "" {
			lack.Unsure, lack.Because = true, gap
		}
	case !lack.Unsure:
		lack.Unsure, lack.Because = true, "a policy allows only one of the two forms of the ARN, with and without :*"
	}
	return lack, false
}
