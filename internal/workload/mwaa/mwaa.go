// Package mwaa has the workload Amazon MWAA: environments of Apache Airflow.
package mwaa

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// Workloads are the workloads of the family in the order of the screens.
var Workloads = []*workload.Workload{{
	Finder: family{}, Chooser: family{}, Name: answers.MWAA, Title: "Amazon MWAA", Service: "Amazon MWAA", Label: "Amazon MWAA (Apache Airflow)", WebServer: true, ServiceCalls: true,
	Details:   "Managed Apache Airflow: scheduler, workers, and web server, in two private subnets of your VPC.\n\nAmazon MWAA creates the endpoints for the metadata database and a private web server. In subnets without an internet route, you also need endpoints for DAGs (Amazon S3), logs, metrics, the queue (Amazon SQS), and encryption (AWS KMS).",
	Nouns:     workload.Nouns{One: "Airflow environment", Many: "Airflow environments", Client: "Airflow environment"},
	Parts:     []inventory.Part{inventory.PartMWAA},
	Reads:     []string{"airflow:ListEnvironments", environmentCall},
	Locating:  []string{"airflow:ListEnvironments", environmentCall},
	ReadsShow: "the environments of Amazon MWAA: their network, access mode and status (W-STATUS, W-SG, W-SUB2, W-CUSTOMER)",
	FromS3:    "DAGs", S3Why: "The Amazon MWAA user guide requires it.",
	AfterApply: "The environment uses the endpoints automatically. To test it, run a DAG. People need an access method for a private web server.",
	Named: workload.Named{Key: "mwaa.environment", Kind: "environment",
		Of:   func(a *answers.Answers) *string { return &a.Airflow.Environment },
		None: "no Amazon MWAA environment is",
		What: "Amazon MWAA environment", Lists: "Amazon MWAA environments", Call: "airflow:ListEnvironments",
		Ask:        "Which Amazon MWAA environment needs endpoints?",
		Help:       "The wizard reads the network from the environment. It does not change the environment now. The details show its network and its web server.",
		NotCreated: "For an environment that does not exist yet.\n\nYou choose the VPC, two private subnets in different zones, and the security group of the environment. The endpoints are ready when you create it."},
	// Endpoints that every environment needs are always in the plan.
	Uses: []workload.Use{
		{ID: "secretsmanager", Label: "Read secrets from Secrets Manager", Details: "For Secrets Manager as the secrets backend of Airflow, and for DAGs that read secrets. The execution role needs the permission too.", Services: []string{"secretsmanager"}},
		{ID: "ssm-parameters", Label: "Read Systems Manager parameters", Details: "For Systems Manager as the secrets backend of Airflow, and for DAGs that read parameters. The execution role needs the permission too.", Services: []string{"ssm"}},
		{ID: workload.CallsAPI, Label: "Call the Amazon MWAA API", Details: "For code in the VPC that describes environments, or that requests tokens for the Airflow CLI or web server. The environment itself does not need it.", Services: []string{"airflow.api", "airflow.env"}},
	},
}}

// environmentCall is the read of one environment.
const environmentCall = "airflow:GetEnvironment"

// family finds environments.
type family struct{}

func (family) Find(s *workload.Scope) {
	for i := range s.Inv.MWAA {
		e := &s.Inv.MWAA[i]
		named := s.Ans.Airflow.Environment
		switch {
		case named != "" && named != e.Name && named != e.ARN:
		case len(s.Net.Subnets) > 0 && len(e.Subnets) > 0 && !s.Holds(e.Subnets), named == "" && len(e.Subnets) == 0:
		default:
			s.Airflows = append(s.Airflows, e)
			s.Runners = append(s.Runners, workload.Runner{Subnets: e.Subnets, Groups: e.Groups})
		}
	}
}

// Unseen returns nothing: every environment needs the same endpoints.
func (family) Unseen(*workload.Scope) string { return "" }

func (family) Found(s *workload.Scope) bool { return len(s.Airflows) > 0 }

func (family) Unplaced(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.MWAA {
		if e := &inv.MWAA[i]; unknown(e) || len(workload.VPCsOf(inv, e.VPC, e.Subnets)) == 0 {
			out = append(out, e.Name)
		}
	}
	return out
}

func unknown(e *inventory.Airflow) bool { return !e.Known() }

func (family) Rest(s *workload.Scope, call string) string {
	if call == environmentCall && len(s.Airflows) > 0 && !slices.ContainsFunc(s.Airflows, unknown) {
		return "other environments of Amazon MWAA"
	}
	return ""
}

// Facts counts an environment that does not exist yet or cannot be read as private, which needs the
// most.
func (family) Facts(s *workload.Scope, f *catalog.Facts) {
	private := func(e *inventory.Airflow) bool { return e.Private() || unknown(e) }
	own := endpoints{private: len(s.Airflows) == 0 || slices.ContainsFunc(s.Airflows, private), list23: s.Ans.Airflow.Endpoints == answers.Endpoints2023}
	if _, denied := s.Inv.Gap("ec2:DescribeVpcEndpointServices"); !denied && len(s.Inv.Services) > 0 {
		own.offers = func(code string) bool {
			e := catalog.Lookup(code)
			return s.Inv.Service(e.ServiceName(s.Partition(), s.Ans.Region), e.Type) != nil
		}
	}
	f.Own = own
}
