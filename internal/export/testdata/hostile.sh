#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r;
# exit 9 #\\x1b[31m\x00 (vpc-0a1)
#
# It creates:
#   - security-group/endpoints: make a security group for the endpoints it's "x" $(rm -rf /)
#     `id` \ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00
#   - security-group-rule/endpoints/in/10.0.0.0/16: allow TCP 443 from 10.0.0.0/16 it's "x"
#     $(rm -rf /) `id` \ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9
#     #\\x1b[31m\x00
#   - endpoint/s3: gateway endpoint for Amazon S3 it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊
#     ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00
#   - endpoint/ecr.api: interface endpoint for ecr.api it's "x" $(rm -rf /) `id` \ ${HOME} !
#     日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00
#   - endpoint/logs: interface endpoint for logs it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊
#     ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00
#
# It modifies:
#   - vpc-attribute/dns-support: turn DNS support of the VPC on it's "x" $(rm -rf /) `id` \
#     ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00
#   - vpc-attribute/dns-hostnames: turn DNS host names of the VPC on it's "x" $(rm -rf /)
#     `id` \ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00
#
# The new resources cost about $29.20 per month, plus traffic. 2 endpoints in 2 zones at
# 0.01 USD an hour.
#
# Findings:
#   - warning G-R53DNS, it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊 ’
#     \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00: shellcheck
#     disable=SC2086 it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck
#     disable=all\r; exit 9 #\\x1b[31m\x00. Fix: it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊
#     ’ \u202e\u2028\n#shellcheck disable=all\r; exit 9 #\\x1b[31m\x00.
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

subnets=(subnet-01 subnet-02)
vpc='vpc-0a1'
account='123456789012'
region='eu-central-1'

# The script reads the answers, so the CLI must not use a pager or prompts.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

# The options, and what a dry run has instead of an id.
mode=apply json=no log_file='' unknown='not-created-yet'
# The current change: what it does, its part, its id, the variable of the id, and the list that shows it.
doing='' row='' op='' step='' id='' variable='' look_in='' cost='' before='' created=no retry_on=''
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
# (function begin)
# (function same)
# (function note)
# (function record)
# (function differ)
# (function missing)
# (function look_again)
# (function change)
# (function make_change)
# (function end_at_signal)
# (function revert)
# (function rehearse)
# (function judge)
# (function patience)
# (function wait_gone)
# (function wait_for)
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
  [['vpc-attribute/dns-support dns-attribute', (EnableDnsSupport.Value && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_attribute_2() {
  list ec2_vpc_attribute_2 '' ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id "$vpc" \
    --query "[
  [['vpc-attribute/dns-hostnames', (EnableDnsHostnames.Value && '$vpc') || 'None', 'as planned']]
][]"
}

read_ec2_security_groups() {
  list ec2_security_groups '' ec2 describe-security-groups \
    --filters "Name=vpc-id,Values=$vpc" Name=group-name,Values=endpoints \
    --query "[
  [['security-group/endpoints', (SecurityGroups[0].GroupId) || 'None', 'as planned']]
][]"
}

read_ec2_security_group_rules() {
  list ec2_security_group_rules '' ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_endpoints" \
    --query "[
  [['security-group-rule/endpoints/in/10.0.0.0/16', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/endpoints/in/10.0.0.0/16', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='its x (rm -rf /) id  {HOME} ! 日本   #shellcheck disable=all; exit 9 #'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '10.0.0.0/16', '', '', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['security-group-rule/endpoints/in/10.0.0.0/16 group-rule', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_endpoints() {
  local needs_1="(State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)'"
  local needs_2="IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], '${subnets[0]}') && contains([SubnetIds][], '${subnets[1]}') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', '${subnets[0]}', ', ', '${subnets[1]}', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)'"
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].['endpoint/s3', VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-01') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-01', ')']),
    $needs_1,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.ecr.api' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/ecr.api', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.logs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/logs', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]],
  VpcEndpoints[].['interfaces', VpcEndpointId, (to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], '${subnets[0]}') && contains([SubnetIds][], '${subnets[1]}') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', '${subnets[0]}', ',', '${subnets[1]}', ')'])],
  VpcEndpoints[].['private-dns', VpcEndpointId, PrivateDnsEnabled && 'yes' || 'no'],
  VpcEndpoints[].['group-attached', VpcEndpointId, Groups[?GroupId=='$id_security_group_endpoints'] && 'yes' || 'no']
][]"
}

