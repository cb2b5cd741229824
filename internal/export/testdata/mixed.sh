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
#   - security-group-rule/sg-09/in/sg-07: allow TCP 443 from sg-07
#
# It modifies:
#   - endpoint/s3: add a route table
#   - endpoint/logs: add a zone and turn private DNS on
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is on
#   - endpoint/ecr.api: keep
#
# It adds no cost.
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

subnets=(subnet-02)
vpc='vpc-0a1'
route_tables=(rtb-01)
security_groups=(sg-09)
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
# (function change)
# (function make_change)
# (function end_at_signal)
# (function revert)
# (function rehearse)
# (function judge)
# (function patience)
# (function wait_for)
# (function verify)
# (function check)
# (function conclude)
# (function some_recorded)
# (function undone)
# (function print_results)
# (function recorded)
# (function mine)
# (function reverted)
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
    EnableDnsSupport.Value || 'enableDnsSupport is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_ec2_security_group_rules() {
  list ec2_security_group_rules '' ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=${security_groups[0]}" \
    --query "[
  [['security-group-rule/${security_groups[0]}/in/sg-07', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-07'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/${security_groups[0]}/in/sg-07', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description==''].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-07' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '', '', 'sg-07', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_ec2_vpc_endpoints() {
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/s3', (VpcEndpoints[?VpcEndpointId=='vpce-01' && (State=='available' || State=='pending') && RouteTableIds[?@=='${route_tables[0]}']].VpcEndpointId | [0]) || 'None', 'as planned']],
  [['endpoint/s3', '-', (join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-01'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['endpoint/logs', (VpcEndpoints[?VpcEndpointId=='vpce-03' && (State=='available' || State=='pending') && SubnetIds[?@=='${subnets[0]}'] && Groups[?GroupId=='${security_groups[0]}'] && PrivateDnsEnabled].VpcEndpointId | [0]) || 'None', 'as planned']],
  [['endpoint/logs', '-', (join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-03'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  VpcEndpoints[?VpcEndpointId=='vpce-02' && State!='deleted'].['endpoint/ecr.api', VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]]
][]"
}

# --- Undo ---
# Reverts what this script created or added, the last change first. Nothing else is touched.
undo_changes() {
  doing='reverting what this script created'
  some_recorded
  recorded id_vpc_attribute_dns_support vpc-attribute/dns-support
  recorded id_security_group_rule_sg_09_in_sg_07 security-group-rule/sg-09/in/sg-07
  recorded id_endpoint_s3 endpoint/s3
  recorded id_endpoint_ecr_api endpoint/ecr.api
  recorded id_endpoint_logs endpoint/logs
  if mine id_endpoint_logs endpoint/logs ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 modify-vpc-endpoint \
      --no-private-dns-enabled \
      --remove-security-group-ids "${security_groups[@]}" \
      --remove-subnet-ids "${subnets[@]}" \
      --vpc-endpoint-id vpce-03
    reverted
  fi
  if mine id_endpoint_s3 endpoint/s3 ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 modify-vpc-endpoint \
      --remove-route-table-ids "${route_tables[@]}" \
      --vpc-endpoint-id vpce-01
    reverted
  fi
  if mine id_security_group_rule_sg_09_in_sg_07 security-group-rule/sg-09/in/sg-07 ec2_security_group_rules; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id "${security_groups[0]}" \
      --ip-permissions 'FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=sg-07}]'
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
id_security_group_rule_sg_09_in_sg_07=$unknown
id_endpoint_s3=$unknown
id_endpoint_ecr_api=$unknown
id_endpoint_logs=$unknown
read_ec2_vpc_attribute
place id_vpc_attribute_dns_support ec2_vpc_attribute vpc-attribute/dns-support
read_ec2_security_group_rules
place id_security_group_rule_sg_09_in_sg_07 ec2_security_group_rules security-group-rule/sg-09/in/sg-07
read_ec2_vpc_endpoints
place id_endpoint_s3 ec2_vpc_endpoints endpoint/s3
place id_endpoint_ecr_api ec2_vpc_endpoints endpoint/ecr.api
place id_endpoint_logs ec2_vpc_endpoints endpoint/logs

# --- Existing resources that the plan keeps ---
keep id_vpc_attribute_dns_support vpc-attribute/dns-support 'DNS support is on' vpc-0a1
keep id_endpoint_ecr_api endpoint/ecr.api keep vpce-02

# --- security-group-rule/sg-09/in/sg-07 ---
begin created security-group-rule/sg-09/in/sg-07 'allow TCP 443 from sg-07'
if missing id_security_group_rule_sg_09_in_sg_07 ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "${security_groups[0]}" \
    --ip-permissions 'FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=sg-07}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- endpoint/s3 ---
begin changed endpoint/s3 'add a route table'
if missing id_endpoint_s3 ec2_vpc_endpoints; then
  change '' yes ec2 modify-vpc-endpoint \
    --add-route-table-ids "${route_tables[@]}" \
    --vpc-endpoint-id vpce-01 \
    --query "'vpce-01'"
fi

# --- endpoint/logs ---
begin changed endpoint/logs 'add a zone and turn private DNS on' 7.30
if missing id_endpoint_logs ec2_vpc_endpoints; then
  change '' yes ec2 modify-vpc-endpoint \
    --add-security-group-ids "${security_groups[@]}" \
    --add-subnet-ids "${subnets[@]}" \
    --private-dns-enabled \
    --vpc-endpoint-id vpce-03 \
    --query "'vpce-03'"
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
  endpoint/ecr.api "$id_endpoint_ecr_api" \
  endpoint/logs "$id_endpoint_logs"

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_ec2_vpc_endpoints
  check ec2_vpc_endpoints state "$id_endpoint_ecr_api" endpoint/ecr.api available 'the endpoint is available'
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
