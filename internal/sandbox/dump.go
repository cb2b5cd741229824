package sandbox

import (
	"encoding/json"
	"maps"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
)

// commandDump is a command with its result on each host.
type commandDump struct {
	ssmCommand
	Invocations []commandInvocation
}

// dump writes the account with sorted keys. Resources are in order of creation. Empty members and
// empty Regions are left out.
func (a *Account) dump() []byte {
	regions := map[string]any{}
	for name, r := range a.regions {
		r.settle()
		content := map[string]any{}
		for _, s := range services {
			if s.Dump != nil {
				maps.Copy(content, s.Dump(r))
			}
		}
		d := store.Prune(content)
		if d != nil {
			regions[name] = d
		}
	}
	all := map[string]any{"Account": store.AccountID, "Scenario": a.scenario.name, "Regions": regions}
	if iam := store.Prune(a.iam); iam != nil {
		all["IAM"] = iam
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err) // plain data can always be marshaled
	}
	return append(b, '\n')
}

func (r *region) commandDumps() []commandDump {
	var all []commandDump
	for _, c := range r.commands {
		d := commandDump{ssmCommand: *c}
		for _, i := range c.invocations {
			d.Invocations = append(d.Invocations, c.shown(i, r.Now(), true))
		}
		all = append(all, d)
	}
	return all
}