read_ec2_route_tables() {
  list ec2_route_tables '' ec2 describe-route-tables \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/s3 route', (RouteTables[?RouteTableId=='rtb-01'].Routes[] | [?State=='active' && GatewayId=='$id_endpoint_s3'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_network_acls() {
  list ec2_network_acls '' ec2 describe-network-acls \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/ecr.api network-acl', (NetworkAcls[?Associations[?SubnetId=='${subnets[0]}']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']]
][]"
}

# --- Undo ---
# Reverts what this script created or added, the last change first. Nothing else is touched.
undo_changes() {
  doing='reverting what this script created'
  some_recorded
  recorded id_vpc_attribute_dns_support vpc-attribute/dns-support
  recorded id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames
  recorded id_security_group_endpoints security-group/endpoints
  recorded id_security_group_rule_endpoints_in_10_0_0_0_16 security-group-rule/endpoints/in/10.0.0.0/16
  recorded id_endpoint_s3 endpoint/s3
  recorded id_endpoint_ecr_api endpoint/ecr.api
  recorded id_endpoint_logs endpoint/logs
  if mine id_endpoint_logs endpoint/logs ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_logs" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_ecr_api endpoint/ecr.api ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_ecr_api" \
      --query "$unsuccessful"
    reverted
  fi
  wait_gone ec2_vpc_endpoints state deleted '' 900 5 \
    endpoint/logs "$id_endpoint_logs" \
    endpoint/ecr.api "$id_endpoint_ecr_api"
  if mine id_endpoint_s3 endpoint/s3 ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_s3" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_security_group_rule_endpoints_in_10_0_0_0_16 security-group-rule/endpoints/in/10.0.0.0/16 ec2_security_group_rules; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id "$id_security_group_endpoints" \
      --ip-permissions 'FromPort=443,IpProtocol=tcp,IpRanges=[{CidrIp=10.0.0.0/16}],ToPort=443'
    reverted
  fi
  if mine id_security_group_endpoints security-group/endpoints ec2_security_groups; then
    revert InvalidGroup.NotFound DependencyViolation ec2 delete-security-group \
      --group-id "$id_security_group_endpoints"
    reverted
  fi
  if mine id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames ec2_vpc_attribute_2; then
    revert '' DependencyViolation ec2 modify-vpc-attribute \
      --enable-dns-hostnames Value=false \
      --vpc-id "$vpc" \
      --query "'$vpc'"
    reverted
  fi
  if mine id_vpc_attribute_dns_support vpc-attribute/dns-support ec2_vpc_attribute; then
    revert '' DependencyViolation ec2 modify-vpc-attribute \
      --enable-dns-support Value=false \
      --vpc-id "$vpc" \
      --query "'$vpc'"
    reverted
  fi
  wait_gone ec2_vpc_endpoints state deleted '' 900 5 \
    endpoint/s3 "$id_endpoint_s3"
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
plan="$account $region vpc-0a1 ecs-fargate"
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
id_security_group_endpoints=$unknown
id_security_group_rule_endpoints_in_10_0_0_0_16=$unknown
id_endpoint_s3=$unknown
id_endpoint_ecr_api=$unknown
id_endpoint_logs=$unknown
read_ec2_vpc_attribute
place id_vpc_attribute_dns_support ec2_vpc_attribute vpc-attribute/dns-support
read_ec2_vpc_attribute_2
place id_vpc_attribute_dns_hostnames ec2_vpc_attribute_2 vpc-attribute/dns-hostnames
read_ec2_security_groups
place id_security_group_endpoints ec2_security_groups security-group/endpoints
read_ec2_security_group_rules
place id_security_group_rule_endpoints_in_10_0_0_0_16 ec2_security_group_rules security-group-rule/endpoints/in/10.0.0.0/16
read_ec2_vpc_endpoints
place id_endpoint_s3 ec2_vpc_endpoints endpoint/s3
place id_endpoint_ecr_api ec2_vpc_endpoints endpoint/ecr.api
place id_endpoint_logs ec2_vpc_endpoints endpoint/logs

# --- vpc-attribute/dns-support ---
# Why: it's "x" $(rm -rf /) `id` \ ${HOME} ! 日本 🦊 ’ \u202e\u2028\n#shellcheck disable=all\r;
# exit 9 #\\x1b[31m\x00
# Rules: G-DNSATTR
begin changed vpc-attribute/dns-support $'turn DNS support of the VPC on it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
if missing id_vpc_attribute_dns_support ec2_vpc_attribute; then
  change '' no ec2 modify-vpc-attribute \
    --enable-dns-support Value=true \
    --vpc-id "$vpc" \
    --query "'$vpc'"
fi

# --- vpc-attribute/dns-hostnames ---
# Rules: G-DNSATTR
begin changed vpc-attribute/dns-hostnames $'turn DNS host names of the VPC on it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
if missing id_vpc_attribute_dns_hostnames ec2_vpc_attribute_2; then
  change '' no ec2 modify-vpc-attribute \
    --enable-dns-hostnames Value=true \
    --vpc-id "$vpc" \
    --query "'$vpc'"
fi

# --- security-group/endpoints ---
begin created security-group/endpoints $'make a security group for the endpoints it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
if missing id_security_group_endpoints ec2_security_groups; then
  change InvalidGroup.Duplicate yes ec2 create-security-group \
    --description "a 'b' \$c \`d\` \\e" \
    --group-name endpoints \
    --tag-specifications "[{\"ResourceType\":\"security-group\",\"Tags\":[{\"Key\":\"\\u0024(touch x)\\u0027\",\"Value\":\"1\"},{\"Key\":\"Name\",\"Value\":\"it\\u0027s \\\"x\\\" \\u0024(rm -rf /) \\u0060id\\u0060 \\\\ \\u0024{HOME} ! 日本 🦊 \\u2019 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\\"}]}]" \
    --vpc-id "$vpc" \
    --query GroupId
