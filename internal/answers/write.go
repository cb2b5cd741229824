package answers

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// YAML returns the answers as a file that Load reads back unchanged. It returns an error if Load
// would reject them. Keys have the documented order.
func (a Answers) YAML() ([]byte, error) {
	var b strings.Builder
	line := func(key, value string) {
		if !strings.HasPrefix(value, "\n") {
			value = " " + value
		}
		b.WriteString(key + ":" + value + "\n")
	}
	text := func(key, value string) {
		if value != "" {
			line(key, flow(value))
		}
	}
	items := func(key string, values []string) {
		if len(values) > 0 {
			line(key, flowList(key, values))
		}
	}
	line("version", fmt.Sprint(Version))
	if a.Account != "" {
		line("account", quote(a.Account))
	}
	text("workload", string(a.Workload))
	text("region", a.Region)
	text("service", a.Service)
	text("compute_environment", a.ComputeEnvironment)
	text("vpc", a.VPC)
	items("subnets", a.Subnets)
	items("clients", a.Clients)
	items("security_groups", a.SecurityGroups)
	if a.Needs != nil {
		line("needs", flowList("needs", *a.Needs))
	}
	items("extra", a.Extra)
	if a.PrivateDNS != nil {
		line("private_dns", fmt.Sprint(*a.PrivateDNS))
	}
	text("ip_address_type", a.IPAddressType)
	mapping := func(key string, values map[string]string) {
		b.WriteString(key + ":\n")
		for _, k := range slices.Sorted(maps.Keys(values)) {
			fmt.Fprintf(&b, "  %s: %s\n", flow(k), flow(values[k]))
		}
	}
	if p := a.EndpointPolicy; len(p.ByService) > 0 {
		values := maps.Clone(p.ByService)
		if p.Default != "" {
			values[defaultPolicy] = p.Default
		}
		mapping("endpoint_policy", values)
	} else {
		text("endpoint_policy", p.Default)
	}
	if g := a.Agent; len(g.Clusters) > 0 || g.Restart != "" || g.Update {
		b.WriteString("agent:\n")
		if len(g.Clusters) > 0 {
			line("  clusters", strings.ReplaceAll(flowList("  clusters", g.Clusters), "\n", "\n  "))
		}
		text("  restart", g.Restart)
		if g.Update {
			line("  update", "true")
		}
	}
	if !a.Airflow.none() {
		b.WriteString("mwaa:\n")
		head := ""
		for _, s := range a.Airflow.settings() {
			key, indent := s.key, "  "
			group, rest, within := strings.Cut(s.key, ".")
			if within && s.isSet() {
				key, indent = rest, "    "
				if head != group {
					head = group
					b.WriteString("  " + group + ":\n")
				}
			}
			switch {
			case !s.isSet():
			case s.list != nil:
				line(indent+key, strings.ReplaceAll(flowList(indent+key, *s.list), "\n", "\n"+indent))
			case s.on != nil:
				line(indent+key, "true")
			default:
				text(indent+key, *s.text)
			}
		}
	}
	if r := a.Registry; r.On() {
		b.WriteString("registry:\n")
		text("  secret", r.Secret)
		text("  value", r.Value)
		toggle := func(key string, on bool) {
			if on {
				line(key, "true")
			}
		}
		toggle("  check", r.Check)
		toggle("  restore", r.Restore)
		text("  username", r.Username)
		text("  description", r.Description)
		text("  kms_key", r.KMSKey)
		text("  role", r.Role)
		toggle("  create_role", r.CreateRole)
		text("  ecr_condition", r.ECRCondition)
		text("  definition", r.Definition)
		if len(r.Containers) > 0 {
			line("  containers", strings.ReplaceAll(flowList("  containers", r.Containers), "\n", "\n  "))
		}
		toggle("  update_service", r.UpdateService)
		if r.Job != (Job{}) {
			b.WriteString("  job:\n")
			text("    name", r.Job.Name)
			text("    image", r.Job.Image)
			text("    vcpu", r.Job.VCPU)
			text("    memory", r.Job.Memory)
		}
	}
	if a.Proof.Task != "" {
		b.WriteString("proof:\n")
		text("  task", a.Proof.Task)
	}
	items("redeploy", a.Redeploy)
	if len(a.Tags) > 0 {
		mapping("tags", a.Tags)
	}
	out := []byte(b.String())
	if _, _, err := Load("answers", out); err != nil {
		return nil, fmt.Errorf("cannot save these answers: %w", err)
	}
	return out, nil
}

// flowList writes a list on one line, or one item per line if the line would be too long.
func flowList(key string, values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = flow(v)
	}
	if one := "[" + strings.Join(out, ", ") + "]"; len(key)+2+len(one) <= 100 {
		return one
	}
	return "\n  - " + strings.Join(out, "\n  - ")
}

// plainText matches text that every YAML reader reads as the same text.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([._/-][A-Za-z0-9]+)*$`)

// notText are texts that some version of YAML does not read as text.
var notText = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}

// flow writes a text without quotes where that is safe, else with quotes.
func flow(s string) string {
	if plainText.MatchString(s) && !slices.Contains(notText, strings.ToLower(s)) {
		return s
	}
	return quote(s)
}

// quote writes a text in double quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != "\uFFFD"[0]:
			b.WriteByte(s[i]) // not UTF-8: kept so that Load rejects it
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' && r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
