package sandbox

import (
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
)

const accountID = "123456789012"

// region is the content of the account in one AWS Region.
type region struct {
	*store.Clock
	account  *Account
	counters store.Counters
	tokens   store.Tokens
	catalog  *regionCatalog

	ec2State
	acmState
	batchContent
	ecrState
	ecsContent
	elb elbState
	kmsContent
	mwaaContent
	quotasContent
	resolverContent
	route53Content
	secretsState
	ssmState
}

func newRegion(a *Account, c *regionCatalog) *region {
	return &region{Clock: &a.clock, account: a, counters: a.counters, tokens: store.Tokens{}, catalog: c, ec2State: newEC2State(c)}
}

// settle applies all state transitions that are due, those of hosts before those of what runs on
// them.
func (r *region) settle() {
	r.settleInstances()
	r.settleVPN()
	r.settleCommands()
	r.settleAgents()
	r.settleManaged()
	r.settleSecrets()
	r.settleTasks()
	r.settleMWAA()
	r.settleCertificates()
	r.settleBalancers()
	r.settleEndpoints()
}

// arn returns the ARN of a resource of the account.
func (r *region) arn(service, resource string) string { return r.arnOf(accountID, service, resource) }

// arnOf returns the ARN of a resource of any account.
func (r *region) arnOf(account, service, resource string) string {
	name := r.catalog.Name
	if service == "iam" || service == "sts" {
		name = "" // these services are global
	}
	return strings.Join([]string{"arn", r.catalog.Partition, service, name, account, resource}, ":")
}
