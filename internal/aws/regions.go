package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/typo"
)

// partitions are AWS's, each with the shape of its Regions' codes, the Region
// that is asked for the list of all, and the Regions known when this was written.
// The narrower shapes come first, since the last one matches them too.
var partitions = []struct {
	id    string
	shape *regexp.Regexp
	home  string
	known []string
}{
	{"aws-cn", regexp.MustCompile(`^cn-\w+-\d+$`), "cn-north-1", strings.Fields("cn-north-1 cn-northwest-1")},
	{"aws-us-gov", regexp.MustCompile(`^us-gov-\w+-\d+$`), "us-gov-west-1", strings.Fields("us-gov-east-1 us-gov-west-1")},
	{"aws-eusc", regexp.MustCompile(`^eusc-de-\w+-\d+$`), "eusc-de-east-1", strings.Fields("eusc-de-east-1")},
	{"aws-iso", regexp.MustCompile(`^us-iso-\w+-\d+$`), "us-iso-east-1", strings.Fields("us-iso-east-1 us-iso-west-1")},
	{"aws-iso-b", regexp.MustCompile(`^us-isob-\w+-\d+$`), "us-isob-east-1", strings.Fields("us-isob-east-1 us-isob-west-1")},
	{"aws-iso-e", regexp.MustCompile(`^eu-isoe-\w+-\d+$`), "eu-isoe-west-1", strings.Fields("eu-isoe-west-1")},
	{"aws-iso-f", regexp.MustCompile(`^us-isof-\w+-\d+$`), "us-isof-south-1", strings.Fields("us-isof-east-1 us-isof-south-1")},
	{"aws", regexp.MustCompile(`^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$`), "us-east-1", strings.Fields(
		"af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 " +
			"ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 " +
			"ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 " +
			"eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2")},
}

// alwaysOn are the Regions that need not be enabled for an account first.
var alwaysOn = strings.Fields("ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 " +
	"eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2")

// RegionError says that a Region does not exist, as far as can be told.
type RegionError struct {
	Region string
	Reason string // what tells so
	Err    error  // what AWS or the network answered, if they were asked
}

func (e *RegionError) Error() string {
	s := fmt.Sprintf("Region %q: %s.", e.Region, e.Reason)
	if near := nearest(e.Region); near != "" {
		s += fmt.Sprintf(" Did you mean %s?", near)
	}
	return s + " `aws ec2 describe-regions --all-regions` lists the Regions that exist."
}

func (e *RegionError) Unwrap() error { return e.Err }

// IsUnknownRegion tells whether an error says that the Region does not exist.
func IsUnknownRegion(err error) bool {
	var r *RegionError
	return errors.As(err, &r)
}

// plausible refuses what can be no Region, before anything is asked.
func plausible(region string) error {
	for _, p := range partitions {
		if p.shape.MatchString(region) {
			return nil
		}
	}
	return &RegionError{Region: region, Reason: "this is not the code of a Region, such as us-east-1 or eu-west-3"}
}

// known tells whether the Region is on the list, and which Region of its
// partition can tell of others.
func known(region string) (yes bool, home string) {
	for _, p := range partitions {
		if p.shape.MatchString(region) {
			return slices.Contains(p.known, region), p.home
		}
	}
	return false, ""
}

// nearest finds the known Region that a typo may have meant: same but for one
// letter more, less, other or exchanged.
func nearest(region string) string {
	best, least := "", 3
	for _, p := range partitions {
		for _, k := range p.known {
			if d := typo.Distance(region, k); d < least {
				best, least = k, d
			}
		}
	}
	return best
}

// regionCheck remembers that the Region was found to exist.
type regionCheck struct {
	mu   sync.Mutex
	done bool
}

// vouch makes sure that the Region exists before the first call to it. A Region
// on the list does. For any other AWS is asked once, in a Region that does exist:
// a request to a Region that does not would only fail to find its host.
func (c *Client) vouch(ctx context.Context) error {
	ok, home := known(c.region)
	if ok {
		return nil
	}
	c.check.mu.Lock()
	defer c.check.mu.Unlock()
	if c.check.done {
		return nil
	}
	out, err := c.ec2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: sdk.Bool(true)}, func(o *ec2.Options) { o.Region = home })
	if err != nil {
		e := c.fail("ec2:DescribeRegions", err)
		var answer *Error
		var dns *net.DNSError
		switch {
		case errors.As(e, &answer) && answer.Denied():
			// Nobody says that it does not exist; its host will tell.
			c.check.done = true
			return nil
		case errors.As(e, &answer) && answer.Code == CodeUnreachable && errors.As(err, &dns) && dns.IsNotFound:
			return &RegionError{Region: c.region, Reason: "it is on no list of Regions that this program knows, and AWS cannot be asked: there is no host " + dns.Name, Err: e}
		case errors.As(e, &answer) && c.override && answer.HTTPStatus != 0 && !answer.NoCredentials():
			return &RegionError{Region: c.region, Reason: "it is on no list of Regions that this program knows, and the endpoint in use lists none", Err: e}
		}
		return e
	}
	for _, r := range out.Regions {
		if sdk.ToString(r.RegionName) != c.region {
			continue
		}
		if sdk.ToString(r.OptInStatus) == "not-opted-in" {
			return &Error{Op: "ec2:DescribeRegions", Code: "OptInRequired", Message: "the Region " + c.region + " is not enabled for this account", hint: enableRegion}
		}
		c.check.done = true
		return nil
	}
	return &RegionError{Region: c.region, Reason: "AWS does not list it among its Regions"}
}
