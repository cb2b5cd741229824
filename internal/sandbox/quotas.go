package sandbox

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Service Quotas of Amazon VPC and Amazon EC2. The sandbox uses these values for its quota errors.

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
	quotaVPCs               = "L-F678F1CE" // per Region
	quotaInternetGateways   = "L-A4707A72" // per Region
	quotaNATGateways        = "L-FE5A380F" // per Availability Zone
	quotaAddresses          = "L-0263D0A3" // per Region, of Amazon EC2
)

type quotaDefault struct {
	service, code, name string
	value               float64
}

// quotaServices are the services with quotas, by code.
var quotaServices = map[string]string{"vpc": "Amazon Virtual Private Cloud (Amazon VPC)", "ec2": "Amazon Elastic Compute Cloud (Amazon EC2)"}

var quotaDefaults = []quotaDefault{
	{"vpc", quotaInterfaceEndpoints, "Interface VPC endpoints per VPC", 50},
	{"vpc", quotaGatewayEndpoints, "Gateway VPC endpoints per Region", 20},
	{"vpc", quotaGroupsPerInterface, "Security groups per network interface", 5},
	{"vpc", quotaRulesPerGroup, "Inbound or outbound rules per security group", 60},
	{"vpc", quotaGroups, "VPC security groups per Region", 2500},
	{"vpc", quotaVPCs, "VPCs per Region", 5},
	{"vpc", quotaInternetGateways, "Internet gateways per Region", 5},
	{"vpc", quotaNATGateways, "NAT gateways per Availability Zone", 5},
	{"ec2", quotaAddresses, "EC2-VPC Elastic IPs", 5},
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
	name, known := quotaServices[in.ServiceCode]
	if !known {
		return quotasOut{}, wire.Fail("NoSuchResourceException", "The request failed because the specified service does not exist.")
	}
	all := slices.DeleteFunc(slices.Clone(quotaDefaults), func(q quotaDefault) bool { return q.service != in.ServiceCode })
	page, next, err := store.Page(&quotaPages, all, in.MaxResults, in.NextToken)
	if err != nil {
		return quotasOut{}, err
	}
	out := quotasOut{[]serviceQuota{}, next}
	for _, q := range page {
		out.Quotas = append(out.Quotas, serviceQuota{
			ServiceCode: q.service, ServiceName: name,
			QuotaArn:  r.ARN("servicequotas", q.service+"/"+q.code),
			QuotaCode: q.code, QuotaName: q.name, Value: float64(r.quota(q.code)), Unit: "None", Adjustable: true,
		})
	}
	return out, nil
}
