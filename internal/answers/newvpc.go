package answers

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// PlannedVPC is the id of the new VPC in the answers until it exists: that of its change in the plan.
const PlannedVPC = "vpc/new"

// The internet routes of a new VPC.
const (
	InternetNone       = "none"         // no route to the internet; endpoints only
	InternetNAT        = "nat"          // one NAT gateway for all zones
	InternetNATPerZone = "nat-per-zone" // one NAT gateway in each zone
	InternetRegional   = "regional-nat" // one NAT gateway of the Region, which spans the zones
)

// InternetRoutes are the supported internet routes of a new VPC in the order of the screens.
var InternetRoutes = []string{InternetNone, InternetNAT, InternetNATPerZone, InternetRegional}

// MaxZones is the largest number of Availability Zones of a new VPC. No Region of AWS has more.
const MaxZones = 6

// NewVPC is a VPC that the plan creates.
type NewVPC struct {
	// Name is the Name tag of the VPC. The names of everything in it begin with it.
	Name string `yaml:"name" check:"vpcname"`
	// CIDR is the IPv4 block of the VPC. Without it, the first free block of 10.0.0.0/8.
	CIDR string `yaml:"cidr,omitempty" check:"vpcblock"`
	// Zones is the number of Availability Zones, or a list with their names. Without it, two zones.
	Zones Zones `yaml:"zones,omitempty" example:"us-east-1a, us-east-1b"`
	// Internet is the route to the internet. Without it, none.
	Internet string `yaml:"internet,omitempty" check:"internet"`
	// PrivateSize is the size of each private subnet. Without it, it follows from the size of the VPC.
	PrivateSize string `yaml:"private_size,omitempty" check:"subnetsize"`
	// PublicSize is the size of each public subnet. Only NAT gateways need public subnets.
	PublicSize string `yaml:"public_size,omitempty" check:"subnetsize"`
	// FlowLogs is the ARN of the Amazon S3 bucket that receives the flow logs of the VPC. Without it, the VPC has none.
	FlowLogs string `yaml:"flow_logs,omitempty" check:"bucket"`
}

// Creates reports whether the answers ask for a new VPC.
func (a Answers) Creates() bool { return a.NewVPC != nil }

