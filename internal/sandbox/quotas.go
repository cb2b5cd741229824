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

type quotaIn struct {
	ServiceCode string
	QuotaCode   string
}

type quotaOut struct{ Quota serviceQuota }

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

func (r *region) getServiceQuota(in quotaIn) (quotaOut, *apiError) {
	out, err := r.getAWSDefaultServiceQuota(in)
	out.Quota.QuotaArn = r.quotaARN(accountID, in)
	if v, ok := r.quotas[in.QuotaCode]; ok {
		out.Quota.Value = v
	}
	return out, err
}

func (r *region) getAWSDefaultServiceQuota(in quotaIn) (quotaOut, *apiError) {
	if in.ServiceCode != "vpc" {
		return quotaOut{}, fail("NoSuchResourceException", "The request failed because the specified service does not exist.")
	}
	for _, q := range quotaDefaults {
		if q.code == in.QuotaCode {
			return quotaOut{serviceQuota{
				ServiceCode: "vpc", ServiceName: "Amazon Virtual Private Cloud (Amazon VPC)", QuotaArn: r.quotaARN("", in), QuotaCode: q.code, QuotaName: q.name,
				Value: q.value, Unit: "None", Adjustable: true,
			}}, nil
		}
	}
	return quotaOut{}, fail("NoSuchResourceException", "The request failed because the specified quota does not exist.")
}

func (r *region) quotaARN(account string, in quotaIn) string {
	return "arn:" + r.catalog.Partition + ":servicequotas:" + r.catalog.Name + ":" + account + ":" + in.ServiceCode + "/" + in.QuotaCode
}
