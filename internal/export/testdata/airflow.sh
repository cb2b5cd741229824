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
# AWS CLI, version 1 or 2.
#
# Usage: bash SCRIPT [OPTION]...
#
#   --dry-run      show each command, ask AWS whether it would be allowed, and change nothing
#   --check        compare the account with the plan and verify it, and change nothing
#   --undo         revert what this script created or added; with --dry-run, only show that
#   --json         print the result as JSON
#   --log FILE     append all messages and commands to FILE
#   --record FILE  keep the record of what the script creates in FILE, which --undo reads
#                  (default: SCRIPT.created)
#   --help         show this text
#
# The script uses the settings of the AWS CLI, such as AWS_PROFILE. If AWS_ENDPOINT_URL is set,
# all calls go to that URL. It prints one line for each change to standard output: the name of
# the change and the ID of the resource. All other messages go to standard error.
#
# Exit codes:
#   0     all changes are applied, and no check failed
#   1     an AWS call or the verification failed
#   2     wrong arguments, another account, or no record to revert
#   4     --check found a difference
#   130   interrupted

# Functions set variables by name.
# shellcheck disable=SC2034
set -euo pipefail

# --- Parameters ---

vpc='vpc-1'
account='123456789012'
region='us-east-1'

# The script reads the answers, so the CLI must not use a pager or prompts.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

# The options, and what a dry run has instead of an id.
mode=apply json=no log_file='' unknown='not-created-yet'
# The current change: what it does, its part, its id, the variable of the id, and the list that shows it.
doing='' row='' op='' step='' id='' variable='' look_in='' cost='' before='' created=no other='' retry_on=''
# The call in progress: its input, answer and error, and its files.
input='' reply='' problem='' warned='' trying='' once=no sending=no signal='' errors='' drafted='' answered=''
# What the script read, and what it compares with it.
current='' differing='' unchanged='' value='' states='' pending='' broken='' absent=''
# The results.
results='' records='' made='' costs='' checks='' undo=no back=''
new=0 changed=0 existing=0 differences=0 refused=0 untried=0 verified=0 failed=0 unproven=0

# Expressions of the error in an answer with the status 200, if AWS did not do what was
# asked.
unsuccessful="(Unsuccessful[0] && join('', ['An error occurred (', Unsuccessful[0].Error.Code || 'Unsuccessful', '): ', join(': ', [Unsuccessful[0].ResourceId, Unsuccessful[0].Error.Message][?@])]))"

# (function usage)
# (function say)
# (function log)
# (function stop)
# (function take_back)
# (function signaled)
# (function finish)
# (function print_json)
# (function json_text)
# (function aws_cli)
# (function shown)
# (function send)
# (function try)
# (function ask)
# (function read_or)
# (function listed)
# (function found)
# (function valid)
# (function list)
# (function row_value)
# (function place)
# (function keep)
# (function begin)
# (function same)
# (function note)
# (function record)
# (function differ)
# (function missing)
# (function look_again)
# (function running)
# (function completed)
# (function look)
# (function seek)
# (function change)
# (function make_change)
# (function compare)
# (function other_kept)
# (function end_at_signal)
# (function revert)
# (function rehearse)
# (function judge)
# (function patience)
# (function wait_gone)
# (function wait_for)
# (function await)
# (function wait_one)
# (function verify)
# (function check)
# (function conclude)
# (function not_verified)
# (function some_recorded)
# (function undone)
# (function print_results)
# (function recorded)
# (function mine)
# (function reverted)
# (function bits)
# (function weigh)
# (function read_acl)
# (function acl_result)
# (function check_acl)
# --- What the script reads from the account ---
# Each function reads one list, and only again after a change. An answer has one line for
# each row of the query: the name of the row and its values.

