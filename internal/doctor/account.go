package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Messages returns the messages of an account about what does not run: first those about its state now, then the others, the newest first.
// Messages about one resource that differ only in ids, times and addresses of the same kind are one message.
func Messages(inv *inventory.Inventory) []Source {
	m := &collector{inv: inv}
	m.environments()
	m.agents()
	m.jobs()
	m.tasks()
	m.events()
	slices.SortStableFunc(m.all, func(a, b message) int {
		const now = "~" // after each time
		return cmp.Or(cmp.Compare(cmp.Or(b.at, now), cmp.Or(a.at, now)), cmp.Compare(a.Subject, b.Subject))
	})
	var out []Source
	for _, x := range m.all {
		out = append(out, x.Source)
	}
	return out
}

// message is a source with its time, which is empty for the state of a resource now, and with its text without what differs between two
// occurrences.
type message struct {
	Source
	at, form string
}

// collector collects the messages of an account.
type collector struct {
	inv *inventory.Inventory
	all []message
}

// add adds a message, or counts it if it is known.
func (m *collector) add(where Where, subject, text, at string) {
	if text == "" {
		return
	}
	form := formOf(text)
	for i := range m.all {
		known := &m.all[i]
		if known.Where == where && known.Subject == subject && known.form == form {
			known.Times++
			if at > known.at {
				known.at, known.Text = at, text
			}
			return
		}
	}
	m.all = append(m.all, message{Source{Where: where, Subject: subject, Text: text, Times: 1}, at, form})
}

// has reports whether a known message matches.
func (m *collector) has(match func(x *message) bool) bool {
	for i := range m.all {
		if match(&m.all[i]) {
			return true
		}
	}
	return false
}

// healthy is the reason of a compute environment without a problem.
const healthy = "ComputeEnvironment Healthy"

// environments adds the states of compute environments and the errors of Amazon MWAA environments.
func (m *collector) environments() {
	for _, e := range m.inv.Batch.Environments {
		if e.Reason != healthy {
			m.add(BatchReason, e.Name, e.Reason, "")
		}
	}
	for _, a := range m.inv.MWAA {
		if f := a.Failure; f != nil {
			m.add(AirflowError, a.Name, strings.TrimPrefix(f.Code+": "+f.Message, ": "), f.At)
		}
	}
}

// mostNamed is the number of container instances that a message lists.
const mostNamed = 5

// agents adds the clusters with container instances of the account that have agents without a connection.
func (m *collector) agents() {
	for i := range m.inv.Clusters {
		c := &m.inv.Clusters[i]
		var own, off []string
		for _, n := range c.ContainerInstances {
			if n.Own() {
				own = append(own, n.Instance)
				if !n.Connected {
					off = append(off, n.Instance)
				}
			}
		}
		if len(off) > 0 {
			m.add(AgentLog, m.clusterSubject(c.ARN), fmt.Sprintf("The ECS agents of %d of %s of cluster %s are not connected (agentConnected: false): %s", len(off), words.Count(len(own), "container instance"), c.Name, words.UpTo(off, mostNamed)), "")
		}
	}
}

// jobs adds the jobs of AWS Batch with a reason.
func (m *collector) jobs() {
	for _, j := range m.inv.Failures.Jobs {
		text := j.Reason
		if j.Container != "" && !strings.Contains(text, j.Container) {
			text = strings.TrimPrefix(text+"\n"+j.Container, "\n")
		}
		m.add(BatchReason, m.queueName(j.Queue), text, j.Created)
	}
}

