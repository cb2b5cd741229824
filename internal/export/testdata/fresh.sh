#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: main (vpc-0a1)
#
# It creates:
#   - security-group/endpoints: make a security group for the endpoints
#   - security-group-rule/endpoints/in/10.0.0.0/16: allow TCP 443 from 10.0.0.0/16
#   - endpoint/s3: gateway endpoint for Amazon S3
#   - endpoint/ecr.api: interface endpoint for ecr.api
#   - endpoint/logs: interface endpoint for logs
#
# It modifies:
#   - vpc-attribute/dns-support: turn DNS support of the VPC on
#   - vpc-attribute/dns-hostnames: turn DNS host names of the VPC on
#
# The new resources cost about $29.20 per month, plus traffic. 2 endpoints in 2 zones at
# 0.01 USD an hour.
#
# Findings:
#   - warning G-GWCUT, rtb-01: open connections to Amazon S3 will drop. Fix: choose a quiet
#     hour.
#
# It finds each resource before it creates it, so it can be run again at any time. It never
# deletes, replaces or restricts what it did not create. It needs bash 3.2 or newer and the
# AWS CLI, version 1 or 2. Try it first with --dry-run; see also --help.

set -euo pipefail

account=123456789012
region=eu-central-1
dry_run=no

# The script reads the answers, so the CLI must not use a pager or prompts.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

unknown='not-created-yet'       # id of anything that does not exist yet
doing=''                        # current step, for the final message
row=''                          # current change
made=''                         # completed changes
errors=''                       # temporary file for the AWS CLI's stderr
drafted=''                      # temporary file with the first part of the next call
answered=''                     # temporary file with the answer to a call that changes something
reply=''                        # AWS's answer to the last call
problem=''                      # AWS's error message
duplicate=''                    # AWS's message that a resource already exists
warned=''                       # the last warning shown
surveyed=no                     # whether the last call about several changes was made
id=''                           # id of the resource that was found or created
never=''                        # states that are final failures
pending=''                      # endpoints that are not ready
broken=''                       # endpoints that will never be ready
trying=''                       # call that is in progress
sending=no                      # whether a call that changes something is in flight
signal=''                       # name of the signal that ends the script
cost=''                         # what the current change adds to the monthly bill
costs=''                        # what was created and costs money
back=''                         # step that reverts what must not remain
input=''                        # input of the next call
once=no                         # whether the next call must not be made again by the AWS CLI
created=no                      # whether the last call of this script created $id
other=''                        # resource of another run that is kept instead
unchanged=''                    # changes with a value that AWS holds already
retry_on=''                     # text in an error after which the next call is retried
undo=no                         # whether something exists that must not remain
verdicts=''                     # results of the verification, one per line
refused=0                       # changes that a dry run found not allowed
untried=0                       # changes that a dry run cannot try
failed=0                        # claims that do not hold
value=''                        # what AWS shows for a claim
unproven=0                      # claims that are not verified

# All of functions.sh comes here.
# All of acl.sh comes here.

