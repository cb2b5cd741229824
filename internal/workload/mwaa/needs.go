package mwaa

import "github.com/privatelink-wizard/privatelink-wizard/internal/catalog"

// endpoints decides which endpoints environments need.
type endpoints struct {
	private bool // a web server has an address in the VPC
	list23  bool // the longer endpoint list, from the user guide of 2023
	// offers reports whether the Region lists a service. Not every Region has all services of the
	// longer list. Nil means that it has.
	offers func(code string) bool
}

// base is what every environment without internet access needs (Amazon MWAA user guide,
// Creating the required VPC service endpoints in an Amazon VPC with private routing).
var base = []struct{ code, why string }{
	{"s3", "DAGs, plugins and requirements are read from the environment's bucket."},
	{"logs", "Scheduler, workers and web server write their logs to CloudWatch Logs."},
	{"monitoring", "The environment sends its metrics to CloudWatch. Its workers are also scaled by these metrics."},
	{"sqs", "Tasks wait for workers in a Celery queue of Amazon SQS, in an account of AWS."},
	{"kms", "The environment's data is encrypted with AWS KMS, also if the key belongs to AWS."},
}

// more are the additional endpoints of the longer list. The pages of the Amazon MWAA user guide
// disagree about them. The list of required endpoints does not have them. The same page, Creating the
// required VPC service endpoints in an Amazon VPC with private routing, has steps for the three airflow
// endpoints under "VPC endpoints required for Apache Airflow". The page Security in your VPC lets the
// policy of the S3 endpoint allow the bucket with the image layers of Amazon ECR.
var more = []struct{ code, rest string }{
	{"ecr.api", noImages},
	{"ecr.dkr", noImages},
	{"airflow.api", "It is for code in the VPC that calls the Amazon MWAA API. If you have such code, add workload-api to the needs. " + pagesDisagree},
	{"airflow.env", "It is for code in the VPC that requests tokens for the Airflow CLI or web server. If you have such code, add workload-api to the needs. " + pagesDisagree},
	{"airflow.ops", pagesDisagree},
}

const (
	pagesDisagree = "The user guide disagrees with itself: its list of required endpoints does not have it, and the same page has steps to create it. endpoints: 2023 adds it."
	noImages      = "The user guide disagrees with itself: its list of required endpoints does not have it, and another page says that image layers of Amazon ECR must be allowed at the S3 endpoint. endpoints: 2023 adds it."
)

func (e endpoints) Needs(f catalog.Facts, need func(code, rule, why string, required bool)) {
	closed := f.Egress == catalog.Closed
	for _, b := range base {
		why, rule := b.why, "W-ROUTE"
		if b.code == "s3" && closed {
			why += " " + catalog.Says["W-WHEEL"]
		}
		if e.none(f) {
			rule = ""
		}
		if !e.none(f) || b.code == "s3" {
			need(b.code, rule, why, closed)
		}
	}
	for _, m := range more {
		switch api := m.code == "airflow.api" || m.code == "airflow.env"; {
		case api && len(f.Uses["workload-api"]) > 0:
			need(m.code, "W-ROUTE", "Code in the VPC calls Amazon MWAA.", closed)
		case e.list23 && (e.offers == nil || e.offers(m.code)):
			need(m.code, "W-ROUTE", "The 2023 user guide lists it. Today's list of required endpoints does not, but other parts of today's guide disagree.", closed)
		}
	}
	for _, use := range [][2]string{{"secretsmanager", "secretsmanager"}, {"ssm-parameters", "ssm"}} {
		if len(f.Uses[use[0]]) > 0 {
			need(use[1], "", "DAGs, or the Airflow secrets backend, read from it. "+catalog.Says["W-PERMS"], false)
		}
	}
	for _, code := range f.Extra {
		need(code, "", catalog.Says["W-PERMS"], false)
	}
	if f.Sessions != catalog.Open && f.Sessions != catalog.Unknown {
		for _, code := range []string{"ssm", "ssmmessages"} {
			need(code, "W-BASTION", "The SSM Agent of the bastion reaches Session Manager through it, because the bastion's subnet has no internet access.", f.Sessions == catalog.Closed)
		}
	}
}

func (e endpoints) NotNeeded(f catalog.Facts, notNeeded func(code, why string)) {
	if e.none(f) {
		for _, b := range base {
			notNeeded(b.code, "With a public web server and internet access from its subnets, an environment needs no endpoint of yours.")
		}
	}
	for _, m := range more {
		why := m.rest
		if e.list23 {
			why = "The longer list has it, but the Region does not have it."
		}
		notNeeded(m.code, why)
	}
	notNeeded("secretsmanager", "It is for Secrets Manager as the Airflow secrets backend, and for DAGs that read secrets. If you use it for that, add secretsmanager to the needs.")
}

// none reports whether environments need no endpoints of the account.
func (e endpoints) none(f catalog.Facts) bool { return f.Egress == catalog.Open && !e.private }
