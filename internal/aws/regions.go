package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// alwaysOn are the Regions that are enabled in every account.
var alwaysOn = strings.Fields("ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 " +
	"eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2")

// RegionError reports a Region that does not seem to exist.
type RegionError struct {
	Region string
	Reason string // why it does not seem to exist
	Err    error  // the answer of AWS or the network, if a request was sent
}

func (e *RegionError) Error() string {
	s := fmt.Sprintf("Region %q: %s.", e.Region, e.Reason)
	if near := catalog.NearestRegion(e.Region); near != "" {
		s += fmt.Sprintf(" Did you mean %s?", near)
	}
	return s + " `aws ec2 describe-regions --all-regions` lists the existing Regions."
}

func (e *RegionError) Unwrap() error { return e.Err }

// IsUnknownRegion reports whether an error means that the Region does not exist.
func IsUnknownRegion(err error) bool {
	var r *RegionError
	return errors.As(err, &r)
}

// plausible rejects a text that cannot be a Region code before any request is sent.
func plausible(region string) error {
	if _, ok := catalog.PartitionOf(region); ok {
		return nil
	}
	return &RegionError{Region: region, Reason: "this is not the code of a Region, such as us-east-1 or eu-west-3"}
}

// known reports whether the Region is in the list, and returns the Region of its partition that
// can list all Regions.
func known(region string) (yes bool, home string) {
	p, _ := catalog.PartitionOf(region)
	return slices.Contains(p.Regions, region), p.Home
}

// regionCheck records that the Region exists.
type regionCheck struct {
	mu   sync.Mutex
	done bool
}

// checkRegion verifies that the Region exists before the first call to it. A Region in the list exists.
// For any other Region it calls AWS once, in an existing Region, because a request to a Region
// that does not exist fails only with an unknown host.
func (c *Client) checkRegion(ctx context.Context) error {
	ok, home := known(c.region)
	if ok {
		return nil
	}
	c.check.mu.Lock()
	defer c.check.mu.Unlock()
	if c.check.done {
		return nil
	}
	out, err := ec2Client(c).DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: sdk.Bool(true)}, func(o *ec2.Options) { o.Region = home })
	if err != nil {
		e := c.fail("ec2:DescribeRegions", err)
		var answer *Error
		var dns *net.DNSError
		switch {
		case errors.As(e, &answer) && answer.Denied():
			// No source reports that the Region does not exist. The first call to it will show.
			c.check.done = true
			return nil
		case errors.As(e, &answer) && answer.Code == CodeUnreachable && errors.As(err, &dns) && dns.IsNotFound:
			return &RegionError{Region: c.region, Reason: "this program does not know it, and cannot ask AWS: the host " + dns.Name + " does not exist", Err: e}
		case errors.As(e, &answer) && c.override && answer.HTTPStatus != 0 && !answer.NoCredentials():
			return &RegionError{Region: c.region, Reason: "this program does not know it, and the configured endpoint does not list any Regions", Err: e}
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
	return &RegionError{Region: c.region, Reason: "AWS does not list it"}
}