# wait_available CHANGE ID [CHANGE ID]...: waits until all of these are available.
wait_available() {
  local i j told='' waited=0
  if [[ $dry_run == yes ]]; then
    return 0
  fi
  doing='waiting until everything is available'
  say "$doing"
  never='failed rejected expired deleting deleted partial pendingAcceptance'
  while true; do
    ask ec2 describe-vpc-endpoints \
      --filters Name=vpc-id,Values=vpc-0a1 \
      --query 'VpcEndpoints[].[VpcEndpointId,State]'
    pending=''
    broken=''
    for ((i = 1; i < $#; i += 2)); do
      j=$((i + 1))
      judge "${!i}" "${!j}" available
    done
    if [[ -n $broken ]]; then
      say "These will never be available:$broken"
      ask ec2 describe-vpc-endpoints \
        --filters Name=vpc-id,Values=vpc-0a1 \
        --query "VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])]"
      if [[ -n $reply ]]; then
        say "$reply"
      fi
      exit 1
    fi
    if [[ -z $pending ]]; then
      return 0
    fi
    if [[ $pending != "$told" ]]; then
      say "  not ready yet:$pending"
      told=$pending
    fi
    if [[ $waited -ge 600 ]]; then
      stop 1 "After $waited seconds these are still not available:$pending"
    fi
    sleep 2
    waited=$((waited + 2))
  done
}

while [[ $# -gt 0 ]]; do
  case $1 in
    --dry-run) dry_run=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      say "$0: unknown argument $1"
      say 'Supported: --dry-run, --help.'
      exit 2
      ;;
  esac
  shift
done

if ! command -v aws >/dev/null 2>&1; then
  say 'The AWS CLI was not found: the command aws must be on the PATH.'
  exit 1
fi

trap finish EXIT
trap 'signaled SIGINT' INT
trap 'signaled SIGTERM' TERM
trap 'signaled SIGHUP' HUP
errors=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
drafted=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
answered=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
run="$(date +%s)-$$-$RANDOM" # makes the tokens below unique to this run

# --- Check the account ---

doing='reading the account of the credentials from AWS'
ask sts get-caller-identity --query Account
if [[ $reply != "$account" ]]; then
  stop 2 "These credentials belong to account $reply, but this script is for account $account."
fi

# --- Compare the account with the plan ---
# The answer to each query has two lines for each change: the id of what the plan needs, and
# how something else in its place differs. Such a difference ends the script here, before it
# changes anything.
doing='comparing the account with the plan'
say "$doing"
id_vpc_attribute_dns_support=$unknown
id_vpc_attribute_dns_hostnames=$unknown
id_security_group_endpoints=$unknown
id_security_group_rule_endpoints_in_10_0_0_0_16=$unknown
id_endpoint_s3=$unknown
id_endpoint_ecr_api=$unknown
id_endpoint_logs=$unknown
find_1() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-0a1 \
    --query "[
  [EnableDnsSupport.Value && 'vpc-0a1'],
  ['']
]"
  place id_vpc_attribute_dns_support vpc-attribute/dns-support 1 1
}
find_2() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id vpc-0a1 \
    --query "[
  [EnableDnsHostnames.Value && 'vpc-0a1'],
  ['']
]"
  place id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames 1 1
}
find_3() {
  survey '' ec2 describe-security-groups \
    --filters Name=vpc-id,Values=vpc-0a1 Name=group-name,Values=endpoints \
    --query "[
  [SecurityGroups[0].GroupId],
  ['']
]"
  place id_security_group_endpoints security-group/endpoints 1 1
}
find_4() {
  survey '' ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_endpoints" \
    --query "[
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] | [0].SecurityGroupRuleId],
  [join('; ', [(SecurityGroupRules[?!IsEgress && Description=='HTTPS from the VPC'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '10.0.0.0/16', '', '', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_security_group_rule_endpoints_in_10_0_0_0_16 security-group-rule/endpoints/in/10.0.0.0/16 1 1
}
find_5() {
  survey '' ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [VpcEndpoints[?ServiceName=='com.amazonaws.eu-central-1.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'
    && contains([RouteTableIds][], 'rtb-01')
    && (State=='available' || State=='pending')
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.eu-central-1.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].[VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-01') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-01', ')']),
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.eu-central-1.ecr.api' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-01') && contains([SubnetIds][], 'subnet-02')
    && contains([Groups[].GroupId][], '$id_security_group_endpoints')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'ecr:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.eu-central-1.ecr.api' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-01') && contains([SubnetIds][], 'subnet-02') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-01', ', ', 'subnet-02', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'ecr:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.eu-central-1.logs' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-01') && contains([SubnetIds][], 'subnet-02')
    && contains([Groups[].GroupId][], '$id_security_group_endpoints')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.eu-central-1.logs' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-01') && contains([SubnetIds][], 'subnet-02') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-01', ', ', 'subnet-02', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_endpoint_s3 endpoint/s3 1 3
  place id_endpoint_ecr_api endpoint/ecr.api 2 3
  place id_endpoint_logs endpoint/logs 3 3
}
find_1
find_2
find_3
find_4
find_5

# --- vpc-attribute/dns-support ---
# turn DNS support of the VPC on.
# Why: private DNS names need it
# Rules: G-DNSATTR
begin vpc-attribute/dns-support 'turn DNS support of the VPC on'
recall id_vpc_attribute_dns_support find_1
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_vpc_attribute_dns_support find_1; }
  change '' no ec2 modify-vpc-attribute \
    --enable-dns-support Value=true \
    --vpc-id vpc-0a1 \
    --query "'vpc-0a1'"
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_vpc_attribute_dns_support=$id

# --- vpc-attribute/dns-hostnames ---
# turn DNS host names of the VPC on.
# Why: private DNS names need them
# Rules: G-DNSATTR
begin vpc-attribute/dns-hostnames 'turn DNS host names of the VPC on'
recall id_vpc_attribute_dns_hostnames find_2
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_vpc_attribute_dns_hostnames find_2; }
  change '' no ec2 modify-vpc-attribute \
    --enable-dns-hostnames Value=true \
    --vpc-id vpc-0a1 \
    --query "'vpc-0a1'"
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_vpc_attribute_dns_hostnames=$id

