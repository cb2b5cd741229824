package aws

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/mwaa"
	"github.com/aws/aws-sdk-go-v2/service/mwaa/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// environmentsAtOnce is the number of environments to request in parallel. Amazon MWAA allows few
// calls per second.
const environmentsAtOnce = 4

// plainHost stops the SDK from adding the prefix api. to the endpoint's host if the host is an IP
// address or localhost, which have no subdomains, or if AWS_DISABLE_HOST_PREFIX_INJECTION is set,
// as in the AWS CLI.
func plainHost(o *mwaa.Options) {
	host := hostname(sdk.ToString(o.BaseEndpoint))
	_, err := netip.ParseAddr(host)
	if err != nil && host != "localhost" && (host == "" || os.Getenv("AWS_DISABLE_HOST_PREFIX_INJECTION") != "true") {
		return
	}
	o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("WizardPlainHost",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
			}), middleware.Before)
	})
}

func hostname(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// mwaa loads the environments of Amazon MWAA. The list contains only names, so each environment
// is a call. If AWS denies it, only the name is known.
func (l *loading) mwaa(ctx context.Context, _ inventory.Request) error {
	var names []string
	err := readAll(ctx, l, "airflow:ListEnvironments", mwaa.NewListEnvironmentsPaginator(mwaaClient(l.c), &mwaa.ListEnvironmentsInput{MaxResults: sdk.Int32(25)}), func(o *mwaa.ListEnvironmentsOutput) {
		names = append(names, o.Environments...)
	})
	if err = l.elsewhere("Amazon MWAA", err); err != nil {
		return err
	}
	out := make([]inventory.Airflow, len(names))
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(environmentsAtOnce)
	for i, name := range names {
		g.Go(func() error {
			out[i].Name = name
			return read(each, l, "airflow:GetEnvironment", mwaaClient(l.c).GetEnvironment, mwaa.GetEnvironmentInput{Name: &name}, func(o *mwaa.GetEnvironmentOutput) {
				if o.Environment != nil {
					out[i] = airflow(o.Environment)
				}
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	by(out, func(a inventory.Airflow) string { return a.Name })
	l.out.MWAA = out
	var looks sync.WaitGroup
	for i := range out {
		if a := &out[i]; a.Access == inventory.PrivateOnly && a.WebserverURL != "" { // a public web server has a public address
			looks.Go(func() { a.DNS = l.c.resolve(ctx, a.WebserverURL) })
		}
	}
	err = l.airflowVPCs(ctx)
	looks.Wait()
	return err
}

// elsewhere records the lack of a whole service as a gap. Amazon MWAA, AWS Client VPN, Route 53 Resolver,
// Route 53 Profiles and pull-through caches are not available in every Region or emulator, and this must
// not stop reading the rest.
func (l *loading) elsewhere(service string, err error) error {
	var e *Error
	var dns *net.DNSError
	if errors.As(err, &e) && (errors.As(err, &dns) && dns.IsNotFound || e.HTTPStatus == 404 || e.HTTPStatus == 500 && l.c.override) {
		l.gap(&Error{Op: e.Op, Code: inventory.NotOffered, Message: service + " is not available in this Region: " + e.Message, RequestID: e.RequestID})
		return nil
	}
	return err
}

// airflowVPCs loads the VPCs of environments, which Amazon MWAA does not report.
func (l *loading) airflowVPCs(ctx context.Context) error {
	var lost []string
	for i := range l.out.MWAA {
		lost = append(lost, l.claimSubnet(l.out.MWAA[i].Subnets)...)
	}
	if len(lost) == 0 {
		return nil
	}
	err := l.subnetVPCs(ctx, lost)
	for i := range l.out.MWAA {
		l.out.MWAA[i].VPC = l.vpcOf(l.out.MWAA[i].Subnets)
	}
	return err
}

// airflow converts the fields that matter for the network. It drops the options of Airflow, which
// may contain secrets, except the name of the web server.
func airflow(e *types.Environment) inventory.Airflow {
	out := inventory.Airflow{
		Name: sdk.ToString(e.Name), ARN: sdk.ToString(e.Arn), Status: string(e.Status), Version: sdk.ToString(e.AirflowVersion),
		Access: string(e.WebserverAccessMode), Management: string(e.EndpointManagement),
		DatabaseService: sdk.ToString(e.DatabaseVpcEndpointService), WebserverService: sdk.ToString(e.WebserverVpcEndpointService),
		WebserverURL:  strings.TrimSuffix(strings.TrimPrefix(sdk.ToString(e.WebserverUrl), "https://"), "/"),
		ExecutionRole: sdk.ToString(e.ExecutionRoleArn), KMSKey: sdk.ToString(e.KmsKey), Bucket: sdk.ToString(e.SourceBucketArn),
		Queue: sdk.ToString(e.CeleryExecutorQueue), Created: moment(e.CreatedAt), BaseURL: e.AirflowConfigurationOptions["webserver.base_url"],
	}
	if n := e.NetworkConfiguration; n != nil {
		out.Subnets, out.Groups = sorted(n.SubnetIds), sorted(n.SecurityGroupIds)
	}
	if c := e.LoggingConfiguration; c != nil {
		for _, l := range []*types.ModuleLoggingConfiguration{c.DagProcessingLogs, c.SchedulerLogs, c.TaskLogs, c.WebserverLogs, c.WorkerLogs} {
			if l != nil && sdk.ToBool(l.Enabled) {
				out.LogGroups = append(out.LogGroups, sdk.ToString(l.CloudWatchLogGroupArn))
			}
		}
		out.LogGroups = sorted(out.LogGroups)
	}
	if u := e.LastUpdate; u != nil {
		out.Updated = string(u.Status)
		if u.Error != nil {
			out.Failure = &inventory.UpdateError{At: moment(u.CreatedAt), Code: sdk.ToString(u.Error.ErrorCode), Message: messageOf(u.Error.ErrorMessage)}
		}
	}
	if e.Status == types.EnvironmentStatusPending && e.CreatedAt != nil {
		out.Waited = max(0, int(time.Since(*e.CreatedAt)/time.Hour))
	}
	return out
}
