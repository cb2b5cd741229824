//go:build acceptance

package sandbox_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAcceptanceWaysInByCommandLine makes a bastion and a VPN with the AWS CLI, which reads answers by other tables than the SDK does.
func TestAcceptanceWaysInByCommandLine(t *testing.T) {
	for _, path := range commandLines(t) {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			account := open(t, fast(named("mwaa-private")))
			serverCertificate, clientCertificate := vpnCertificates(t, account, time.Now())
			server := serve(t, account.Server(false, ""))
			home := t.TempDir()
			env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-west-2",
				"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_CONFIG_FILE=" + filepath.Join(home, "none")}
			path := inPython(t, path, env)
			aws := func(args string) string {
				cmd := exec.Command(path, append(strings.Fields(args), "--endpoint-url", server, "--output", "text")...)
				cmd.Env = env
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				_ = cmd.Run() // what it printed says more than how it ended
				return strings.TrimSpace(out.String())
			}
			id := aws("ec2 run-instances --image-id " + amazonLinux + "x86_64 --instance-type t3.micro --key-name airflow-admins --iam-instance-profile Name=session-manager --subnet-id " + airflowPublicA +
				" --security-group-ids " + airflowNightly + " --metadata-options HttpTokens=required --tag-specifications ResourceType=instance,Tags=[{Key=Name,Value=bastion}] --query Instances[0].InstanceId")
			vpn := aws("ec2 create-client-vpn-endpoint --client-cidr-block 172.16.0.0/22 --server-certificate-arn " + serverCertificate + " --authentication-options " +
				"Type=certificate-authentication,MutualAuthentication={ClientRootCertificateChainArn=" + clientCertificate + "} --connection-log-options Enabled=false --split-tunnel --vpc-id " + airflowVPC +
				" --security-group-ids " + airflowNightly + " --query ClientVpnEndpointId")
			association := aws("ec2 associate-client-vpn-target-network --client-vpn-endpoint-id " + vpn + " --subnet-id " + airflowA + " --query AssociationId")
			for _, step := range [][2]string{
				{"ec2 wait instance-running --instance-ids " + id, ""},
				{"ec2 wait instance-status-ok --instance-ids " + id, ""},
				{"ec2 describe-instances --instance-ids " + id + " --query Reservations[].Instances[].[State.Name,PublicIpAddress,MetadataOptions.HttpTokens,Tags[0].Value]", "running\t203.0.113.1\trequired\tbastion"},
				{"ssm describe-instance-information --query InstanceInformationList[].PingStatus", "Online"},
				{"ec2 describe-key-pairs --query KeyPairs[].[KeyName,KeyType]", "airflow-admins\ted25519"},
				{"iam create-instance-profile --instance-profile-name way-in --tags Key=run,Value=1 --query InstanceProfile.Arn", "arn:aws:iam::123456789012:instance-profile/way-in"},
				{"iam add-role-to-instance-profile --instance-profile-name way-in --role-name session-manager-host", ""},
				{"iam get-instance-profile --instance-profile-name way-in --query InstanceProfile.[Roles[0].RoleName,Tags[0].Value]", "session-manager-host\t1"},
				{"iam list-instance-profiles-for-role --role-name session-manager-host --query InstanceProfiles[].InstanceProfileName", "session-manager\tway-in"},
				{"ec2 authorize-client-vpn-ingress --authorize-all-groups --target-network-cidr 10.192.0.0/16 --query Status.Code --client-vpn-endpoint-id " + vpn, "authorizing"},
				{"ec2 describe-client-vpn-endpoints --query ClientVpnEndpoints[].[Status.Code,ConnectionLogOptions.Enabled,AuthenticationOptions[0].MutualAuthentication.ClientRootCertificateChain]",
					"available\tFalse\t" + clientCertificate},
				{"ec2 describe-client-vpn-target-networks --query ClientVpnTargetNetworks[].[Status.Code,TargetNetworkId,SecurityGroups[0]] --client-vpn-endpoint-id " + vpn, "associated\t" + airflowA + "\t" + airflowNightly},
				{"ec2 describe-client-vpn-authorization-rules --query AuthorizationRules[].[Status.Code,DestinationCidr,AccessAll] --client-vpn-endpoint-id " + vpn, "active\t10.192.0.0/16\tTrue"},
				{"ec2 create-tags --tags Key=run,Value=2 --resources " + vpn + " " + id, ""},
				{"ec2 describe-client-vpn-endpoints --filters Name=tag:run,Values=2 --query length(ClientVpnEndpoints)", "1"},
				{"ec2 revoke-client-vpn-ingress --revoke-all-groups --target-network-cidr 10.192.0.0/16 --query Status.Code --client-vpn-endpoint-id " + vpn, "revoking"},
				{"ec2 disassociate-client-vpn-target-network --association-id " + association + " --query Status.Code --client-vpn-endpoint-id " + vpn, "disassociating"},
				{"ec2 delete-client-vpn-endpoint --query Status.Code --client-vpn-endpoint-id " + vpn, "deleting"},
				{"ec2 terminate-instances --query TerminatingInstances[].CurrentState.Name --instance-ids " + id, "shutting-down"},
				{"ec2 wait instance-terminated --instance-ids " + id, ""},
			} {
				if out := aws(step[0]); out != step[1] {
					t.Errorf("aws %s: %s, want %s", step[0], out, step[1])
				}
			}
			if out := aws("ec2 export-client-vpn-client-configuration --client-vpn-endpoint-id " + vpn); !strings.Contains(out, "(InvalidClientVpnEndpointId.NotFound)") {
				t.Error(out)
			}
		})
	}
}