# --- security-group/endpoints ---
# make a security group for the endpoints.
# Why: it allows TCP 443 and nothing else
begin security-group/endpoints 'make a security group for the endpoints'
recall id_security_group_endpoints find_3
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_security_group_endpoints find_3; }
  change InvalidGroup.Duplicate yes ec2 create-security-group \
    --description 'VPC endpoints' \
    --group-name endpoints \
    --tag-specifications 'ResourceType=security-group,Tags=[{Key=ManagedBy,Value=privatelink-wizard},{Key=team,Value=payments}]' \
    --vpc-id vpc-0a1 \
    --query GroupId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_security_group_endpoints=$id

# --- security-group-rule/endpoints/in/10.0.0.0/16 ---
# allow TCP 443 from 10.0.0.0/16.
# Why: that is where the tasks run
# Rules: G-SG443
begin security-group-rule/endpoints/in/10.0.0.0/16 'allow TCP 443 from 10.0.0.0/16'
recall id_security_group_rule_endpoints_in_10_0_0_0_16 find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_security_group_rule_endpoints_in_10_0_0_0_16 find_4; }
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "$id_security_group_endpoints" \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/16","Description":"HTTPS from the VPC"}],"ToPort":443}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_security_group_rule_endpoints_in_10_0_0_0_16=$id

# --- endpoint/s3 ---
# gateway endpoint for Amazon S3.
# Why: image layers come from there
# Rules: G-GWROUTE
begin endpoint/s3 'gateway endpoint for Amazon S3'
token="wizard-$run-5"
recall id_endpoint_s3 find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_s3 find_5; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --route-table-ids rtb-01 \
    --service-name com.amazonaws.eu-central-1.s3 \
    --tag-specifications 'ResourceType=vpc-endpoint,Tags=[{Key=team,Value=payments}]' \
    --vpc-endpoint-type Gateway \
    --vpc-id vpc-0a1 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_s3=$id
wait_available endpoint/s3 "$id_endpoint_s3"

