#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For mwaa, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: us-east-1
# VPC: prod (vpc-1)
#
# It creates:
#   - endpoint/s3: Create the s3 gateway endpoint in 1 route table
#   - endpoint/logs: Create the logs interface endpoint in us-east-1a, us-east-1b
#   - endpoint/kms: Create the kms interface endpoint in us-east-1a, us-east-1b
#   - endpoint/sqs: Create the sqs interface endpoint in us-east-1a, us-east-1b
#   - endpoint/monitoring: Create the monitoring interface endpoint in us-east-1a,
#     us-east-1b
#   - endpoint/nightly-database: Create the database endpoint of environment nightly in
#     us-east-1a, us-east-1b
#   - endpoint/nightly-webserver: Create the webserver endpoint of environment nightly in
#     us-east-1a, us-east-1b
#
# It modifies:
#   - security-group-rule/sg-airflow/in/sg-airflow: Allow all traffic of security group
#     airflow (sg-airflow) to itself
#
# It runs:
#   - environment/nightly: Wait until Amazon MWAA has created the environment nightly
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is enabled for the VPC
#   - vpc-attribute/dns-hostnames: DNS hostnames are enabled for the VPC
#
# The new resources cost about $87.60 per month, plus traffic. $87.60 for 12 endpoint
# interfaces (730 hours at $0.01 each); in addition $0.01 per GB of traffic through
# interface endpoints; prices of us-east-1, table of this program, checked on 2026-11-29;
# interface endpoints are billed per hour, Availability Zone and GB while they exist;
# gateway endpoints are free.
#
# Findings:
#   - warning W-ACCESS, arn:aws:airflow:us-east-1:123456789012:environment/nightly: The web
#     server of environment nightly is private, and its security groups allow no other
#     clients on TCP 443. People cannot reach it yet. The endpoints do not give users access
#     to the web server. Fix: Choose an access method on the screen Access method (answers
#     file: mwaa.way_in): AWS Client VPN, a Linux bastion, or a load balancer in front of
#     the web server's two addresses. The plan then allows traffic from it in the
#     environment's security group.
#
# It finds each resource before it creates it, so it can be run again at any time. It never
# deletes, replaces or restricts what it did not create. It needs bash 3.2 or newer and the
# AWS CLI, version 1 or 2. Try it first with --dry-run; see also --help.

set -euo pipefail