// TestAcceptanceLoadBalancerCommandLine goes the way of the tutorial for a domain of one's own, over HTTP.
func TestAcceptanceLoadBalancerCommandLine(t *testing.T) {
	for _, path := range commandLines(t) {
		now := newClock()
		o := now.options()
		o.Scenario = "mwaa-private"
		server := serve(t, open(t, o).Server(false, ""))
		home := t.TempDir()
		env := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-west-2",
			"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER="}
		path := inPython(t, path, env)
		run := func(args string) string {
			t.Helper()
			cmd := exec.Command(path, append(strings.Fields(args), "--endpoint-url", server, "--output", "text")...)
			cmd.Env = env
			out, _ := cmd.CombinedOutput() // what it printed says more than how it ended
			return strings.TrimSpace(string(out))
		}
		is := func(args, want string) {
			t.Helper()
			if out := run(args); out != want {
				t.Errorf("aws %s: %q, want %q", args, out, want)
			}
		}
		group := run("elbv2 create-target-group --name web --protocol HTTPS --port 443 --target-type ip --health-check-protocol HTTPS --health-check-port 443 --health-check-path /" +
			` --matcher HttpCode=200-302 --vpc-id ` + airflowVPC + " --tags Key=ManagedBy,Value=me --query TargetGroups[0].TargetGroupArn")
		is("elbv2 register-targets --targets Id=10.192.20.7 Id=10.192.21.7 --target-group-arn "+group, "")
		balancer := run("elbv2 create-load-balancer --name web --type application --scheme internal --query LoadBalancers[0].LoadBalancerArn --subnets " + airflowA + " " + airflowB + " --security-groups " + airflowNightly)
		listener := run("elbv2 create-listener --protocol HTTPS --port 443 --query Listeners[0].ListenerArn --load-balancer-arn " + balancer + " --certificates CertificateArn=" + airflowCert +
			"1 --default-actions Type=forward,TargetGroupArn=" + group)
		now.pass(10 * time.Minute)
		is("elbv2 wait load-balancer-available --load-balancer-arns "+balancer, "")
		is("elbv2 wait target-in-service --target-group-arn "+group, "")
		is("elbv2 describe-target-groups --load-balancer-arn "+balancer+" --query TargetGroups[].[TargetGroupName,Matcher.HttpCode]", "web\t200-302")
		is("elbv2 describe-tags --resource-arns "+group+" --query TagDescriptions[].Tags[].Value", "me")
		is("elbv2 describe-listeners --listener-arns "+listener+" --query Listeners[].[Port,SslPolicy,DefaultActions[0].ForwardConfig.TargetGroups[0].TargetGroupArn]",
			"443\tELBSecurityPolicy-2016-08\t"+group)
		is("acm list-certificates --certificate-statuses ISSUED --query CertificateSummaryList[].[DomainName,InUse]", "airflow.example.com\tTrue")
		is("acm describe-certificate --certificate-arn "+airflowCert+"1 --query Certificate.InUseBy", balancer)
		is("route53 list-hosted-zones --query HostedZones[].[Id,Name,Config.PrivateZone]", "/hostedzone/"+exampleZone+"\texample.com.\tFalse")
		is("route53 list-resource-record-sets --hosted-zone-id "+exampleZone+" --query ResourceRecordSets[].Type", "NS\tSOA\tCNAME")
		change := run("route53 change-resource-record-sets --query ChangeInfo.Id --hosted-zone-id " + exampleZone +
			` --change-batch {"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"a.example.com","Type":"TXT","TTL":60,"ResourceRecords":[{"Value":"\"b\""}]}}]}`)
		now.pass(time.Minute)
		is("route53 wait resource-record-sets-changed --id "+change, "")
		is("elbv2 delete-load-balancer --load-balancer-arn "+balancer, "")
		is("elbv2 wait load-balancers-deleted --load-balancer-arns "+balancer, "")
		if out := run("elbv2 describe-load-balancers --names web"); !strings.Contains(out, "(LoadBalancerNotFound)") {
			t.Error(out)
		}
	}
}

// TestAcceptanceAirflowCommandLine calls over HTTP, where an address cannot have a host prefix. Newer AWS CLIs have a setting for it; older ones
// use the sandbox as a proxy.
func TestAcceptanceAirflowCommandLine(t *testing.T) {
	for _, path := range commandLines(t) {
		a := open(t, named("mwaa-private"))
		server := serve(t, a.Server(false, ""))
		home := t.TempDir()
		run := func(environ string, args ...string) string {
			cmd := exec.Command(path, append(args, "--endpoint-url", server)...)
			cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-west-2",
				"AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", environ}
			out, _ := cmd.CombinedOutput() // what it printed says more than how it ended
			return strings.TrimSpace(string(out))
		}
		environ := "AWS_DISABLE_HOST_PREFIX_INJECTION=true"
		if out := run(environ, "mwaa", "list-environments"); strings.Contains(out, "//api.127.0.0.1") {
			environ = "HTTP_PROXY=" + server
		}
		if out := run(environ, "mwaa", "get-environment", "--name", "nightly", "--query", "Environment.[Status,NetworkConfiguration.SubnetIds[0]]", "--output", "text"); out != "AVAILABLE\t"+airflowA {
			t.Error(out)
		}
		if out := run(environ, "mwaa", "list-environments", "--query", "Environments", "--output", "text"); out != "nightly\treports\tingest" {
			t.Error(out)
		}
		if out := run(environ, "mwaa", "get-environment", "--name", "none"); !strings.Contains(out, "(ResourceNotFoundException)") {
			t.Error(out)
		}
	}
}
