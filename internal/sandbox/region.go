package sandbox

import "github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"

// region is the content of the account in one AWS Region.
type region struct {
	*store.Region
	account *Account
	tokens  store.Tokens
	catalog *regionCatalog

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
	return &region{
		Region:  &store.Region{Clock: &a.clock, Counters: a.counters, Name: c.Name, Partition: c.Partition},
		account: a, tokens: store.Tokens{}, catalog: c, ec2State: newEC2State(c),
	}
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