account=123456789012
region=us-east-1
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
      --filters Name=vpc-id,Values=vpc-1 \
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
        --filters Name=vpc-id,Values=vpc-1 \
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
id_security_group_rule_sg_airflow_in_sg_airflow=$unknown
id_endpoint_s3=$unknown
id_endpoint_logs=$unknown
id_endpoint_kms=$unknown
id_endpoint_sqs=$unknown
id_endpoint_monitoring=$unknown
id_endpoint_nightly_database=$unknown
id_endpoint_nightly_webserver=$unknown
id_environment_nightly=$unknown
find_1() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-1 \
    --query "[
  [EnableDnsSupport.Value && 'vpc-1'],
  [join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsSupport.Value || 'enableDnsSupport is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_vpc_attribute_dns_support vpc-attribute/dns-support 1 1 vpc-1
}
find_2() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id vpc-1 \
    --query "[
  [EnableDnsHostnames.Value && 'vpc-1'],
  [join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsHostnames.Value || 'enableDnsHostnames is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames 1 1 vpc-1
}
find_3() {
  survey '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-airflow \
    --query "[
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] | [0].SecurityGroupRuleId],
  [join('; ', [(SecurityGroupRules[?!IsEgress && Description=='Parts of the Airflow environment, among themselves'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: -1 -1--1 for ', '', '', 'sg-airflow', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_security_group_rule_sg_airflow_in_sg_airflow security-group-rule/sg-airflow/in/sg-airflow 1 1
}
find_4() {
  survey '' ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-1 \
    --query "[
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'
    && contains([RouteTableIds][], 'rtb-app')
    && (State=='available' || State=='pending')
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].[VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-app') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-app', ')']),
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.logs' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b')
    && contains([Groups[].GroupId][], 'sg-airflow')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.logs' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.kms' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b')
    && contains([Groups[].GroupId][], 'sg-airflow')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'kms:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.kms' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'kms:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.sqs' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b')
    && contains([Groups[].GroupId][], 'sg-airflow')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'sqs:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.sqs' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'sqs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.monitoring' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b')
    && contains([Groups[].GroupId][], 'sg-airflow')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'monitoring:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.monitoring' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'monitoring:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.vpce.us-east-1.vpce-svc-db' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b')
    && contains([Groups[].GroupId][], 'sg-airflow')
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'vpce:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.vpce.us-east-1.vpce-svc-db' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'vpce:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.vpce.us-east-1.vpce-svc-web' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b')
    && contains([Groups[].GroupId][], 'sg-airflow')
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'vpce:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.vpce.us-east-1.vpce-svc-web' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'vpce:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_endpoint_s3 endpoint/s3 1 7
  place id_endpoint_logs endpoint/logs 2 7
  place id_endpoint_kms endpoint/kms 3 7
  place id_endpoint_sqs endpoint/sqs 4 7
  place id_endpoint_monitoring endpoint/monitoring 5 7
  place id_endpoint_nightly_database endpoint/nightly-database 6 7
  place id_endpoint_nightly_webserver endpoint/nightly-webserver 7 7
}
find_1
find_2
find_3
find_4

# --- vpc-attribute/dns-support ---
# DNS support is enabled for the VPC.
# Why: Private DNS for endpoints needs both DNS attributes of the VPC. With private DNS, all
# clients in the VPC send this traffic to the endpoint. Clients that a security group or
# network ACL blocks lose access to the service.
# Rules: G-DNSATTR
begin vpc-attribute/dns-support 'DNS support is enabled for the VPC'
recall id_vpc_attribute_dns_support find_1
if [[ -n $id ]]; then
  same
else
  deleted vpc-1
fi
id_vpc_attribute_dns_support=$id

# --- vpc-attribute/dns-hostnames ---
# DNS hostnames are enabled for the VPC.
# Why: Private DNS for endpoints needs both DNS attributes of the VPC. It can take minutes
# until the names resolve to the private addresses.
# Rules: G-DNSATTR
begin vpc-attribute/dns-hostnames 'DNS hostnames are enabled for the VPC'
recall id_vpc_attribute_dns_hostnames find_2
if [[ -n $id ]]; then
  same
else
  deleted vpc-1
fi
id_vpc_attribute_dns_hostnames=$id

# --- security-group-rule/sg-airflow/in/sg-airflow ---
# Allow all traffic of security group airflow (sg-airflow) to itself.
# Why: Scheduler, workers, web server, metadata database and endpoints of an Airflow
# environment use its security groups. They reach each other only if a group allows traffic
# from itself. The environment nightly has no group that does. The outbound rules of the
# group stay unchanged.
# Rules: W-SG
begin security-group-rule/sg-airflow/in/sg-airflow 'Allow all traffic of security group airflow (sg-airflow) to itself'
recall id_security_group_rule_sg_airflow_in_sg_airflow find_3
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_security_group_rule_sg_airflow_in_sg_airflow find_3; }
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id sg-airflow \
    --ip-permissions '[{"IpProtocol":"-1","UserIdGroupPairs":[{"Description":"Parts of the Airflow environment, among themselves","GroupId":"sg-airflow"}]}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_security_group_rule_sg_airflow_in_sg_airflow=$id

# --- endpoint/s3 ---
# Create the s3 gateway endpoint in 1 route table.
# Why: DAGs, plugins and requirements are read from the environment's bucket. The Python
# Package Index cannot be reached, so package Python dependencies as .whl files in the
# bucket or in plugins.zip. A gateway endpoint adds a route and has no hourly price. The
# Amazon MWAA user guide requires it.
# Rules: G-TYPE, W-ROUTE
begin endpoint/s3 'Create the s3 gateway endpoint in 1 route table'
token="wizard-$run-4"
recall id_endpoint_s3 find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_s3 find_4; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --route-table-ids rtb-app \
    --service-name com.amazonaws.us-east-1.s3 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard s3"}]}]' \
    --vpc-endpoint-type Gateway \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_s3=$id