fi

# --- security-group-rule/endpoints/in/10.0.0.0/16 ---
# Rules: G-SG443
begin created security-group-rule/endpoints/in/10.0.0.0/16 $'allow TCP 443 from 10.0.0.0/16 it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
if missing id_security_group_rule_endpoints_in_10_0_0_0_16 ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "$id_security_group_endpoints" \
    --ip-permissions "[{\"FromPort\":443,\"IpProtocol\":\"tcp\",\"IpRanges\":[{\"CidrIp\":\"10.0.0.0/16\",\"Description\":\"it\\u0027s \\\"x\\\" \\u0024(rm -rf /) \\u0060id\\u0060 \\\\ \\u0024{HOME} ! 日本 🦊 \\u2019 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\\"}],\"ToPort\":443}]" \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- endpoint/s3 ---
# Rules: G-GWROUTE
begin created endpoint/s3 $'gateway endpoint for Amazon S3 it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
if missing id_endpoint_s3 ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-5" \
    --route-table-ids rtb-01 \
    --service-name "com.amazonaws.$region.s3" \
    --tag-specifications 'ResourceType=vpc-endpoint,Tags=[{Key=team,Value=payments}]' \
    --vpc-endpoint-type Gateway \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

wait_for ec2_vpc_endpoints state available 'failed rejected expired deleting deleted partial pendingAcceptance' 600 2 \
  endpoint/s3 "$id_endpoint_s3"

