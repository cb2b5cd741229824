package inventory

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// NotInSnapshot is the code of the gaps in a snapshot for parts that were not loaded.
const NotInSnapshot = "NotInSnapshot"

// Write returns a snapshot file: the inventory as JSON, with the same bytes for the same
// inventory. It contains no secrets, because no secret is ever loaded.
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

// Read reads a snapshot file. It returns an error for another version and for unknown content.
func Read(data []byte) (*Inventory, error) {
	data, err := printable.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("it %w", err)
	}
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is not a snapshot: %w", explain(err, data))
	}
	switch {
	case head.Version == nil:
		return nil, errors.New("it is not a snapshot: it has no version")
	case *head.Version > Version:
		return nil, fmt.Errorf("it has version %d, which needs a newer program; this program reads version %d", *head.Version, Version)
	case *head.Version < Version:
		return nil, fmt.Errorf("it has version %d, which does not exist; this program reads version %d", *head.Version, Version)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	inv := &Inventory{}
	if err := d.Decode(inv); err != nil {
		return nil, fmt.Errorf("it has content that is not supported in version %d: %w", Version, explain(err, data))
	}
	if inv.Region == "" || len(inv.Loaded) == 0 {
		return nil, errors.New("it is not a snapshot: it has no Region, or no part of the account")
	}
	inv.Clean()
	return inv, inv.addUnread(data)
}

// resolverCall is the call in the gap for Route 53 Resolver and Route 53 Profiles.
const resolverCall = "route53resolver:ListResolverRuleAssociations"

// addUnread adds a gap if an earlier version wrote the snapshot, which did not read Route 53 Resolver. A
// network without the key was not read. This version writes the key of an empty list too.
func (inv *Inventory) addUnread(data []byte) error {
	var written struct {
		Networks []struct {
			Resolver json.RawMessage `json:"resolver"`
		} `json:"networks"`
	}
	if err := json.Unmarshal(data, &written); err != nil {
		return err
	}
	for _, n := range written.Networks {
		if _, known := inv.Gap(resolverCall); len(n.Resolver) == 0 && !known {
			inv.Gaps = append(inv.Gaps, Gap{Call: resolverCall, Code: NotInSnapshot, Message: "not in the snapshot"})
		}
	}
	slices.SortFunc(inv.Gaps, func(a, b Gap) int { return cmp.Compare(a.Call, b.Call) })
	return nil
}

// explain returns an error of the JSON decoder with the position as line:column, in bytes, and
// without the types of this program.
func explain(err error, data []byte) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON at %s (%w)", position(data, syntax.Offset), err)
	case errors.As(err, &kind):
		field := strings.ReplaceAll(kind.Field, "TaskDefinition.", "") // embedded in JobDefinition, and not a key
		return fmt.Errorf("%s: %s must be %s, not a JSON %s", position(data, kind.Offset), cmp.Or(field, "the file"), kindName(kind.Type.Kind()), strings.Replace(kind.Value, "bool", "boolean", 1))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	}
	return "a whole number"
}

// position returns the line and column of the byte before an offset.
func position(data []byte, offset int64) string {
	before := data[:max(min(offset, int64(len(data)))-1, 0)]
	return fmt.Sprintf("%d:%d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

// CheckNetwork reports whether a snapshot contains the network of a VPC of it. A network without a
// route table is not complete: every VPC has a main route table (Amazon VPC user guide, Configure
// route tables). A list that AWS denied is a gap.
func (inv *Inventory) CheckNetwork(vpc string) error {
	if inv.VPC(vpc) == nil {
		return nil // the answers reference a VPC that does not exist
	}
	n := inv.Network(vpc)
	if n == nil || !inv.Has(Request{Part: PartNetwork, VPC: vpc}) {
		return fmt.Errorf("it does not contain the network of %s; write it again with --vpc %s", vpc, vpc)
	}
	if _, denied := inv.Gap("ec2:DescribeRouteTables"); len(n.RouteTables) == 0 && !denied {
		return fmt.Errorf("its network of %s is empty: it has no route table, and every VPC has one; write it again with --vpc %s", vpc, vpc)
	}
	return nil
}

// Fragment returns one part of the inventory, as loading it would. If the part is not in the
// snapshot, each of its calls is a gap.
func (inv *Inventory) Fragment(r Request) Inventory {
	out := Inventory{Version: Version, Account: inv.Account, Partition: inv.Partition, Region: inv.Region, Caller: inv.Caller, Loaded: []Request{r}}
	if !inv.Has(r) && !inv.knows(r) {
		for _, call := range Calls(r.Part) {
			out.Gaps = append(out.Gaps, Gap{Call: call, Code: NotInSnapshot, Message: "not in the snapshot"})
		}
		if r.Part == PartNetwork {
			out.Networks = []Network{{VPC: r.VPC}}
		}
		if r.Part == PartAccess {
			out.Access = []Access{{VPC: r.VPC}}
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
	case PartAgents:
		out.Clusters = inv.Clusters
	case PartBatch:
		out.Batch = inv.Batch
	case PartMWAA:
		out.MWAA = inv.MWAA
	case PartQuotas:
		out.Quotas = inv.Quotas
	case PartCaches:
		out.Caches = inv.Caches
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
	case PartAccess:
		if w := inv.Way(r.VPC); w != nil {
			out.Access = []Access{*w}
		}
	case PartHosts:
		out.Hosts = inv.hostsOf(r.VPC)
	}
	return out
}

// knows reports whether another part already contains the answer to a request, because it lists
// all items: a secret of the account that is not in the list does not exist. For a family alone
// the newest revision is unknown.
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