# --- endpoint/logs ---
# Create the logs interface endpoint in us-east-1a, us-east-1b.
# Why: Scheduler, workers and web server write their logs to CloudWatch Logs. Ping does not
# test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per Availability
# Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, W-ROUTE
begin endpoint/logs 'Create the logs interface endpoint in us-east-1a, us-east-1b' 14.60
token="wizard-$run-5"
recall id_endpoint_logs find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_logs find_4; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name com.amazonaws.us-east-1.logs \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard logs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_logs=$id

# --- endpoint/kms ---
# Create the kms interface endpoint in us-east-1a, us-east-1b.
# Why: The environment's data is encrypted with AWS KMS, also if the key belongs to AWS.
# Ping does not test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per
# Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, W-ROUTE
begin endpoint/kms 'Create the kms interface endpoint in us-east-1a, us-east-1b' 14.60
token="wizard-$run-6"
recall id_endpoint_kms find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_kms find_4; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name com.amazonaws.us-east-1.kms \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard kms"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_kms=$id

# --- endpoint/sqs ---
# Create the sqs interface endpoint in us-east-1a, us-east-1b.
# Why: Tasks wait for workers in a Celery queue of Amazon SQS, in an account of AWS. Ping
# does not test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per
# Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, W-ROUTE
begin endpoint/sqs 'Create the sqs interface endpoint in us-east-1a, us-east-1b' 14.60
token="wizard-$run-7"
recall id_endpoint_sqs find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_sqs find_4; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name com.amazonaws.us-east-1.sqs \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard sqs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_sqs=$id

# --- endpoint/monitoring ---
# Create the monitoring interface endpoint in us-east-1a, us-east-1b.
# Why: The environment sends its metrics to CloudWatch. Its workers are also scaled by these
# metrics. Ping does not test an interface endpoint: test TCP 443. Each endpoint provides 10
# Gbps per Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, W-ROUTE
begin endpoint/monitoring 'Create the monitoring interface endpoint in us-east-1a, us-east-1b' 14.60
token="wizard-$run-8"
recall id_endpoint_monitoring find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_monitoring find_4; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name com.amazonaws.us-east-1.monitoring \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard monitoring"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_monitoring=$id

# --- endpoint/nightly-database ---
# Create the database endpoint of environment nightly in us-east-1a, us-east-1b.
# Why: It serves the metadata database, which scheduler and workers always use. The
# environment has customer-managed endpoints, so Amazon MWAA waits for this one in the
# environment's own subnets. It waits for up to 72 hours; 66 were left when the account was
# read. After that the creation fails.
# Rules: G-TYPE, W-CUSTOMER
begin endpoint/nightly-database 'Create the database endpoint of environment nightly in us-east-1a, us-east-1b' 14.60
token="wizard-$run-9"
recall id_endpoint_nightly_database find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_nightly_database find_4; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --no-private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name com.amazonaws.vpce.us-east-1.vpce-svc-db \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard nightly-database"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
  id_endpoint_nightly_database=$id
  compare ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-1 \
    --query $'sort_by(VpcEndpoints[?ServiceName==\'com.amazonaws.vpce.us-east-1.vpce-svc-db\' && VpcEndpointType==\'Interface\' && State!=\'deleted\'\n    && (State==\'available\' || State==\'pending\')\n    && IpAddressType!=\'ipv6\'\n    && contains([SubnetIds][], \'subnet-a\') && contains([SubnetIds][], \'subnet-b\')\n    && contains([Groups[].GroupId][], \'sg-airflow\')\n    && !RequesterManaged\n    && !([PolicyDocument || \'\'][?contains(@, \'Deny\') || contains(@, \'Condition\') || contains(@, \'arn:\') || contains(@, \'vpce:\')])], &join(\' \', [to_string(CreationTimestamp), VpcEndpointId]))[].VpcEndpointId | [?@==\''"$id_endpoint_nightly_database"$'\'] && [0]'
  if [[ -n $other ]]; then
    revert InvalidVpcEndpointId.NotFound ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_nightly_database"
  fi
