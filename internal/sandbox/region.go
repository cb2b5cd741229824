package sandbox

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/kms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/secrets"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// region is the content of the account in one AWS Region.
type region struct {
	*store.Region
	account *Account
	tokens  store.Tokens
	catalog *regionCatalog

	ec2State
	acmState
	content
	ecrState
	elb elbState
	ssmState

	iam     *iam.State
	kms     *kms.Region
	secrets *secrets.Region
}

// newRegion returns a Region with the content of a scenario, which load completes.
func newRegion(a *Account, c *regionCatalog, s *scenario) *region {
	in := &store.Region{Clock: &a.clock, Counters: a.counters, Name: c.Name, Partition: c.Partition}
	if a.iam[c.Partition] == nil {
		a.iam[c.Partition] = iam.New(in, s.Content)
	}
	keys := kms.New(in, s.KMS)
	return &region{
		Region: in, account: a, tokens: store.Tokens{}, catalog: c, ec2State: newEC2State(c), content: s.content,
		iam: a.iam[c.Partition], kms: keys, secrets: secrets.New(in, keys, s.Secrets),
	}
}

// load completes the content of a scenario: hosts before what runs on them, and compute
// environments, which have clusters, before clusters.
func (r *region) load(s *scenario) *wire.Error {
	r.loadZones()
	r.loadLogGroups()
	r.loadResolver()
	if err := r.loadEC2(s); err != nil {
		return err
	}
	if err := r.loadMWAA(); err != nil {
		return err
	}
	r.loadCertificates(s)
	r.loadELB(s)
	r.loadBatch()
	r.loadECS()
	r.loadManaged()
	r.loadFailures()
	return nil
}

// settle applies all state transitions that are due, those of hosts before those of what runs on
// them.
func (r *region) settle() {
	r.settleInstances()
	r.settleVPCs()
	r.settleNATs()
	r.settleVPN()
	r.settleCommands()
	r.settleAgents()
	r.settleManaged()
	r.secrets.Settle()
	r.settleTasks()
	r.settleBatch()
	r.settleMWAA()
	r.settleCertificates()
	r.settleBalancers()
	r.settleEndpoints()
}
