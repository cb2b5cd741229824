package doctor

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// detail sets the values of the message.
func (s *signals) detail() {
	s.Service = s.service
	if s.host != nil {
		s.Host, s.Region = s.host.name, s.host.region
	}
	if s.address.kind != noAddress && !strings.Contains(s.address.text, " ") {
		s.Address = s.address.text
	}
	for _, a := range arnsIn(s.text) {
		if s.Region == "" && isRegion(a.region) {
			s.Region = a.region
		}
		if s.Account == "" && len(a.account) == 12 {
			s.Account = a.account
		}
	}
	if len(s.names) > 0 && s.Region == "" {
		s.Region = s.names[0].region
	}
	for _, h := range s.hosts {
		if account, _, _ := strings.Cut(h.name, "."); h.registry && h.service != "" && len(account) == 12 && s.Account == "" {
			s.Account = account
		}
	}
	if s.Region == "" {
		s.Region = regionIn(s.text)
	}
	s.Image = imageIn(s.text, s.hosts)
}

// regionIn returns the first Region in a text.
func regionIn(text string) string {
	for i := 0; i < len(text); i++ {
		if !isLetter(text[i]) || i > 0 && isHostByte(text[i-1]) {
			continue
		}
		n := tokenAfter(text[i:])
		if w := strings.Trim(text[i:i+n], ".-_"); len(w) < 20 && isRegion(w) {
			return w
		}
		i += n
	}
	return ""
}

// imageIn returns the image that a message is about: after the words that Docker and containerd have before it, or at a registry.
func imageIn(text string, hosts []host) string {
	for _, name := range []string{"failed to resolve ref ", "failed to resolve reference ", "resolve image ", "pull access denied for ", "manifest for ", "Cannot pull '", "cannot pull '", "pull image ", "pulling image "} {
		if v := after(text, name); v != "" {
			if w := imageWord(v); strings.ContainsAny(w, "/:") || name == "pull access denied for " {
				return w
			}
		}
	}
	for _, h := range hosts {
		if !h.registry || !strings.HasPrefix(text[h.end:], "/") || strings.HasPrefix(text[h.end:], "/v2") || strings.HasSuffix(text[:h.at], "://") {
			continue
		}
		return imageWord(text[h.at:])
	}
	return ""
}

// imageWord returns the reference of an image at the beginning of a text. It can contain colons.
func imageWord(text string) string {
	text = strings.TrimLeft(text, "\"'`")
	w := text[:endOf(text[:min(len(text), longestWord)], " \n\t,;\"'`()<>")]
	return strings.TrimRight(limited(w), ".:")
}

// arn is an ARN in a text.
type arn struct{ service, region, account, resource string }

// arnsIn returns the ARNs of a text.
func arnsIn(text string) []arn {
	var out []arn
	for {
		i := strings.Index(text, "arn:")
		if i < 0 || len(out) == mostIDs {
			return out
		}
		text = text[i:]
		w := text[:endOf(text, " \n\t,;\"'`()<>[]{}")]
		if parts := strings.SplitN(w, ":", 6); len(parts) == 6 {
			out = append(out, arn{parts[2], parts[3], parts[4], strings.TrimRight(parts[5], ".:")})
		}
		text = text[len("arn:"):]
	}
}

// mostIDs is the maximum number of ids and names of a message.
const mostIDs = 100

// idPrefixes are the beginnings of the ids of resources that a message can reference.
var idPrefixes = []string{"vpc", "subnet", "rtb", "vpce", "i", "fs", "sg", "eni", "nat", "igw", "acl", "pl", "fsap", "fsmt", "dopt", "ami", "lt", "mi", "vpce-svc"}

// idsIn returns the ids of resources in a text, each once.
func idsIn(text string) []string {
	var out []string
	for i := 0; i < len(text) && len(out) < mostIDs; i++ {
		if !isLetter(text[i]) || i > 0 && (isLetter(text[i-1]) || isDigit(text[i-1])) {
			continue
		}
		n := i
		for n < len(text) && (isLetter(text[n]) || isDigit(text[n]) || text[n] == '-') {
			n++
		}
		w := text[i:n]
		i = n
		at := strings.LastIndexByte(w, '-')
		if at < 0 || !slices.Contains(idPrefixes, w[:at]) {
			continue
		}
		number := w[at+1:]
		if (len(number) == 17 || len(number) == 8) && strings.Trim(number, "0123456789abcdef") == "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// namesIn returns names of clusters, services, task definitions, job queues, environments and roles in a text, each once: those in ARNs, and those that events of services and tools show.
func namesIn(text string) []string {
	var out []string
	add := func(name string) {
		name = limited(strings.Trim(name, ".,:;'\"`()"))
		if name != "" && len(out) < mostIDs && !slices.Contains(out, name) && strings.Trim(name, ".…*") != "" {
			out = append(out, name)
		}
	}
	for _, a := range arnsIn(text) {
		kind, rest, found := strings.Cut(a.resource, "/")
		if !found {
			continue
		}
		parts := strings.Split(rest, "/")
		switch a.service + ":" + kind {
		case "ecs:cluster", "ecs:task-definition", "batch:compute-environment", "batch:job-queue", "batch:job-definition", "airflow:environment":
			name, _, _ := strings.Cut(words.Last(rest), ":")
			add(name)
		case "ecs:service":
			for _, p := range parts {
				add(p)
			}
		case "ecs:task", "ecs:container-instance", "sts:assumed-role":
			if len(parts) > 1 {
				add(parts[0])
			}
		case "iam:role", "iam:instance-profile", "iam:user":
			add(words.Last(rest))
		}
	}
	for _, form := range []struct{ before, after string }{
		{"(service ", ")"}, {"service ", " was unable"}, {"service ", " has reached"}, {"service ", " has started"}, {"service ", " has stopped"}, {"service ", " has begun"}, {"service ", " is unable"}, {"service ", " ("}, {"MWAA Environment (", ")"}, {"ECS Cluster (", ")"}, {"ECS Service (", ")"}, {"Batch Compute Environment (", ")"},
		{"\"group\": \"service:", "\""}, {"\"serviceName\": \"", "\""}, {"\"clusterName\": \"", "\""}, {"\"jobQueue\": \"", "\""}, {"\"jobName\": \"", "\""}, {"\"computeEnvironmentName\": \"", "\""}, {"\"family\": \"", "\""}, {"awslogs-group: ", "\n"},
	} {
		for rest := text; len(out) < mostIDs; {
			i := strings.Index(rest, form.before)
			if i < 0 {
				break
			}
			rest = rest[i+len(form.before):]
			end := strings.Index(rest[:min(len(rest), longestWord)], form.after)
			if end > 0 && !strings.ContainsAny(rest[:end], " \n/") {
				add(rest[:end])
			}
		}
	}
	return out
}