fi
id_endpoint_nightly_database=$id

# --- endpoint/nightly-webserver ---
# Create the webserver endpoint of environment nightly in us-east-1a, us-east-1b.
# Why: It serves the web server, with the Airflow user interface and its API. The
# environment has customer-managed endpoints, so Amazon MWAA waits for this one in the
# environment's own subnets. It waits for up to 72 hours; 66 were left when the account was
# read. After that the creation fails.
# Rules: G-TYPE, W-CUSTOMER
begin endpoint/nightly-webserver 'Create the webserver endpoint of environment nightly in us-east-1a, us-east-1b' 14.60
token="wizard-$run-10"
recall id_endpoint_nightly_webserver find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_nightly_webserver find_4; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --no-private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name com.amazonaws.vpce.us-east-1.vpce-svc-web \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard nightly-webserver"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-1 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
  id_endpoint_nightly_webserver=$id
  compare ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-1 \
    --query $'sort_by(VpcEndpoints[?ServiceName==\'com.amazonaws.vpce.us-east-1.vpce-svc-web\' && VpcEndpointType==\'Interface\' && State!=\'deleted\'\n    && (State==\'available\' || State==\'pending\')\n    && IpAddressType!=\'ipv6\'\n    && contains([SubnetIds][], \'subnet-a\') && contains([SubnetIds][], \'subnet-b\')\n    && contains([Groups[].GroupId][], \'sg-airflow\')\n    && !RequesterManaged\n    && !([PolicyDocument || \'\'][?contains(@, \'Deny\') || contains(@, \'Condition\') || contains(@, \'arn:\') || contains(@, \'vpce:\')])], &join(\' \', [to_string(CreationTimestamp), VpcEndpointId]))[].VpcEndpointId | [?@==\''"$id_endpoint_nightly_webserver"$'\'] && [0]'
  if [[ -n $other ]]; then
    revert InvalidVpcEndpointId.NotFound ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_nightly_webserver"
  fi
fi
id_endpoint_nightly_webserver=$id
wait_available endpoint/nightly-database "$id_endpoint_nightly_database" \
  endpoint/nightly-webserver "$id_endpoint_nightly_webserver"

# --- environment/nightly ---
# Wait until Amazon MWAA has created the environment nightly.
# Why: When its endpoints are available, Amazon MWAA continues, which usually takes 20 to 30
# minutes. You can stop waiting: the environment is still created.
# Rules: W-CUSTOMER
begin environment/nightly 'Wait until Amazon MWAA has created the environment nightly'

say '  wait until Amazon MWAA has created environment nightly'
await environment/nightly nightly AVAILABLE 'CREATE_FAILED UNAVAILABLE DELETING DELETED' 3600 10 no 'Amazon MWAA continues without this program: see its console. Run again to check.' mwaa get-environment \
  --name nightly \
  --query '[[Environment.Name, Environment.Status]]'
id_environment_nightly=nightly

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
  endpoint/logs "$id_endpoint_logs" \
  endpoint/kms "$id_endpoint_kms" \
  endpoint/sqs "$id_endpoint_sqs" \
  endpoint/monitoring "$id_endpoint_monitoring" \
  endpoint/nightly-database "$id_endpoint_nightly_database" \
  endpoint/nightly-webserver "$id_endpoint_nightly_webserver"

# --- Verification ---
doing='verifying the result'
say "$doing"

