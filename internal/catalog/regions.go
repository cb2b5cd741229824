package catalog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
)

// Partition is one partition of AWS.
type Partition struct {
	ID      string
	Home    string   // the Region that lists all Regions of the partition
	Regions []string // the Regions known to this version
	// domains are those of services, of dual-stack service endpoints, and of other dual-stack names
	// such as registries; the last is empty if there is none.
	domains [3]string
	// shape is the pattern of its Region codes, compiled on first use.
	shape func() *regexp.Regexp
}

// Partitions lists the partitions with the patterns and Regions of the SDK's partition data
// (github.com/aws/aws-sdk-go-v2, internal/endpoints/awsrulesfn/partitions.json), except the
// pseudo-Regions for global services. TestRegions compares the two. The last pattern also matches
// codes of other partitions, so it must remain last. The first two domains are those of the same data.
// The third is in the Amazon ECR user guide (Making requests to Amazon ECR registries) for aws only; AWS
// documents no other, and those of aws-cn and aws-eusc follow its form.
var Partitions = []Partition{
	{"aws-cn", "cn-north-1", strings.Fields("cn-north-1 cn-northwest-1"), [3]string{"amazonaws.com.cn", "api.amazonwebservices.com.cn", "on.amazonwebservices.com.cn"}, pattern.New(`^cn-\w+-\d+$`)},
	{"aws-us-gov", "us-gov-west-1", strings.Fields("us-gov-east-1 us-gov-west-1"), [3]string{"amazonaws.com", "api.aws", "on.aws"}, pattern.New(`^us-gov-\w+-\d+$`)},
	{"aws-eusc", "eusc-de-east-1", strings.Fields("eusc-de-east-1"), [3]string{"amazonaws.eu", "api.amazonwebservices.eu", "on.amazonwebservices.eu"}, pattern.New(`^eusc-de-\w+-\d+$`)},
	{"aws-iso", "us-iso-east-1", strings.Fields("us-iso-east-1 us-iso-west-1"), [3]string{"c2s.ic.gov", "api.aws.ic.gov", ""}, pattern.New(`^us-iso-\w+-\d+$`)},
	{"aws-iso-b", "us-isob-east-1", strings.Fields("us-isob-east-1 us-isob-west-1"), [3]string{"sc2s.sgov.gov", "api.aws.scloud", ""}, pattern.New(`^us-isob-\w+-\d+$`)},
	{"aws-iso-e", "eu-isoe-west-1", strings.Fields("eu-isoe-west-1"), [3]string{"cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", ""}, pattern.New(`^eu-isoe-\w+-\d+$`)},
	{"aws-iso-f", "us-isof-south-1", strings.Fields("us-isof-east-1 us-isof-south-1"), [3]string{"csp.hci.ic.gov", "api.aws.hci.ic.gov", ""}, pattern.New(`^us-isof-\w+-\d+$`)},
	{"aws", "us-east-1", strings.Fields(
		"af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 " +
			"ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 " +
			"ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 " +
			"eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2"),
		[3]string{"amazonaws.com", "api.aws", "on.aws"}, pattern.New(`^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$`)},
}

// PartitionOf returns the partition with the pattern that matches a Region code.
func PartitionOf(region string) (Partition, bool) {
	for _, p := range Partitions {
		if p.shape().MatchString(region) {
			return p, true
		}
	}
	return Partition{}, false
}

// PartitionID returns the id of the partition of a Region; aws for a code of an unknown form.
func PartitionID(region string) string {
	if p, ok := PartitionOf(region); ok {
		return p.ID
	}
	return "aws"
}

// KnownRegion reports whether this version knows the Region. A Region that it does not know can
// exist.
func KnownRegion(region string) bool {
	return slices.ContainsFunc(Partitions, func(p Partition) bool { return slices.Contains(p.Regions, region) })
}

// NearestRegion returns the known Region that differs from the text by at most two letters, or "".
func NearestRegion(region string) string {
	best, least := "", 3
	for _, p := range Partitions {
		for _, r := range p.Regions {
			if d := typo.Distance(region, r); d < least {
				best, least = r, d
			}
		}
	}
	return best
}

// direction matches the part of a Region code before its number. All known Regions have one of
// these words and one digit; AWS does not document the form of codes.
var direction = pattern.New(`-(central|(north|south)?(east|west)?)-[1-9]$`)

// MisspelledRegion returns the known Region that a text probably means, or "" if the text is a
// known Region or can be the code of a Region that this version does not know: a Region with a
// known prefix, a direction and a number can be introduced at any time, so it is never an error.
func MisspelledRegion(region string) string {
	_, ok := PartitionOf(region)
	if ok && direction().MatchString(region) && !strings.Contains(region, "--") || KnownRegion(region) {
		return ""
	}
	return NearestRegion(region)
}