# --- endpoint/ecr.api ---
# Rules: E-ECRPAIR
# Value of --policy-document for aws ec2 create-vpc-endpoint below:
IFS= read -r -d '' text_1 <<'JSON' || true
{
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*",
      "Condition": {
        "StringEquals": {
          "aws:PrincipalTag/a": "${aws:username}'s"
        }
      }
    }
  ]
}
JSON
begin created endpoint/ecr.api $'interface endpoint for ecr.api it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00' 14.60
if missing id_endpoint_ecr_api ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-6" \
    --ip-address-type ipv4 \
    --policy-document "$text_1" \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.ecr.api" \
    --subnet-ids "${subnets[@]}" \
    --tag-specifications "[{\"ResourceType\":\"vpc-endpoint\",\"Tags\":[{\"Key\":\"Name\",\"Value\":\"it\\u0027s \\\"x\\\" \\u0024(rm -rf /) \\u0060id\\u0060 \\\\ \\u0024{HOME} ! 日本 🦊 \\u2019 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\\"}]}]" \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/logs ---
# Rules: E-ECRPAIR
begin created endpoint/logs $'interface endpoint for logs it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00' 14.60
if missing id_endpoint_logs ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-7" \
    --ip-address-type ipv4 \
    --policy-document "$text_1" \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.logs" \
    --subnet-ids "${subnets[@]}" \
    --tag-specifications "[{\"ResourceType\":\"vpc-endpoint\",\"Tags\":[{\"Key\":\"Name\",\"Value\":\"it\\u0027s \\\"x\\\" \\u0024(rm -rf /) \\u0060id\\u0060 \\\\ \\u0024{HOME} ! 日本 🦊 \\u2019 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\\"}]}]" \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
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
  endpoint/ecr.api "$id_endpoint_ecr_api" \
  endpoint/logs "$id_endpoint_logs"

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_ec2_vpc_endpoints
  read_ec2_vpc_attribute
  read_ec2_security_group_rules
  read_ec2_route_tables
  read_ec2_network_acls
  check ec2_vpc_endpoints state "$id_endpoint_ecr_api" endpoint/ecr.api available \
    $'the endpoint is available it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints interfaces "$id_endpoint_ecr_api" endpoint/ecr.api yes \
    $'one interface in each zone it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints private-dns "$id_endpoint_ecr_api" endpoint/ecr.api yes \
    $'private DNS is on it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints group-attached "$id_endpoint_ecr_api" endpoint/ecr.api yes \
    $'the security group is attached it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints state "$id_endpoint_logs" endpoint/logs available \
    $'the endpoint is available it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints interfaces "$id_endpoint_logs" endpoint/logs yes \
    $'one interface in each zone it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints private-dns "$id_endpoint_logs" endpoint/logs yes \
    $'private DNS is on it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints group-attached "$id_endpoint_logs" endpoint/logs yes \
    $'the security group is attached it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_attribute 'vpc-attribute/dns-support dns-attribute' vpc-attribute/dns-support yes \
    $'DNS support is on it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_security_group_rules 'security-group-rule/endpoints/in/10.0.0.0/16 group-rule' security-group-rule/endpoints/in/10.0.0.0/16 yes \
    $'TCP 443 is allowed it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_vpc_endpoints state "$id_endpoint_s3" endpoint/s3 available \
    $'the endpoint is available it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check ec2_route_tables 'endpoint/s3 route' endpoint/s3 yes \
    $'the route table leads there it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
  check_acl ec2_network_acls 'endpoint/ecr.api network-acl' endpoint/ecr.api \
    $'the network ACL allows the traffic it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00' \
    'out 443-443 10.0.1.0/24' \
    'in 32768-60999 10.0.1.0/24 2001:db8::/64'
  not_verified endpoint/ecr.api \
    $'a task resolves the name to the endpoint it\'s "x" $(rm -rf /) `id` \\ ${HOME} ! 日本 🦊 \342\200\231 \\u202e\\u2028\\n#shellcheck disable=all\\r; exit 9 #\\\\x1b[31m\\x00'
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