# measure makes each call once and evaluates all its claims.
measure() {
  verdicts=''
  failed=0
  unproven=0
  ask ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-1 \
    --query "[
  [EnableDnsSupport.Value && 'yes' || 'no']
]"
  claim 1 1 vpc-attribute/dns-support yes 'DNS support is enabled for the VPC'
  ask ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id vpc-1 \
    --query "[
  [EnableDnsHostnames.Value && 'yes' || 'no']
]"
  claim 1 1 vpc-attribute/dns-hostnames yes 'DNS hostnames are enabled for the VPC'
  ask ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-1 \
    --query "[
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_s3'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs' && Groups[?GroupId=='sg-airflow']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_kms'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_kms'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_kms' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_kms' && Groups[?GroupId=='sg-airflow']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_sqs'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_sqs'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_sqs' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_sqs' && Groups[?GroupId=='sg-airflow']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_monitoring'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_monitoring'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_monitoring' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_monitoring' && Groups[?GroupId=='sg-airflow']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_nightly_database'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_nightly_database'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_nightly_database' && Groups[?GroupId=='sg-airflow']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_nightly_webserver'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_nightly_webserver'].[(to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_nightly_webserver' && Groups[?GroupId=='sg-airflow']] && 'yes' || 'no']
]"
  claim 1 23 endpoint/s3 available 'endpoint s3 is available'
  claim 2 23 endpoint/logs available 'endpoint logs is available'
  claim 3 23 endpoint/logs yes 'endpoint logs has an interface in us-east-1a, us-east-1b'
  claim 4 23 endpoint/logs yes 'private DNS of endpoint logs is on'
  claim 5 23 endpoint/logs yes 'endpoint logs has security group airflow (sg-airflow)'
  claim 6 23 endpoint/kms available 'endpoint kms is available'
  claim 7 23 endpoint/kms yes 'endpoint kms has an interface in us-east-1a, us-east-1b'
  claim 8 23 endpoint/kms yes 'private DNS of endpoint kms is on'
  claim 9 23 endpoint/kms yes 'endpoint kms has security group airflow (sg-airflow)'
  claim 10 23 endpoint/sqs available 'endpoint sqs is available'
  claim 11 23 endpoint/sqs yes 'endpoint sqs has an interface in us-east-1a, us-east-1b'
  claim 12 23 endpoint/sqs yes 'private DNS of endpoint sqs is on'
  claim 13 23 endpoint/sqs yes 'endpoint sqs has security group airflow (sg-airflow)'
  claim 14 23 endpoint/monitoring available 'endpoint monitoring is available'
  claim 15 \
    23 \
    endpoint/monitoring \
    yes \
    'endpoint monitoring has an interface in us-east-1a, us-east-1b'
  claim 16 23 endpoint/monitoring yes 'private DNS of endpoint monitoring is on'
  claim 17 \
    23 \
    endpoint/monitoring \
    yes \
    'endpoint monitoring has security group airflow (sg-airflow)'
  claim 18 23 endpoint/nightly-database available 'endpoint nightly-database is available'
  claim 19 \
    23 \
    endpoint/nightly-database \
    yes \
    'endpoint nightly-database has an interface in us-east-1a, us-east-1b'
  claim 20 \
    23 \
    endpoint/nightly-database \
    yes \
    'endpoint nightly-database has security group airflow (sg-airflow)'
  claim 21 23 endpoint/nightly-webserver available 'endpoint nightly-webserver is available'
  claim 22 \
    23 \
    endpoint/nightly-webserver \
    yes \
    'endpoint nightly-webserver has an interface in us-east-1a, us-east-1b'
  claim 23 \
    23 \
    endpoint/nightly-webserver \
    yes \
    'endpoint nightly-webserver has security group airflow (sg-airflow)'
  ask ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-airflow \
    --query "[
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no']
]"
  claim 1 14 endpoint/s3 yes 'airflow (sg-airflow) allows outbound TCP 443 to Amazon S3'
  claim 2 \
    14 \
    endpoint/logs \
    yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to logs (all traffic from sg-airflow)'
  claim 3 14 endpoint/logs yes 'airflow (sg-airflow) allows outbound TCP 443 to logs'
  claim 4 \
    14 \
    endpoint/kms \
    yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to kms (all traffic from sg-airflow)'
  claim 5 14 endpoint/kms yes 'airflow (sg-airflow) allows outbound TCP 443 to kms'
  claim 6 \
    14 \
    endpoint/sqs \
    yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to sqs (all traffic from sg-airflow)'
  claim 7 14 endpoint/sqs yes 'airflow (sg-airflow) allows outbound TCP 443 to sqs'
  claim 8 \
    14 \
    endpoint/monitoring \
    yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to monitoring (all traffic from sg-airflow)'
  claim 9 \
    14 \
    endpoint/monitoring \
    yes \
    'airflow (sg-airflow) allows outbound TCP 443 to monitoring'
  claim 10 \
    14 \
    endpoint/nightly-database \
    yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to nightly-database (all traffic from sg-airflow)'
  claim 11 \
    14 \
    endpoint/nightly-database \
    yes \
    'airflow (sg-airflow) allows outbound TCP 443 to nightly-database'
  claim 12 \
    14 \
    endpoint/nightly-webserver \
    yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to nightly-webserver (all traffic from sg-airflow)'
  claim 13 \
    14 \
    endpoint/nightly-webserver \
    yes \
    'airflow (sg-airflow) allows outbound TCP 443 to nightly-webserver'
  claim 14 \
    14 \
    security-group-rule/sg-airflow/in/sg-airflow \
    yes \
    'security group sg-airflow allows traffic from itself'
  ask ec2 describe-route-tables \
    --filters Name=vpc-id,Values=vpc-1 \
    --query "[
  [RouteTables[?RouteTableId=='rtb-app'].Routes[] | [?State=='active' && GatewayId=='$id_endpoint_s3'] && 'yes' || 'no']
]"
  claim 1 1 endpoint/s3 yes 'route table rtb-app sends s3 to the endpoint'
  ask ec2 describe-network-acls \
    --filters Name=vpc-id,Values=vpc-1 \
    --query "[
  [NetworkAcls[?Associations[?SubnetId=='subnet-a']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]],
  [NetworkAcls[?Associations[?SubnetId=='subnet-b']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]]
]"
  acl_claim 1 \
    2 \
    endpoint/logs \
    'the network ACL of subnet app-a (subnet-a) allows the traffic between the workload and the endpoints' \
    'out 443-443 10.0.1.0/24' \
    'in 32768-60999 10.0.1.0/24' \
    'in 443-443 10.0.1.0/24' \
    'out 32768-60999 10.0.1.0/24' \
    'out 443-443 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'in 32768-60999 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'out 5432-5432 10.0.1.0/24' \
    'in 5432-5432 10.0.1.0/24'
  acl_claim 2 \
    2 \
    endpoint/logs \
    'the network ACL of subnet app-b (subnet-b) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/24' \
    'out 32768-60999 10.0.0.0/24' \
    'out 443-443 10.0.0.0/24' \
    'in 32768-60999 10.0.0.0/24' \
    'out 443-443 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'in 32768-60999 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'in 5432-5432 10.0.0.0/24' \
    'out 5432-5432 10.0.0.0/24'
  ask mwaa get-environment --name nightly --query "[
  [Environment.Status]
]"
  claim 1 1 environment/nightly AVAILABLE 'environment nightly is AVAILABLE'
}

verify measure 2 4 4 4 4 4 4 4 4 4 4 4
say '  not verified  endpoint/nightly-webserver: Inside the VPC: that the private names resolve to the endpoint addresses and TCP 443 answers. Only a client in the VPC can test this.'

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
result vpc-attribute/dns-hostnames "$id_vpc_attribute_dns_hostnames"
result security-group-rule/sg-airflow/in/sg-airflow "$id_security_group_rule_sg_airflow_in_sg_airflow"
result endpoint/s3 "$id_endpoint_s3"
result endpoint/logs "$id_endpoint_logs"
result endpoint/kms "$id_endpoint_kms"
result endpoint/sqs "$id_endpoint_sqs"
result endpoint/monitoring "$id_endpoint_monitoring"
result endpoint/nightly-database "$id_endpoint_nightly_database"
result endpoint/nightly-webserver "$id_endpoint_nightly_webserver"
result environment/nightly "$id_environment_nightly"
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
