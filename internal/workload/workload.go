// Package workload has what a plan and the questions need to know about a kind of workload. Each family
// of workloads is a package below it, and package families finds a workload by its name.
package workload

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Workload is a kind of workload: facts, texts, and what its family finds in an account.
type Workload struct {
	Finder
	Chooser
	Name  answers.Workload
	Title string // as in sentences
	// Service is the AWS service that runs it.
	Service string
	// Label and Details are the option on the screen Workload.
	Label, Details string
	Nouns
	Named Named

	// Runs reports whether it runs a service; nil if it has no services.
	Runs func(*inventory.Service) bool
	// Parts are the parts of the inventory that show what the user names, and its network.
	Parts []inventory.Part
	// Reads are the calls that show what it uses, and ReadsShow is what they show.
	Reads     []string
	ReadsShow string
	// Locating are those of Reads that show where it runs.
	Locating []string
	// Uses are what the workload can do that may need an endpoint, in order.
	Uses []Use

	// OwnHosts means that it runs on container instances of the account, with ECS agents that the
	// account restarts.
	OwnHosts bool
	// AWSHosts means that it runs on instances in the VPC that AWS manages.
	AWSHosts bool
	// Jobs means that its definitions are job definitions: the account lists the newest revision of
	// each, and nothing shows which of them run in the VPC.
	Jobs bool
	// TestTask means that a run can start one task to verify the plan.
	TestTask bool
	// Redeploys means that it has services, which can replace their running tasks.
	Redeploys bool
	// WebServer means that people use its web server, which can be private.
	WebServer bool
	// ServiceCalls means that AWS itself uses the endpoints, for an environment that it manages. All
	// environments need the same endpoints, and own rules judge their policies.
	ServiceCalls bool

	// LogGroup is the log group in CloudWatch Logs of containers that set no log driver or no group;
	// empty if there is none.
	LogGroup string
	// FromS3 is what it downloads from Amazon S3, and S3Why is the sentence why it needs an endpoint
	// for that.
	FromS3, S3Why string
	// AfterApply is the next step after an applied plan; empty if services have to use the new endpoints.
	AfterApply string
}

// LabelOf returns the label of a use by its id.
func (w *Workload) LabelOf(use string) string {
	for _, u := range w.Uses {
		if u.ID == use {
			return u.Label
		}
	}
	return use
}

// LogsByDefault reports whether a container logs to CloudWatch Logs although it sets no log driver.
func (w *Workload) LogsByDefault(c *inventory.Container) bool {
	return w.LogGroup != "" && c.LogDriver == ""
}

// Finder finds what runs in a VPC. Each family implements it.
type Finder interface {
	// Find adds what the answers name to the scope, otherwise all of the workload in the VPC.
	Find(*Scope)
	// Unseen returns why the account does not show everything that the workload uses, as a sentence;
	// empty if it does. "No definition was found" does not mean that the workload uses nothing.
	Unseen(*Scope) string
	// Rest returns what a read without a result hides if what the answers name was read completely;
	// empty if it was not.
	Rest(s *Scope, call string) string
	// Found reports whether the account shows something of the workload in the VPC of the scope.
	Found(*Scope) bool
	// Unplaced returns the names of what exists, but nothing shows its VPC.
	Unplaced(*inventory.Inventory) []string
	// Facts adds what decides which endpoints are needed.
	Facts(*Scope, *catalog.Facts)
}

// UsesShow is what reads of services, environments and their definitions show.
const UsesShow = "what the tasks use and where their images come from (E-ECRPAIR, E-SECRETS, E-LOGS, E-DOCKERHUB)"

// Nouns are the nouns that texts use.
type Nouns struct {
	One, Many  string // of its unit: "task", "tasks"
	Definition string // "task definition"; empty if the user has none
	Client     string // a client of the endpoints: on EC2 a container instance, which runs the ECS agent
}

// Named is what the user names: a service or cluster, or an environment.
type Named struct {
	Key string // in the answers file
	// Kind is its noun, and Inner that of a part of it, as KIND/INNER; Inner is empty if it has none.
	Kind, Inner string
	// Of returns the answer with its name.
	Of func(*answers.Answers) *string
	// Ask and Help are the question and its explanation. NotCreated explains the option for users who
	// create the endpoints first.
	Ask, Help, NotCreated string
	// None is the start of the sentence "…, and NONE in this VPC".
	None string
	// What is its noun in a list, and Call lists the Lists.
	What, Lists, Call string
}

// KindOf returns the noun for a name.
func (n Named) KindOf(name string) string {
	if n.Inner != "" && strings.Contains(name, "/") {
		return n.Inner
	}
	return n.Kind
}

// NameIn returns the name of the resource that the endpoints serve; empty if it does not exist yet.
func (n Named) NameIn(ans answers.Answers) string { return *n.Of(&ans) }

// Clients returns the plural of Client.
func (n Nouns) Clients() string { return n.Client + "s" }
