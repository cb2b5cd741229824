package inventory

import (
	"fmt"
	"strings"
)

// TaskDefinition is a task definition without the values of its environment variables.
type TaskDefinition struct {
	ARN           string      `json:"arn"`
	Family        string      `json:"family"`
	Revision      int         `json:"revision"`
	Compatible    []string    `json:"compatible,omitempty"` // EC2, FARGATE, …
	OS            string      `json:"os,omitempty"`         // operating system family
	ExecutionRole string      `json:"execution_role,omitempty"`
	TaskRole      string      `json:"task_role,omitempty"`
	Containers    []Container `json:"containers"` // in AWS's order
	EFS           bool        `json:"efs,omitempty"`
	S3Files       bool        `json:"s3_files,omitempty"` // mounts an Amazon S3 Files file system
	// VolumeSecrets are the references of the credentials for volumes of FSx for Windows File Server.
	VolumeSecrets []string `json:"volume_secrets,omitempty"`
	// Fields are the fields of the definition that can be registered again, by AWS's names.
	Fields []string `json:"fields,omitempty"`
	// Shape is ecs for a job definition with several containers, nodes for a job on several
	// nodes, and empty otherwise.
	Shape string `json:"shape,omitempty"`
}

// Windows reports whether the definition's containers need Windows.
func (d *TaskDefinition) Windows() bool { return strings.HasPrefix(d.OS, "WINDOWS") }

// Container is one container of a task definition.
type Container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
	// LogDriver is the log driver. For FireLens it continues with the plug-in: awsfirelens:s3.
	LogDriver string `json:"log_driver,omitempty"`
	// LogGroup is the name of the log group, or AnyGroup.
	LogGroup string `json:"log_group,omitempty"`
	// LogCreates means that the log driver creates its log group (awslogs-create-group).
	LogCreates bool `json:"log_creates,omitempty"`
	// LogRegion is the Region of the log destination.
	LogRegion string `json:"log_region,omitempty"`
	// LogHost is the host of the log destination, with its port: no user, path or query.
	LogHost   string `json:"log_host,omitempty"`
	LogBucket string `json:"log_bucket,omitempty"` // of FireLens, in Amazon S3
	// Secrets are the references (ARNs or names) of secrets, including those in log options,
	// without values.
	Secrets     []string `json:"secrets,omitempty"`
	Credentials string   `json:"credentials,omitempty"` // repositoryCredentials.credentialsParameter
	EnvFiles    []string `json:"env_files,omitempty"`   // ARNs of S3 objects
	// Files are the ARNs of other S3 objects: the configuration of FireLens and credential specs.
	Files []string `json:"files,omitempty"`
	// DomainSecret means that a credential spec references a secret of Secrets Manager.
	DomainSecret bool `json:"domain_secret,omitempty"`
}

// TaskDefinition returns a definition by ARN, or nil if it is not loaded.
func (inv *Inventory) TaskDefinition(arn string) *TaskDefinition {
	return find(inv.TaskDefinitions, func(d *TaskDefinition) bool { return d.ARN == arn })
}

// is reports whether a name matches the definition: its ARN, its family and revision, or its
// family alone, which matches every revision.
func (d *TaskDefinition) is(name string) bool {
	return name == d.ARN || name == fmt.Sprintf("%s:%d", d.Family, d.Revision) || name == d.Family
}

// Definition returns a task definition by ARN, FAMILY:REVISION or FAMILY, or nil. FAMILY means
// the newest loaded revision.
func (inv *Inventory) Definition(name string) *TaskDefinition {
	var newest *TaskDefinition
	for d := range items(inv.TaskDefinitions) {
		if d.is(name) && (newest == nil || d.Revision > newest.Revision) {
			newest = d
		}
	}
	return newest
}

var definitionPart = part{
	name: PartDefinition, title: "the task definition", calls: []string{"ecs:DescribeTaskDefinition"},
	named: func(*Inventory) []Request { return nil }, // another part has those that a snapshot needs
	// cut finds a definition that another request loaded, too. For a family alone the newest revision is
	// then unknown.
	cut: func(inv *Inventory, r Request, loaded bool) (*Inventory, bool) {
		d := inv.Definition(r.Name)
		if !loaded && (d == nil || d.Family == r.Name) {
			return &Inventory{}, false
		}
		return &Inventory{TaskDefinitions: single(d)}, true
	},
	merge: func(inv, f *Inventory, _ Request) {
		inv.TaskDefinitions = join(f.TaskDefinitions, inv.TaskDefinitions, definitionARN)
	},
}

func definitionARN(d *TaskDefinition) string { return d.ARN }

func (m *mask) definition(d *TaskDefinition) {
	m.str(&d.ARN, m.arn)
	m.str(&d.Family, m.path)
	m.str(&d.ExecutionRole, m.arn)
	m.str(&d.TaskRole, m.arn)
	m.all(d.VolumeSecrets, m.arn)
	for c := range items(d.Containers) {
		m.container(c)
	}
}

func (m *mask) container(c *Container) {
	m.str(&c.Name, m.path)
	m.str(&c.Image, m.image)
	m.str(&c.LogDriver, m.logDriver)
	m.str(&c.LogGroup, m.logGroup)
	m.str(&c.LogRegion, m.logRegion)
	m.str(&c.LogHost, m.logHost)
	m.str(&c.LogBucket, m.path)
	m.all(c.Secrets, m.arn)
	m.str(&c.Credentials, m.arn)
	m.all(c.EnvFiles, m.arn)
	m.all(c.Files, m.arn)
}