// ValidNewVPC is Valid for a key of vpc.create. A number of zones is valid as a text.
func ValidNewVPC(key, value string) error {
	if key == "zones" {
		if n, err := strconv.Atoi(value); err != nil || n < 1 || n > MaxZones {
			return fmt.Errorf("must be a number from 1 to %d", MaxZones)
		}
		return nil
	}
	f, _ := field(reflect.ValueOf(NewVPC{}), key)
	if problem := checkOf(f).problem(value); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// Route returns the route to the internet. The default is none.
func (v NewVPC) Route() string {
	if v.Internet == "" {
		return InternetNone
	}
	return v.Internet
}

// Zones are the Availability Zones of a new VPC: a number, or names.
type Zones struct {
	Count int
	Names []string
}

// IsZero reports whether the number is not given.
func (z Zones) IsZero() bool { return z.Count == 0 && len(z.Names) == 0 }

// Number returns the number of zones. The default is two, which AWS recommends for availability.
func (z Zones) Number() int {
	switch {
	case len(z.Names) > 0:
		return len(z.Names)
	case z.Count > 0:
		return z.Count
	}
	return 2
}

// String returns the zones as an answers file has them, without brackets.
func (z Zones) String() string {
	if len(z.Names) > 0 {
		return strings.Join(z.Names, ", ")
	}
	return strconv.Itoa(z.Number())
}

// network is the value of vpc for a new VPC.
type network struct {
	// Create is a VPC that the plan creates.
	Create NewVPC `yaml:"create"`
}

// subnetSizes are the sizes that AWS allows for a subnet (Amazon VPC user guide, Subnet CIDR blocks).
func subnetSizes() []string {
	var out []string
	for bits := 16; bits <= 28; bits++ {
		out = append(out, "/"+strconv.Itoa(bits))
	}
	return out
}

// badBlock returns the problem of the block of a VPC: AWS allows /16 to /28 (Amazon VPC user guide, VPC CIDR blocks).
func badBlock(v string) string {
	p, err := netip.ParsePrefix(v)
	switch {
	case err != nil || !p.Addr().Is4():
		return "is not an IPv4 CIDR block; write one such as 10.20.0.0/16"
	case p.Bits() < 16 || p.Bits() > 28:
		return "must be a block from /16 to /28, such as 10.20.0.0/16"
	case p.Masked() != p:
		return "does not begin at its first address; write " + p.Masked().String()
	}
	return ""
}

// newVPC reads the mapping of vpc.
func (l *loader) newVPC(m ast.MapNode) {
	var n network
	if l.rejectEmpty("vpc", m) {
		return
	}
	before := len(l.errs)
	l.decode("vpc", m, reflect.ValueOf(&n).Elem())
	if len(l.errs) > before {
		return
	}
	if n.Create.Name == "" {
		at, ok := l.file.positions["vpc.create"]
		if !ok {
			at = position{line: 1, col: 1}
		}
		l.failAt(at.line, at.col, "vpc.create.name", "is missing; write the name of the new VPC")
		return
	}
	l.ans.VPC, l.ans.NewVPC = PlannedVPC, &n.Create
}

// zones reads a number of zones, or their names.
func (l *loader) zones(path string, n ast.Node) Zones {
	switch v := n.(type) {
	case *ast.IntegerNode:
		at := v.GetToken()
		l.file.positions[path] = position{at.Position.Line, at.Position.Column, at.Value}
		count, err := strconv.Atoi(at.Value)
		if err != nil || count < 1 || count > MaxZones {
			l.fail(at, path, at.Value, fmt.Sprintf("is not a number of zones; it must be 1 to %d", MaxZones))
			return Zones{}
		}
		return Zones{Count: count}
	case *ast.SequenceNode:
		var out Zones
		for i, item := range v.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			s, ok := l.value(at, item)
			switch problem := checks["zonename"].problem(s); {
			case !ok:
			case problem != "":
				l.refuse(at, item, s, problem)
			case slices.Contains(out.Names, s):
				l.fail(item.GetToken(), at, s, "is in the list twice")
			default:
				out.Names = append(out.Names, s)
			}
		}
		if len(v.Values) == 0 || len(v.Values) > MaxZones {
			l.fail(v.GetToken(), path, "", fmt.Sprintf("must have 1 to %d zones", MaxZones))
		}
		return out
	}
	if l.plain(path, n) {
		l.fail(n.GetToken(), path, scalarText(n), fmt.Sprintf("must be a number from 1 to %d without quotes, or a list such as [us-east-1a, us-east-1b]", MaxZones))
	}
	return Zones{}
}

// newVPCCombinations reports what a new VPC excludes: existing resources, which are in other VPCs.
func newVPCCombinations(a Answers, fail func(path, text, problem string)) {
	if !a.Creates() {
		return
	}
	for _, k := range []struct {
		key string
		set bool
	}{
		{"service", a.Service != ""}, {"compute_environment", a.ComputeEnvironment != ""}, {"mwaa.environment", a.Airflow.Environment != ""},
		{"clients", len(a.Clients) > 0}, {"subnets", len(a.Subnets) > 0}, {"security_groups", len(a.SecurityGroups) > 0},
		{"proof.task", a.Proof.Task != ""}, {"redeploy", len(a.Redeploy) > 0},
	} {
		if k.set {
			fail(k.key, "", "cannot be combined with vpc.create, because it is about what exists in another VPC; remove one of them")
		}
	}
	if a.Workload == MWAA {
		fail("workload", string(MWAA), "cannot be combined with vpc.create, because the endpoints are created in the VPC of an existing environment; use the id of its VPC")
	}
	if v := a.NewVPC; v.PublicSize != "" && v.Route() != InternetNAT && v.Route() != InternetNATPerZone {
		fail("vpc.create.public_size", v.PublicSize, "needs internet: nat or nat-per-zone, because only NAT gateways in subnets need public subnets; remove it")
	}
}