// tasks adds the stopped tasks, without those of jobs that are known already.
func (m *collector) tasks() {
	for _, t := range m.inv.Failures.Tasks {
		lines := []string{t.Reason}
		for _, c := range t.Containers {
			line := c.Name + ":"
			if c.Reason != "" && !strings.Contains(t.Reason, c.Reason) {
				line += " " + c.Reason
			}
			if c.Exit != nil {
				line += fmt.Sprintf(" (exit code %d)", *c.Exit)
			}
			if line != c.Name+":" {
				lines = append(lines, line)
			}
		}
		text := strings.TrimPrefix(strings.Join(lines, "\n"), "\n")
		form := formOf(t.Reason)
		if m.ofBatch(t.Cluster) != nil && form != "" && m.has(func(x *message) bool { return x.Where == BatchReason && strings.Contains(x.form, form) }) {
			continue
		}
		subject := m.clusterSubject(t.Cluster)
		if service, ok := strings.CutPrefix(t.Group, "service:"); ok {
			subject += "/" + service
		}
		m.add(StoppedReason, subject, text, t.Stopped)
	}
}

// unstable is in the event about a service with tasks that do not start. It says that, and not why.
const unstable = "is unable to consistently start tasks successfully"

// events adds the events of services and why AWS ended their deployments. An event that repeats the reason of a stopped task adds nothing, and
// neither does one without a reason if another message of the service has one.
func (m *collector) events() {
	for i := range m.inv.Clusters {
		c := &m.inv.Clusters[i]
		for j := range c.Services {
			s := &c.Services[j]
			subject := c.Name + "/" + s.Name
			known := func(match func(x *message) bool) bool {
				return m.has(func(x *message) bool { return x.Subject == subject && match(x) })
			}
			for _, e := range s.Events {
				form := formOf(e.Message)
				if !strings.Contains(e.Message, unstable) && !known(func(x *message) bool {
					return x.Where == StoppedReason && strings.Contains(form, strings.TrimSuffix(firstLine(x.form), "."))
				}) {
					m.add(ServiceEvent, subject, e.Message, e.At)
				}
			}
			m.add(ServiceEvent, subject, s.Rollout, s.Deployed)
			for _, e := range s.Events {
				if strings.Contains(e.Message, unstable) && !known(func(x *message) bool { return x.form != formOf(e.Message) }) {
					m.add(ServiceEvent, subject, e.Message, e.At)
				}
			}
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// ofBatch returns the compute environment that AWS Batch created a cluster for; nil if it is another cluster.
func (m *collector) ofBatch(cluster string) *inventory.ComputeEnvironment {
	for i := range m.inv.Batch.Environments {
		if e := &m.inv.Batch.Environments[i]; e.Cluster != "" && e.Cluster == cluster {
			return e
		}
	}
	return nil
}

// clusterSubject returns how users name a cluster: a compute environment if AWS Batch created it.
func (m *collector) clusterSubject(arn string) string {
	if e := m.ofBatch(arn); e != nil {
		return e.Name
	}
	if c := m.inv.Cluster(arn); c != nil {
		return c.Name
	}
	return words.Last(arn)
}

func (m *collector) queueName(arn string) string {
	for _, q := range m.inv.Batch.Queues {
		if q.ARN == arn {
			return q.Name
		}
	}
	return words.Last(arn)
}

// The parts of a message that differ between two occurrences: ids, also masked ones, times and addresses.
var (
	idInMessage      = pattern.New(`\b[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}\b|\b[0-9a-z]{32}\b|\b(?:eni|eni-attach|i|subnet)-[0-9a-f]{8,17}\b|\becs-svc/\d+`)
	timeInMessage    = pattern.New(`\b\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?`)
	addressInMessage = pattern.New(`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b`)
)

// formOf returns a message without what differs between two occurrences. Of an address it keeps whether it is private, because that tells
// causes apart.
func formOf(text string) string {
	text = timeInMessage().ReplaceAllString(idInMessage().ReplaceAllString(text, "ID"), "TIME")
	return addressInMessage().ReplaceAllStringFunc(text, func(s string) string {
		host, _, _ := strings.Cut(s, ":")
		switch a, err := netip.ParseAddr(host); {
		case err != nil:
			return s
		case a.IsPrivate():
			return "PRIVATE"
		}
		return "PUBLIC"
	})
}
