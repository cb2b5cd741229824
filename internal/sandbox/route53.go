package sandbox

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strings"
)

// privateZone is a private hosted zone of Route 53 with the VPCs that it answers in.
type privateZone struct {
	HostedZoneId string
	Name         string // with the dot at its end, as Route 53 shows it
	OwnerId      string // default: the account; a zone of another account may be associated with a VPC of this one
	VPCs         []string
}

type hostedZonesByVPCIn struct {
	VPCID     string
	VPCRegion string
}

// hostedZonesByVPCOut has its tags by hand: Route 53 speaks XML of its own kind.
type hostedZonesByVPCOut struct {
	XMLName xml.Name            `xml:"https://route53.amazonaws.com/doc/2013-04-01/ ListHostedZonesByVPCResponse"`
	Zones   []hostedZoneSummary `xml:"HostedZoneSummaries>HostedZoneSummary"`
	Max     string              `xml:"MaxItems"`
}

type hostedZoneSummary struct {
	HostedZoneId string
	Name         string
	Owner        string `xml:"Owner>OwningAccount"`
}

func (r *region) listHostedZonesByVPC(in hostedZonesByVPCIn) (hostedZonesByVPCOut, *apiError) {
	out := hostedZonesByVPCOut{Max: "100"}
	home := r.account.region(in.VPCRegion)
	if home == nil || home.vpcs.byID[in.VPCID] == nil {
		return out, fail("InvalidVPCId", "The VPC %s in region %s that you provided is not authorized to make the association.", in.VPCID, in.VPCRegion)
	}
	for _, z := range home.zones {
		if slices.Contains(z.VPCs, in.VPCID) {
			out.Zones = append(out.Zones, hostedZoneSummary{z.HostedZoneId, z.Name, cmp.Or(z.OwnerId, accountID)})
		}
	}
	return out, nil
}

// zoneOf finds the private hosted zone of a VPC for a name; nil if there is none.
func (r *region) zoneOf(vpc, name string) *privateZone {
	for _, z := range r.zones {
		if slices.Contains(z.VPCs, vpc) && strings.EqualFold(strings.TrimSuffix(z.Name, "."), strings.TrimPrefix(name, "*.")) {
			return z
		}
	}
	return nil
}

// hostedZonesOp takes the parameters from the address, as Route 53 does.
func hostedZonesOp(r *region, c *call) (any, *apiError) {
	return r.listHostedZonesByVPC(hostedZonesByVPCIn{VPCID: c.values.Get("vpcid"), VPCRegion: c.values.Get("vpcregion")})
}

func encodeREST(out any) []byte {
	b, err := xml.Marshal(out)
	if err != nil {
		panic(err) // plain data always marshals
	}
	return append([]byte(xml.Header), b...)
}
