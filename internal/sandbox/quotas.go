package sandbox

// Service Quotas of Amazon VPC. The sandbox uses these values for its quota errors.

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
	if v, ok := r.quotas[code]; ok {
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

// maxQuotas is the maximum number of quotas on a page.
const maxQuotas = 100

func (r *region) listServiceQuotas(in quotasIn) (quotasOut, *apiError) {
	size := int32(maxQuotas)
	switch {
	case in.ServiceCode != "vpc":
		return quotasOut{}, fail("NoSuchResourceException", "The request failed because the specified service does not exist.")
	case in.MaxResults != nil:
		if size = *in.MaxResults; size < 1 || size > maxQuotas {
			return quotasOut{}, fail("IllegalArgumentException", "MaxResults must be between 1 and %d.", maxQuotas)
		}
	}
	page, next, ok := cut(quotaDefaults, size, in.NextToken)
	if !ok {
		return quotasOut{}, fail("InvalidPaginationTokenException", "The NextToken is not valid.")
	}
	out := quotasOut{[]serviceQuota{}, next}
	for _, q := range page {
		out.Quotas = append(out.Quotas, serviceQuota{
			ServiceCode: "vpc", ServiceName: "Amazon Virtual Private Cloud (Amazon VPC)",
			QuotaArn:  "arn:" + r.catalog.Partition + ":servicequotas:" + r.catalog.Name + ":" + accountID + ":vpc/" + q.code,
			QuotaCode: q.code, QuotaName: q.name, Value: float64(r.quota(q.code)), Unit: "None", Adjustable: true,
		})
	}
	return out, nil
}