# --- endpoint/ecr.api ---
# interface endpoint for ecr.api.
# Why: tasks call it when they start
# Rules: E-ECRPAIR
begin endpoint/ecr.api 'interface endpoint for ecr.api' 14.60
token="wizard-$run-6"
recall id_endpoint_ecr_api find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_ecr_api find_5; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name com.amazonaws.eu-central-1.ecr.api \
    --subnet-ids subnet-01 subnet-02 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"Name","Value":"endpoint of ecr.api"},{"Key":"team","Value":"payments"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_ecr_api=$id

# --- endpoint/logs ---
# interface endpoint for logs.
# Why: tasks call it when they start
# Rules: E-ECRPAIR
begin endpoint/logs 'interface endpoint for logs' 14.60
token="wizard-$run-7"
recall id_endpoint_logs find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_logs find_5; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name com.amazonaws.eu-central-1.logs \
    --subnet-ids subnet-01 subnet-02 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"Name","Value":"endpoint of logs"},{"Key":"team","Value":"payments"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_logs=$id

# A dry run ends here: nothing was changed, so there is nothing to wait for or verify.
if [[ $dry_run == yes ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Rejected changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS rejected no change that could be tried. Changes that cannot be tried: $untried"
  exit 0
fi

# --- Wait until everything is ready ---
wait_available endpoint/s3 "$id_endpoint_s3" \
  endpoint/ecr.api "$id_endpoint_ecr_api" \
  endpoint/logs "$id_endpoint_logs"

# --- Verification ---
doing='verifying the result'
say "$doing"

# measure makes each call once and evaluates all its claims.
measure() {
  verdicts=''
  failed=0
  unproven=0
  ask ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-01') && contains([SubnetIds][], 'subnet-02') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-01', ',', 'subnet-02', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api' && Groups[?GroupId=='$id_security_group_endpoints']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-01') && contains([SubnetIds][], 'subnet-02') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-01', ',', 'subnet-02', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs' && Groups[?GroupId=='$id_security_group_endpoints']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_s3'].State | [0]]
]"
  claim 1 9 endpoint/ecr.api available 'the endpoint is available'
  claim 2 9 endpoint/ecr.api yes 'one interface in each zone'
  claim 3 9 endpoint/ecr.api yes 'private DNS is on'
  claim 4 9 endpoint/ecr.api yes 'the security group is attached'
  claim 5 9 endpoint/logs available 'the endpoint is available'
  claim 6 9 endpoint/logs yes 'one interface in each zone'
  claim 7 9 endpoint/logs yes 'private DNS is on'
  claim 8 9 endpoint/logs yes 'the security group is attached'
  claim 9 9 endpoint/s3 available 'the endpoint is available'
  ask ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-0a1 \
    --query "[
  [EnableDnsSupport.Value && 'yes' || 'no']
]"
  claim 1 1 vpc-attribute/dns-support yes 'DNS support is on'
  ask ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_endpoints" \
    --query "[
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no']
]"
  claim 1 1 security-group-rule/endpoints/in/10.0.0.0/16 yes 'TCP 443 is allowed'
  ask ec2 describe-route-tables \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [RouteTables[?RouteTableId=='rtb-01'].Routes[] | [?State=='active' && GatewayId=='$id_endpoint_s3'] && 'yes' || 'no']
]"
  claim 1 1 endpoint/s3 yes 'the route table leads there'
  ask ec2 describe-network-acls \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [NetworkAcls[?Associations[?SubnetId=='subnet-01']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]]
]"
  acl_claim 1 \
    1 \
    endpoint/ecr.api \
    'the network ACL allows the traffic' \
    'out 443-443 10.0.1.0/24' \
    'in 32768-60999 10.0.1.0/24 2001:db8::/64'
}

verify measure 2 4 4 4 4 4 4 4 4 4 4 4
say '  not verified  endpoint/ecr.api: a task resolves the name to the endpoint'

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
result vpc-attribute/dns-hostnames "$id_vpc_attribute_dns_hostnames"
result security-group/endpoints "$id_security_group_endpoints"
result security-group-rule/endpoints/in/10.0.0.0/16 "$id_security_group_rule_endpoints_in_10_0_0_0_16"
result endpoint/s3 "$id_endpoint_s3"
result endpoint/ecr.api "$id_endpoint_ecr_api"
result endpoint/logs "$id_endpoint_logs"
doing=''
if [[ $failed -gt 0 ]]; then
  stop 1 "All changes are applied, but the verification failed. Claims that do not hold: $failed"
fi
unproven=$((unproven + 1))
if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
