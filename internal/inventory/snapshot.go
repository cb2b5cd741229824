package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// NotInSnapshot is the code of the gaps that a snapshot has where a part was not
// loaded when it was made.
const NotInSnapshot = "NotInSnapshot"

// Write makes a snapshot file: the inventory as JSON, the same bytes for the same
// inventory. It holds nothing secret, since nothing secret is ever loaded.
func (inv *Inventory) Write() ([]byte, error) {
	inv.Version = Version
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(inv); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Read reads a snapshot file. One of another version, or one that holds what this
// version does not know, is refused.
func Read(data []byte) (*Inventory, error) {
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("it is no snapshot: not JSON at byte %d (%w)", syntax.Offset, err)
		}
		return nil, fmt.Errorf("it is no snapshot: %w", err)
	}
	switch {
	case head.Version == nil:
		return nil, errors.New("it is no snapshot: it has no version")
	case *head.Version > Version:
		return nil, fmt.Errorf("it is of version %d, made by a newer program; this one reads version %d", *head.Version, Version)
	case *head.Version < Version:
		return nil, fmt.Errorf("it is of version %d, which no program ever wrote; this one reads version %d", *head.Version, Version)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	inv := &Inventory{}
	if err := d.Decode(inv); err != nil {
		return nil, fmt.Errorf("it holds what a snapshot of version %d does not: %w", Version, err)
	}
	if inv.Region == "" || len(inv.Loaded) == 0 {
		return nil, errors.New("it is no snapshot: it names no Region, or nothing was loaded into it")
	}
	return inv, nil
}

// Fragment is one part of the inventory, as loading it would give it. Of a part
// that was not loaded each call is a gap.
func (inv *Inventory) Fragment(r Request) Inventory {
	out := Inventory{Version: Version, Account: inv.Account, Partition: inv.Partition, Region: inv.Region, Caller: inv.Caller, Loaded: []Request{r}}
	if !inv.Has(r) && !inv.knows(r) {
		for _, call := range Calls(r.Part) {
			out.Gaps = append(out.Gaps, Gap{Call: call, Code: NotInSnapshot, Message: "the snapshot does not hold it"})
		}
		if r.Part == PartNetwork {
			out.Networks = []Network{{VPC: r.VPC}}
		}
		if r.Part == PartWays {
			out.Ways = []Ways{{VPC: r.VPC}}
		}
		return out
	}
	for _, g := range inv.Gaps {
		if slices.Contains(Calls(r.Part), g.Call) {
			out.Gaps = append(out.Gaps, g)
		}
	}
	switch r.Part {
	case PartVPCs:
		out.VPCs = inv.VPCs
	case PartServices:
		out.Services = inv.Services
	case PartClusters:
		out.Clusters, out.TaskDefinitions = inv.Clusters, inv.TaskDefinitions
	case PartBatch:
		out.Batch = inv.Batch
	case PartMWAA:
		out.MWAA = inv.MWAA
	case PartQuotas:
		out.Quotas = inv.Quotas
	case PartRoles:
		if o := inv.Role(r.Role); o != nil {
			out.Roles = []Role{*o}
		}
	case PartRegistry:
		out.Secrets, out.Keys, out.ExecutionRoles = inv.Secrets, inv.Keys, inv.ExecutionRoles
	case PartSecret:
		if s := inv.Secret(r.Name); s != nil {
			out.Secrets = []Secret{*s}
		}
	case PartDefinition:
		if d := inv.Definition(r.Name); d != nil {
			out.TaskDefinitions = []TaskDefinition{*d}
		}
	case PartNetwork:
		if n := inv.Network(r.VPC); n != nil {
			out.Networks = []Network{*n}
		}
	case PartWays:
		if w := inv.Way(r.VPC); w != nil {
			out.Ways = []Ways{*w}
		}
	case PartHosts:
		out.Hosts = inv.hostsOf(r.VPC)
	}
	return out
}

// knows tells whether what a part asks for came with another part, which lists it: a
// secret of the account that is not on the list does not exist. Of a family alone nobody
// knows what its newest revision is.
func (inv *Inventory) knows(r Request) bool {
	switch r.Part {
	case PartSecret:
		own := !strings.HasPrefix(r.Name, "arn:") || (&Secret{ARN: r.Name}).OfAccount(inv.Account, inv.Region)
		_, denied := inv.Gap("secretsmanager:ListSecrets")
		return inv.Secret(r.Name) != nil || own && !denied && inv.Has(Request{Part: PartRegistry})
	case PartDefinition:
		d := inv.Definition(r.Name)
		return d != nil && d.Family != r.Name
	}
	return false
}
