package catalog

// Airflow is what is known of environments of Amazon MWAA, beside Facts.
type Airflow struct {
	Private bool // the web server has an address in the VPC
	List23  bool // the longer list of endpoints, of the user guide of 2023
	// Sessions tells whether a bastion that is reached by Session Manager has a way out to
	// it; Open where there is none.
	Sessions Egress
	// Offers tells whether the Region lists a service, which of those that only the
	// longer list names not every one does; nil means yes.
	Offers func(code string) bool
}

// airflowBase is what every environment without a way out needs (Amazon MWAA user
// guide, Creating the required VPC service endpoints in an Amazon VPC with private
// routing).
var airflowBase = []struct{ code, why string }{
	{"s3", "DAGs, plugins and requirements are read from the environment's bucket."},
	{"logs", "Scheduler, workers and web server write their logs to CloudWatch Logs."},
	{"monitoring", "The environment sends its metrics to CloudWatch, by which its workers are scaled too."},
	{"sqs", "Tasks wait for workers in a Celery queue of Amazon SQS, which is in an account of AWS's."},
	{"kms", "The environment's data is encrypted with AWS KMS, with a key of AWS's too."},
}

// airflowMore is what the list of 2023 has besides.
var airflowMore = []struct{ code, rest string }{
	{"ecr.api", "Nothing in the guide of today says that an environment pulls images by your VPC."},
	{"ecr.dkr", "Nothing in the guide of today says that an environment pulls images by your VPC."},
	{"airflow.api", "It is for code in the VPC that calls the Amazon MWAA API; if there is such code, add workload-api to the needs."},
	{"airflow.env", "It is for code in the VPC that asks for tokens of the Airflow CLI or web server; if there is such code, add workload-api to the needs."},
	{"airflow.ops", "The guide of today does not name it."},
}

// wantAirflow says what environments want.
func wantAirflow(f Facts, need func(code, rule, why string, required bool)) {
	closed := f.Egress == Closed
	for _, b := range airflowBase {
		why, rule := b.why, "W-ROUTE"
		if b.code == "s3" && closed {
			why += " " + Says["W-WHEEL"]
		}
		if f.spared() {
			rule = ""
		}
		if !f.spared() || b.code == "s3" {
			need(b.code, rule, why, closed)
		}
	}
	for _, m := range airflowMore {
		switch api := m.code == "airflow.api" || m.code == "airflow.env"; {
		case api && len(f.Uses["workload-api"]) > 0:
			need(m.code, "W-ROUTE", "Code in the VPC calls Amazon MWAA.", closed)
		case f.Airflow.List23 && f.Airflow.offers(m.code):
			need(m.code, "W-ROUTE", "The user guide of 2023 names it; today's does not say that an environment needs it.", closed)
		}
	}
	for _, use := range [][2]string{{"secretsmanager", "secretsmanager"}, {"ssm-parameters", "ssm"}} {
		if len(f.Uses[use[0]]) > 0 {
			need(use[1], "", "DAGs, or the secrets backend of Airflow, read from it. "+Says["W-PERMS"], false)
		}
	}
	for _, code := range f.Extra {
		need(code, "", Says["W-PERMS"], false)
	}
	if f.Airflow.Sessions != Open && f.Airflow.Sessions != Unknown {
		for _, code := range []string{"ssm", "ssmmessages"} {
			need(code, "W-BASTION", "The SSM Agent of the bastion, whose subnet has no way out for it, reaches Session Manager through it.", f.Airflow.Sessions == Closed)
		}
	}
}

// refuseAirflow says what they do not want.
func refuseAirflow(f Facts, refuse func(code, why string)) {
	if f.spared() {
		for _, b := range airflowBase {
			refuse(b.code, "With a public web server and a way out of the subnets, an environment needs no endpoint of yours.")
		}
	}
	for _, m := range airflowMore {
		why := m.rest
		if f.Airflow.List23 {
			why = "The user guide of 2023 names it, and the Region does not list it."
		}
		refuse(m.code, why)
	}
	refuse("secretsmanager", "It is for Secrets Manager as the secrets backend of Airflow, and for DAGs that read secrets; if that is so, add secretsmanager to the needs.")
}

// spared tells whether environments do without endpoints of the account's own.
func (f Facts) spared() bool { return f.Egress == Open && !f.Airflow.Private }

func (a *Airflow) offers(code string) bool { return a.Offers == nil || a.Offers(code) }
