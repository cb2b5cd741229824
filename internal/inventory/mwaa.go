package inventory

// Airflow is an environment of Amazon MWAA (Managed Workflows for Apache Airflow).
type Airflow struct {
	Name       string `json:"name"`
	ARN        string `json:"arn,omitempty"`    // empty: GetEnvironment was denied, only the name is known
	Status     string `json:"status,omitempty"` // AVAILABLE, UPDATING, PENDING, …
	Version    string `json:"version,omitempty"`
	Access     string `json:"access,omitempty"`     // PRIVATE_ONLY, PUBLIC_ONLY, PUBLIC_AND_PRIVATE
	Management string `json:"management,omitempty"` // of its endpoints: SERVICE or CUSTOMER
	// DatabaseService and WebserverService are the endpoint services of its metadata database and
	// web server. WebserverService is set only if the web server has a private address.
	DatabaseService  string   `json:"database_service,omitempty"`
	WebserverService string   `json:"webserver_service,omitempty"`
	WebserverURL     string   `json:"webserver_url,omitempty"` // without https://
	DNS              DNS      `json:"dns,omitzero"`            // of the web server's host; only for PRIVATE_ONLY
	VPC              string   `json:"vpc,omitempty"`           // of the subnets
	Subnets          []string `json:"subnets,omitempty"`
	Groups           []string `json:"groups,omitempty"`
	ExecutionRole    string   `json:"execution_role,omitempty"`
	KMSKey           string   `json:"kms_key,omitempty"` // empty: an AWS owned key
	Bucket           string   `json:"bucket,omitempty"`  // ARN of the bucket with the DAGs
	Queue            string   `json:"queue,omitempty"`   // ARN of the Celery queue, in an account of AWS
	LogGroups        []string `json:"log_groups,omitempty"`
	BaseURL          string   `json:"base_url,omitempty"` // the option webserver.base_url; other options are dropped
	Created          string   `json:"created,omitempty"`  // RFC 3339, UTC
	// Waited is the number of whole hours since Created at the time of reading. It is set only
	// while the environment waits for endpoints.
	Waited int `json:"waited,omitempty"`
	// Updated is the status of the last creation or update: SUCCESS, PENDING or FAILED. Failure is why it failed; nil if AWS reports no error.
	Updated string       `json:"updated,omitempty"`
	Failure *UpdateError `json:"failure,omitempty"`
}

// DNS is the result of resolving a host name on the computer that read the account.
type DNS struct {
	Name      string   `json:"name,omitempty"` // the last name of the CNAME chain, or its own
	Addresses []string `json:"addresses,omitempty"`
	Error     string   `json:"error,omitempty"` // why it did not resolve: one of the constants below
}

// The reasons why a host name did not resolve.
const (
	DNSNotAsked = "not looked up" // DNS is not that of the account
	DNSNoHost   = "no such host"
	DNSTimedOut = "timed out"
	DNSFailed   = "no answer"
)

// Values in AWS's description of an environment (API reference of Amazon MWAA, Environment).
const (
	AirflowAvailable = "AVAILABLE"
	AirflowPending   = "PENDING"

	PrivateOnly      = "PRIVATE_ONLY"
	PublicOnly       = "PUBLIC_ONLY"
	PublicAndPrivate = "PUBLIC_AND_PRIVATE"
)

// Known reports whether more than the environment's name could be read.
func (a *Airflow) Known() bool { return a.ARN != "" }

// ByCustomer reports whether the account creates the environment's endpoints itself.
func (a *Airflow) ByCustomer() bool { return a.Management == "CUSTOMER" }

// Private reports whether the environment's web server has an address in the VPC.
func (a *Airflow) Private() bool { return a.Access == PrivateOnly || a.Access == PublicAndPrivate }

// pendingHours is how long an environment waits for endpoints (Amazon MWAA user
// guide, Managing your own Amazon VPC endpoints).
const pendingHours = 72

// HoursLeft returns the whole hours that an environment still waits for endpoints, from the time
// of reading. It is negative after the limit.
func (a *Airflow) HoursLeft() int { return pendingHours - 1 - a.Waited }

// Airflow returns an environment of Amazon MWAA by name or ARN, or nil.
func (inv *Inventory) Airflow(name string) *Airflow {
	return find(inv.MWAA, func(a *Airflow) bool { return a.Name == name || a.ARN != "" && a.ARN == name })
}

var mwaaPart = part{
	name: PartMWAA, title: "the Amazon MWAA environments",
	calls: []string{"airflow:ListEnvironments", "airflow:GetEnvironment", "ec2:DescribeSubnets"},
	merge: func(inv, f *Inventory, _ Request) { inv.MWAA = f.MWAA },
	// prepare records the names of this program's resources for environments.
	prepare: func(m *mask, inv *Inventory) {
		for _, e := range inv.MWAA {
			masked := namesFor(m.text(e.Name))
			for i, name := range namesFor(e.Name) {
				m.own[name] = masked[i]
			}
		}
	},
	mask: func(m *mask, inv *Inventory) {
		for a := range items(inv.MWAA) {
			m.str(&a.ARN, m.arn)
			m.str(&a.Name, m.text)
			m.str(&a.ExecutionRole, m.arn)
			m.str(&a.KMSKey, m.key)
			m.str(&a.Bucket, m.arn)
			m.str(&a.Queue, m.arn)
			m.all(a.LogGroups, m.arn)
			m.str(&a.BaseURL, m.host)
			m.str(&a.WebserverURL, m.host)
			m.str(&a.DNS.Name, m.host)
			if a.Failure != nil {
				m.str(&a.Failure.Message, m.message)
			}
		}
	},
}