read_ec2_vpc_attribute() {
  list ec2_vpc_attribute '' ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id "$vpc" \
    --query "[
  [['vpc-attribute/dns-support', (EnableDnsSupport.Value && '$vpc') || 'None', 'as planned']],
  [['vpc-attribute/dns-support', '-', (join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsSupport.Value || 'enableDnsSupport is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['vpc-attribute/dns-support dns-attribute', (EnableDnsSupport.Value && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_attribute_2() {
  list ec2_vpc_attribute_2 '' ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id "$vpc" \
    --query "[
  [['vpc-attribute/dns-hostnames', (EnableDnsHostnames.Value && '$vpc') || 'None', 'as planned']],
  [['vpc-attribute/dns-hostnames', '-', (join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsHostnames.Value || 'enableDnsHostnames is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['vpc-attribute/dns-hostnames dns-attribute', (EnableDnsHostnames.Value && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_security_group_rules() {
  list ec2_security_group_rules '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-airflow \
    --query "[
  [['security-group-rule/sg-airflow/in/sg-airflow', (SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/sg-airflow/in/sg-airflow', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='Parts of the Airflow environment, among themselves'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: -1 -1--1 for ', '', '', 'sg-airflow', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['endpoint/s3 group-rule', (SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no') || 'None']],
  [['endpoint/logs group-rule', (SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_endpoints() {
  local needs_1="(State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)'"
  local needs_2="IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')'])"
  local needs_3="PrivateDnsEnabled || 'private DNS is off (plan: on)'"
  local needs_4="!([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'vpce:')]) || 'the policy restricts access (plan: full access)'"
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].['endpoint/s3', VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-app') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-app', ')']),
    $needs_1,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.logs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/logs', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    $needs_3,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.kms' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/kms', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    $needs_3,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'kms:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.sqs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/sqs', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    $needs_3,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'sqs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.monitoring' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/monitoring', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    $needs_3,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'monitoring:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.vpce.$region.vpce-svc-db' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/nightly-database', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    $needs_4][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.vpce.$region.vpce-svc-web' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/nightly-webserver', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    $needs_4][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]],
  VpcEndpoints[].['interfaces', VpcEndpointId, (to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])],
  VpcEndpoints[].['private-dns', VpcEndpointId, PrivateDnsEnabled && 'yes' || 'no'],
  VpcEndpoints[].['group-attached', VpcEndpointId, Groups[?GroupId=='sg-airflow'] && 'yes' || 'no']
][]"
}

read_ec2_route_tables() {
  list ec2_route_tables '' ec2 describe-route-tables \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/s3 route', (RouteTables[?RouteTableId=='rtb-app'].Routes[] | [?State=='active' && GatewayId=='$id_endpoint_s3'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_network_acls() {
  list ec2_network_acls '' ec2 describe-network-acls \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/logs network-acl', (NetworkAcls[?Associations[?SubnetId=='subnet-a']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']],
  [['endpoint/logs network-acl 2', (NetworkAcls[?Associations[?SubnetId=='subnet-b']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']]
][]"
}

read_mwaa_environment() {
  list mwaa_environment '' mwaa get-environment \
    --name nightly \
    --query "[
  [['environment/nightly environment-status', (Environment.Status) || 'None']]
][]"
}

# --- Undo ---
# Reverts what this script created or added, the last change first. Nothing else is touched.
undo_changes() {
  doing='reverting what this script created'
  some_recorded
  recorded id_vpc_attribute_dns_support vpc-attribute/dns-support
  recorded id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames
  recorded id_security_group_rule_sg_airflow_in_sg_airflow security-group-rule/sg-airflow/in/sg-airflow
  recorded id_endpoint_s3 endpoint/s3
  recorded id_endpoint_logs endpoint/logs
  recorded id_endpoint_kms endpoint/kms
  recorded id_endpoint_sqs endpoint/sqs
  recorded id_endpoint_monitoring endpoint/monitoring
  recorded id_endpoint_nightly_database endpoint/nightly-database
  recorded id_endpoint_nightly_webserver endpoint/nightly-webserver
  recorded id_environment_nightly environment/nightly
  if mine id_endpoint_nightly_webserver endpoint/nightly-webserver ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_nightly_webserver" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_nightly_database endpoint/nightly-database ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_nightly_database" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_monitoring endpoint/monitoring ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_monitoring" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_sqs endpoint/sqs ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_sqs" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_kms endpoint/kms ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_kms" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_logs endpoint/logs ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_logs" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_s3 endpoint/s3 ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_s3" \
      --query "$unsuccessful"
    reverted
  fi
  wait_gone ec2_vpc_endpoints state deleted '' 900 5 \
    endpoint/nightly-webserver "$id_endpoint_nightly_webserver" \
    endpoint/nightly-database "$id_endpoint_nightly_database" \
    endpoint/monitoring "$id_endpoint_monitoring" \
    endpoint/sqs "$id_endpoint_sqs" \
    endpoint/kms "$id_endpoint_kms" \
    endpoint/logs "$id_endpoint_logs" \
    endpoint/s3 "$id_endpoint_s3"
  if mine id_security_group_rule_sg_airflow_in_sg_airflow security-group-rule/sg-airflow/in/sg-airflow ec2_security_group_rules; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id sg-airflow \
      --ip-permissions '[{"IpProtocol":"-1","UserIdGroupPairs":[{"GroupId":"sg-airflow"}]}]'
    reverted
  fi
  undone
}

# --- Options ---

asked=''
record_file=${BASH_SOURCE[0]:-privatelink-wizard}.created
while [[ $# -gt 0 ]]; do
  case $1 in
    --dry-run | --check | --undo) asked="$asked $1" ;;
    --json) json=yes ;;
    --log | --record)
      if [[ $# -lt 2 ]]; then
        say "$1 needs a file."
        exit 2
      fi
      if [[ $1 == --log ]]; then
        log_file=$2
      else
        record_file=$2
      fi
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      say "$0: unknown argument $1"
      say 'Supported: --dry-run, --check, --undo, --json, --log FILE, --record FILE, --help.'
      exit 2
      ;;
  esac
  shift
done
case $asked in
  '') ;;
  ' --dry-run') mode='dry run' ;;
  ' --check') mode=check ;;
  ' --undo') mode=undo ;;
  ' --undo --dry-run' | ' --dry-run --undo') mode='undo dry run' ;;
  *)
    say "These options cannot be combined:$asked"
    exit 2
    ;;
esac

if ! command -v aws >/dev/null 2>&1; then
  say 'The AWS CLI was not found: the command aws must be on the PATH.'
  exit 1
fi

umask 077 # only this user can read the files of the script
if [[ -n $log_file ]] && ! : >>"$log_file"; then
  log_file=''
  stop 2 'The file of --log cannot be written. Nothing was changed.'
fi
if [[ $mode == apply || $mode == undo* ]] && ! records=$(: >>"$record_file" && printf '%s' "$(<"$record_file")"); then
  stop 2 "$record_file cannot be written. The script records there what it creates, for --undo. Use --record FILE. Nothing was changed."
fi
plan="$account $region vpc-1 mwaa"
if [[ -n $records && ${records%%$'\n'*} != "plan"$'\t'"$plan"$'\t' ]]; then
  stop 2 "$record_file belongs to a script of another plan. Use --record FILE. Nothing was changed."
elif [[ $mode == apply && -z $records ]]; then
  records=plan$'\t'$plan$'\t'
  printf '%s\n' "$records" >"$record_file"
fi
trap '' PIPE # if nobody reads the messages any more, the script goes on
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
if [[ $mode == undo* ]]; then
  undo_changes
  exit 0
fi

# --- Compare the account with the plan ---
# Something else in the place of what a change needs ends the script here, before it changes
# anything.
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
read_ec2_vpc_attribute
place id_vpc_attribute_dns_support ec2_vpc_attribute vpc-attribute/dns-support
read_ec2_vpc_attribute_2
place id_vpc_attribute_dns_hostnames ec2_vpc_attribute_2 vpc-attribute/dns-hostnames
read_ec2_security_group_rules
place id_security_group_rule_sg_airflow_in_sg_airflow ec2_security_group_rules security-group-rule/sg-airflow/in/sg-airflow
read_ec2_vpc_endpoints
place id_endpoint_s3 ec2_vpc_endpoints endpoint/s3
place id_endpoint_logs ec2_vpc_endpoints endpoint/logs
place id_endpoint_kms ec2_vpc_endpoints endpoint/kms
place id_endpoint_sqs ec2_vpc_endpoints endpoint/sqs
place id_endpoint_monitoring ec2_vpc_endpoints endpoint/monitoring
place id_endpoint_nightly_database ec2_vpc_endpoints endpoint/nightly-database
place id_endpoint_nightly_webserver ec2_vpc_endpoints endpoint/nightly-webserver

# --- Existing resources that the plan keeps ---
keep id_vpc_attribute_dns_support vpc-attribute/dns-support 'DNS support is enabled for the VPC' vpc-1
keep id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames 'DNS hostnames are enabled for the VPC' vpc-1

# --- security-group-rule/sg-airflow/in/sg-airflow ---
# Why: Scheduler, workers, web server, metadata database and endpoints of an Airflow
# environment use its security groups. They reach each other only if a group allows traffic
# from itself. The environment nightly has no group that does. The outbound rules of the
# group stay unchanged.
# Rules: W-SG
begin changed security-group-rule/sg-airflow/in/sg-airflow 'Allow all traffic of security group airflow (sg-airflow) to itself'
if missing id_security_group_rule_sg_airflow_in_sg_airflow ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id sg-airflow \
    --ip-permissions '[{"IpProtocol":"-1","UserIdGroupPairs":[{"Description":"Parts of the Airflow environment, among themselves","GroupId":"sg-airflow"}]}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- endpoint/s3 ---
# Why: DAGs, plugins and requirements are read from the environment's bucket. The Python
# Package Index cannot be reached, so package Python dependencies as .whl files in the
# bucket or in plugins.zip. A gateway endpoint adds a route and has no hourly price. The
# Amazon MWAA user guide requires it.
# Rules: G-TYPE, W-ROUTE
begin created endpoint/s3 'Create the s3 gateway endpoint in 1 route table'
if missing id_endpoint_s3 ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-4" \
    --route-table-ids rtb-app \
    --service-name "com.amazonaws.$region.s3" \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard s3"}]}]' \
    --vpc-endpoint-type Gateway \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/logs ---
# Why: Scheduler, workers and web server write their logs to CloudWatch Logs. Ping does not
# test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per Availability
# Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, W-ROUTE
begin created endpoint/logs 'Create the logs interface endpoint in us-east-1a, us-east-1b' 14.60
if missing id_endpoint_logs ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-5" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name "com.amazonaws.$region.logs" \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard logs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/kms ---
# Why: The environment's data is encrypted with AWS KMS, also if the key belongs to AWS.
# Rules: G-TYPE, W-ROUTE
begin created endpoint/kms 'Create the kms interface endpoint in us-east-1a, us-east-1b' 14.60
if missing id_endpoint_kms ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-6" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name "com.amazonaws.$region.kms" \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard kms"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/sqs ---
# Why: Tasks wait for workers in a Celery queue of Amazon SQS, in an account of AWS.
# Rules: G-TYPE, W-ROUTE
begin created endpoint/sqs 'Create the sqs interface endpoint in us-east-1a, us-east-1b' 14.60
if missing id_endpoint_sqs ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-7" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name "com.amazonaws.$region.sqs" \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard sqs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/monitoring ---
# Why: The environment sends its metrics to CloudWatch. Its workers are also scaled by these
# metrics.
# Rules: G-TYPE, W-ROUTE
begin created endpoint/monitoring 'Create the monitoring interface endpoint in us-east-1a, us-east-1b' 14.60
if missing id_endpoint_monitoring ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-8" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name "com.amazonaws.$region.monitoring" \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard monitoring"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/nightly-database ---
# Why: It serves the metadata database, which scheduler and workers always use. The
# environment has customer-managed endpoints, so Amazon MWAA waits for this one in the
# environment's own subnets. It waits for up to 72 hours; 66 were left when the account was
# read. After that the creation fails.
# Rules: G-TYPE, W-CUSTOMER
begin created endpoint/nightly-database 'Create the database endpoint of environment nightly in us-east-1a, us-east-1b' 14.60
if missing id_endpoint_nightly_database ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-9" \
    --ip-address-type ipv4 \
    --no-private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name "com.amazonaws.vpce.$region.vpce-svc-db" \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard nightly-database"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
  compare ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query $'sort_by(VpcEndpoints[?ServiceName==\'com.amazonaws.vpce.'"$region"$'.vpce-svc-db\' && VpcEndpointType==\'Interface\' && State!=\'deleted\'\n    && (State==\'available\' || State==\'pending\')\n    && IpAddressType!=\'ipv6\'\n    && contains([SubnetIds][], \'subnet-a\') && contains([SubnetIds][], \'subnet-b\')\n    && contains([Groups[].GroupId][], \'sg-airflow\')\n    && !RequesterManaged\n    && !([PolicyDocument || \'\'][?contains(@, \'Deny\') || contains(@, \'Condition\') || contains(@, \'arn:\') || contains(@, \'vpce:\')])], &join(\' \', [to_string(CreationTimestamp), VpcEndpointId]))[].VpcEndpointId | [?@==\''"$id_endpoint_nightly_database"$'\'] && [0]'
  if [[ -n $other ]]; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_nightly_database" \
      --query "$unsuccessful"
    other_kept
  fi
fi

# --- endpoint/nightly-webserver ---
# Why: It serves the web server, with the Airflow user interface and its API.
# Rules: G-TYPE, W-CUSTOMER
begin created endpoint/nightly-webserver 'Create the webserver endpoint of environment nightly in us-east-1a, us-east-1b' 14.60
if missing id_endpoint_nightly_webserver ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-10" \
    --ip-address-type ipv4 \
    --no-private-dns-enabled \
    --security-group-ids sg-airflow \
    --service-name "com.amazonaws.vpce.$region.vpce-svc-web" \
    --subnet-ids subnet-a subnet-b \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard nightly-webserver"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
  compare ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query $'sort_by(VpcEndpoints[?ServiceName==\'com.amazonaws.vpce.'"$region"$'.vpce-svc-web\' && VpcEndpointType==\'Interface\' && State!=\'deleted\'\n    && (State==\'available\' || State==\'pending\')\n    && IpAddressType!=\'ipv6\'\n    && contains([SubnetIds][], \'subnet-a\') && contains([SubnetIds][], \'subnet-b\')\n    && contains([Groups[].GroupId][], \'sg-airflow\')\n    && !RequesterManaged\n    && !([PolicyDocument || \'\'][?contains(@, \'Deny\') || contains(@, \'Condition\') || contains(@, \'arn:\') || contains(@, \'vpce:\')])], &join(\' \', [to_string(CreationTimestamp), VpcEndpointId]))[].VpcEndpointId | [?@==\''"$id_endpoint_nightly_webserver"$'\'] && [0]'
  if [[ -n $other ]]; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_nightly_webserver" \
      --query "$unsuccessful"
    other_kept
  fi
fi

wait_for ec2_vpc_endpoints state available 'failed rejected expired deleting deleted partial pendingAcceptance' 600 2 \
  endpoint/nightly-database "$id_endpoint_nightly_database" \
  endpoint/nightly-webserver "$id_endpoint_nightly_webserver"

# --- environment/nightly ---
# Why: When its endpoints are available, Amazon MWAA continues, which usually takes 20 to 30
# minutes. You can stop waiting: the environment is still created.
# Rules: W-CUSTOMER
begin run environment/nightly 'Wait until Amazon MWAA has created the environment nightly'
if running id_environment_nightly; then
  say '  wait until Amazon MWAA has created environment nightly'
  await environment/nightly nightly AVAILABLE 'CREATE_FAILED UNAVAILABLE DELETING DELETED' 3600 10 no 'Amazon MWAA continues without this program: see its console. Run again to check.' mwaa get-environment \
    --name nightly \
    --query '[[Environment.Name, Environment.Status]]'
  id=nightly
  id_environment_nightly=$id
  completed id_environment_nightly
fi

# A dry run ends here: nothing was changed, so there is nothing to wait for or verify.
if [[ $mode == 'dry run' ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Rejected changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS rejected no change that could be tried. Changes that cannot be tried: $untried"
  exit 0
fi
if [[ $mode == check && $differences -gt 0 ]]; then
  doing=''
  stop 4 "The account differs from the plan. Changes that a run would make, or that need a new plan: $differences"
fi

# --- Wait until everything is ready ---

wait_for ec2_vpc_endpoints state available 'failed rejected expired deleting deleted partial pendingAcceptance' 600 2 \
  endpoint/s3 "$id_endpoint_s3" \
  endpoint/logs "$id_endpoint_logs" \
  endpoint/kms "$id_endpoint_kms" \
  endpoint/sqs "$id_endpoint_sqs" \
  endpoint/monitoring "$id_endpoint_monitoring"

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_ec2_vpc_attribute
  read_ec2_vpc_attribute_2
  read_ec2_vpc_endpoints
  read_ec2_security_group_rules
  read_ec2_route_tables
  read_ec2_network_acls
  read_mwaa_environment
  check ec2_vpc_attribute 'vpc-attribute/dns-support dns-attribute' vpc-attribute/dns-support yes \
    'DNS support is enabled for the VPC'
  check ec2_vpc_attribute_2 'vpc-attribute/dns-hostnames dns-attribute' vpc-attribute/dns-hostnames yes \
    'DNS hostnames are enabled for the VPC'
  check ec2_vpc_endpoints state "$id_endpoint_s3" endpoint/s3 available 'endpoint s3 is available'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/s3 yes \
    'airflow (sg-airflow) allows outbound TCP 443 to Amazon S3'
  check ec2_route_tables 'endpoint/s3 route' endpoint/s3 yes 'route table rtb-app sends s3 to the endpoint'
  check ec2_vpc_endpoints state "$id_endpoint_logs" endpoint/logs available 'endpoint logs is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_logs" endpoint/logs yes \
    'endpoint logs has an interface in us-east-1a, us-east-1b'
  check ec2_vpc_endpoints private-dns "$id_endpoint_logs" endpoint/logs yes 'private DNS of endpoint logs is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_logs" endpoint/logs yes \
    'endpoint logs has security group airflow (sg-airflow)'
  check ec2_security_group_rules 'endpoint/logs group-rule' endpoint/logs yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to logs (all traffic from sg-airflow)'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/logs yes \
    'airflow (sg-airflow) allows outbound TCP 443 to logs'
  check ec2_vpc_endpoints state "$id_endpoint_kms" endpoint/kms available 'endpoint kms is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_kms" endpoint/kms yes \
    'endpoint kms has an interface in us-east-1a, us-east-1b'
  check ec2_vpc_endpoints private-dns "$id_endpoint_kms" endpoint/kms yes 'private DNS of endpoint kms is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_kms" endpoint/kms yes \
    'endpoint kms has security group airflow (sg-airflow)'
  check ec2_security_group_rules 'endpoint/logs group-rule' endpoint/kms yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to kms (all traffic from sg-airflow)'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/kms yes \
    'airflow (sg-airflow) allows outbound TCP 443 to kms'
  check ec2_vpc_endpoints state "$id_endpoint_sqs" endpoint/sqs available 'endpoint sqs is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_sqs" endpoint/sqs yes \
    'endpoint sqs has an interface in us-east-1a, us-east-1b'
  check ec2_vpc_endpoints private-dns "$id_endpoint_sqs" endpoint/sqs yes 'private DNS of endpoint sqs is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_sqs" endpoint/sqs yes \
    'endpoint sqs has security group airflow (sg-airflow)'
  check ec2_security_group_rules 'endpoint/logs group-rule' endpoint/sqs yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to sqs (all traffic from sg-airflow)'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/sqs yes \
    'airflow (sg-airflow) allows outbound TCP 443 to sqs'
  check ec2_vpc_endpoints state "$id_endpoint_monitoring" endpoint/monitoring available \
    'endpoint monitoring is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_monitoring" endpoint/monitoring yes \
    'endpoint monitoring has an interface in us-east-1a, us-east-1b'
  check ec2_vpc_endpoints private-dns "$id_endpoint_monitoring" endpoint/monitoring yes \
    'private DNS of endpoint monitoring is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_monitoring" endpoint/monitoring yes \
    'endpoint monitoring has security group airflow (sg-airflow)'
  check ec2_security_group_rules 'endpoint/logs group-rule' endpoint/monitoring yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to monitoring (all traffic from sg-airflow)'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/monitoring yes \
    'airflow (sg-airflow) allows outbound TCP 443 to monitoring'
  check ec2_vpc_endpoints state "$id_endpoint_nightly_database" endpoint/nightly-database available \
    'endpoint nightly-database is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_nightly_database" endpoint/nightly-database yes \
    'endpoint nightly-database has an interface in us-east-1a, us-east-1b'
  check ec2_vpc_endpoints group-attached "$id_endpoint_nightly_database" endpoint/nightly-database yes \
    'endpoint nightly-database has security group airflow (sg-airflow)'
  check ec2_security_group_rules 'endpoint/logs group-rule' endpoint/nightly-database yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to nightly-database (all traffic from sg-airflow)'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/nightly-database yes \
    'airflow (sg-airflow) allows outbound TCP 443 to nightly-database'
  check ec2_vpc_endpoints state "$id_endpoint_nightly_webserver" endpoint/nightly-webserver available \
    'endpoint nightly-webserver is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_nightly_webserver" endpoint/nightly-webserver yes \
    'endpoint nightly-webserver has an interface in us-east-1a, us-east-1b'
  check ec2_vpc_endpoints group-attached "$id_endpoint_nightly_webserver" endpoint/nightly-webserver yes \
    'endpoint nightly-webserver has security group airflow (sg-airflow)'
  check ec2_security_group_rules 'endpoint/logs group-rule' endpoint/nightly-webserver yes \
    'airflow (sg-airflow) allows traffic from sg-airflow to nightly-webserver (all traffic from sg-airflow)'
  check ec2_security_group_rules 'endpoint/s3 group-rule' endpoint/nightly-webserver yes \
    'airflow (sg-airflow) allows outbound TCP 443 to nightly-webserver'
  check_acl ec2_network_acls 'endpoint/logs network-acl' endpoint/logs \
    'the network ACL of subnet app-a (subnet-a) allows the traffic between the workload and the endpoints' \
    'out 443-443 10.0.1.0/24' 'in 32768-60999 10.0.1.0/24' \
    'in 443-443 10.0.1.0/24' 'out 32768-60999 10.0.1.0/24' \
    'out 443-443 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'in 32768-60999 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'out 5432-5432 10.0.1.0/24' 'in 5432-5432 10.0.1.0/24'
  check_acl ec2_network_acls 'endpoint/logs network-acl 2' endpoint/logs \
    'the network ACL of subnet app-b (subnet-b) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/24' 'out 32768-60999 10.0.0.0/24' \
    'out 443-443 10.0.0.0/24' 'in 32768-60999 10.0.0.0/24' \
    'out 443-443 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'in 32768-60999 0.0.0.0/5 8.0.0.0/7 10.1.0.0/16 10.2.0.0/15 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1' \
    'in 5432-5432 10.0.0.0/24' 'out 5432-5432 10.0.0.0/24'
  check ec2_security_group_rules 'endpoint/logs group-rule' security-group-rule/sg-airflow/in/sg-airflow yes \
    'security group sg-airflow allows traffic from itself'
  check mwaa_environment 'environment/nightly environment-status' environment/nightly AVAILABLE \
    'environment nightly is AVAILABLE'
  not_verified endpoint/nightly-webserver \
    'Inside the VPC: that the private names resolve to the endpoint addresses and TCP 443 answers. Only a client in the VPC can test this.'
}

verify check_all 2 4 4 4 4 4 4 4 4 4 4 4

# --- Result ---
doing=''
if [[ $mode == check ]]; then
  if [[ $failed -gt 0 ]]; then
    stop 4 "Every resource of the plan exists, but the verification failed. Failed checks: $failed"
  fi
  say "In sync. Resources that exist: $existing. Checks: $verified verified, $unproven not verified."
  exit 0
fi
if [[ $json == no ]]; then
  print_results
fi
say "Created: $new, changed: $changed, existing: $existing. Checks: $verified verified, $failed failed, $unproven not verified. Time: $SECONDS seconds."
if [[ $failed -gt 0 ]]; then
  stop 1 "All changes are applied, but the verification failed. Failed checks: $failed"
fi
if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
