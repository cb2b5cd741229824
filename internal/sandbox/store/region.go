package store

import (
	"strings"
	"time"
)

// AccountID is the id of the account.
const AccountID = "123456789012"

// Loaded is when the content of a scenario was created, unless the scenario has a time.
var Loaded = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Region is what a service knows of the account in an AWS Region.
type Region struct {
	*Clock
	Counters        Counters
	Name, Partition string
}

// ARN returns the ARN of a resource of the account.
func (r *Region) ARN(service, resource string) string { return r.ARNOf(AccountID, service, resource) }

// ARNOf returns the ARN of a resource of any account.
func (r *Region) ARNOf(account, service, resource string) string {
	name := r.Name
	if service == "iam" || service == "sts" {
		name = "" // these services are global
	}
	return strings.Join([]string{"arn", r.Partition, service, name, account, resource}, ":")
}

// Caller returns the ARN of every caller. The credentials do not matter.
func (r *Region) Caller() string { return r.ARN("sts", "assumed-role/Admin/practice") }
