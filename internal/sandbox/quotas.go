package sandbox

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Service Quotas of Amazon VPC. The sandbox uses these values for its quota errors.

var quotasAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"ListServiceQuotas": wire.JSONOp((*region).listServiceQuotas),
	},
	Dump: func(r *region) map[string]any { return map[string]any{"ServiceQuotas": r.ServiceQuotas} },
}

const (
	quotaInterfaceEndpoints = "L-29B6F2EB" // per VPC
	quotaGatewayEndpoints   = "L-1B52E74A" // per Region
	quotaGroupsPerInterface = "L-2AFB9258"
	quotaRulesPerGroup      = "L-0EA8095F" // per direction and IP family; a reference to a group or prefix list counts in both families
	quotaGroups             = "L-E79EC296" // per Region
)

type quotaDefault struct {
	code, name string
	value      float64
}

var quotaDefaults = []quotaDefault{
	{quotaInterfaceEndpoints, "Interface VPC endpoints per VPC", 50},
	{quotaGatewayEndpoints, "Gateway VPC endpoints per Region", 20},
	{quotaGroupsPerInterface, "Security groups per network interface", 5},
	{quotaRulesPerGroup, "Inbound or outbound rules per security group", 60},
	{quotaGroups, "VPC security groups per Region", 2500},
}

// quota returns the value of a quota.
func (r *region) quota(code string) int {
	if v, ok := r.ServiceQuotas[code]; ok {
		return int(v)
	}
	for _, q := range quotaDefaults {
		if q.code == code {
			return int(q.value)
		}
	}
	return 0
}

type quotasIn struct {
	ServiceCode string
	MaxResults  *int32
	NextToken   string
}

type quotasOut struct {
	Quotas    []serviceQuota
	NextToken string `json:",omitempty"`
}

type serviceQuota struct {
	ServiceCode string
	ServiceName string
	QuotaArn    string
	QuotaCode   string
	QuotaName   string
	Value       float64
	Unit        string
	Adjustable  bool
	GlobalQuota bool
}

var quotaPages = store.Pager{
	Size: 100, Least: 1, Most: 100,
	BadSize: func(int32) *wire.Error {
		return wire.Fail("IllegalArgumentException", "MaxResults must be between 1 and 100.")
	},
	BadToken: func(string) *wire.Error {
		return wire.Fail("InvalidPaginationTokenException", "The NextToken is not valid.")
	},
}

func (r *region) listServiceQuotas(in quotasIn) (quotasOut, *wire.Error) {
	if in.ServiceCode != "vpc" {
		return quotasOut{}, wire.Fail("NoSuchResourceException", "The request failed because the specified service does not exist.")
	}
	page, next, err := store.Page(&quotaPages, quotaDefaults, in.MaxResults, in.NextToken)
	if err != nil {
		return quotasOut{}, err
	}
	out := quotasOut{[]serviceQuota{}, next}
	for _, q := range page {
		out.Quotas = append(out.Quotas, serviceQuota{
			ServiceCode: "vpc", ServiceName: "Amazon Virtual Private Cloud (Amazon VPC)",
			QuotaArn:  r.ARN("servicequotas", "vpc/"+q.code),
			QuotaCode: q.code, QuotaName: q.name, Value: float64(r.quota(q.code)), Unit: "None", Adjustable: true,
		})
	}
	return out, nil
}
