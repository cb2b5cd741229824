package inventory

// Failures are the texts of AWS about tasks and jobs that do not run. A snapshot has them, and wizard doctor reads them. No plan
// depends on them.
type Failures struct {
	Tasks []StoppedTask `json:"tasks,omitempty"` // the newest first
	Jobs  []Job         `json:"jobs,omitempty"`  // the newest first
}

// StoppedTask is a task of Amazon ECS that failed. Tasks that ended without a failure are left out. AWS lists a task for about
// an hour after it stopped (Amazon ECS API reference, ListTasks).
type StoppedTask struct {
	ARN             string             `json:"arn"`
	Cluster         string             `json:"cluster"`         // ARN
	Group           string             `json:"group,omitempty"` // service:NAME, or family:NAME without a service
	Definition      string             `json:"definition,omitempty"`
	LaunchType      string             `json:"launch_type,omitempty"`
	PlatformVersion string             `json:"platform_version,omitempty"`
	StopCode        string             `json:"stop_code,omitempty"` // TaskFailedToStart, EssentialContainerExited, …
	Reason          string             `json:"reason,omitempty"`
	Stopped         string             `json:"stopped,omitempty"` // RFC 3339, UTC
	Subnet          string             `json:"subnet,omitempty"`  // of its own network interface
	Containers      []StoppedContainer `json:"containers,omitempty"`
}

// StoppedContainer is a container of a stopped task that has a reason or an exit code other than 0.
type StoppedContainer struct {
	Name   string `json:"name"`
	Reason string `json:"reason,omitempty"`
	Exit   *int   `json:"exit,omitempty"` // nil: it did not start
}

// Job is a job of AWS Batch that waits in the status RUNNABLE or that failed.
type Job struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Queue     string `json:"queue"`               // ARN
	Status    string `json:"status"`              // RUNNABLE or FAILED
	Reason    string `json:"reason,omitempty"`    // of the status
	Container string `json:"container,omitempty"` // reason of its container
	Created   string `json:"created,omitempty"`   // RFC 3339, UTC
}

// Event is a message of a service of Amazon ECS.
type Event struct {
	At      string `json:"at,omitempty"` // RFC 3339, UTC
	Message string `json:"message"`
}

// UpdateError is why the last creation or update of an environment of Amazon MWAA failed (Amazon MWAA API reference, UpdateError).
type UpdateError struct {
	At      string `json:"at,omitempty"` // when it began, RFC 3339, UTC
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// failuresPart also lists clusters and job queues, by the calls of clustersPart and batchPart.
var failuresPart = part{
	name: PartFailures, title: "the reasons of stopped tasks and of jobs that wait or failed",
	calls: []string{"ecs:ListTasks", "ecs:DescribeTasks", "batch:ListJobs"},
	merge: func(inv, f *Inventory, _ Request) { inv.Failures = f.Failures },
	mask: func(m *mask, inv *Inventory) {
		for t := range items(inv.Failures.Tasks) {
			m.str(&t.ARN, m.arn)
			m.str(&t.Cluster, m.arn)
			m.str(&t.Group, m.group)
			m.str(&t.Definition, m.reference)
			m.str(&t.Reason, m.message)
			for c := range items(t.Containers) {
				m.str(&c.Name, m.path)
				m.str(&c.Reason, m.message)
			}
		}
		for j := range items(inv.Failures.Jobs) {
			m.str(&j.ID, m.text)
			m.str(&j.Name, m.path)
			m.str(&j.Queue, m.arn)
			m.str(&j.Reason, m.message)
			m.str(&j.Container, m.message)
		}
	},
}
