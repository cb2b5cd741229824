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
id_security_group_rule_sg_09_in_sg_07=$unknown
id_endpoint_s3=$unknown
id_endpoint_ecr_api=$unknown
id_endpoint_logs=$unknown
find_1() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-0a1 \
    --query "[
  [EnableDnsSupport.Value && 'vpc-0a1'],
  [join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsSupport.Value || 'enableDnsSupport is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_vpc_attribute_dns_support vpc-attribute/dns-support 1 1 vpc-0a1
}
find_2() {
  survey '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-09 \
    --query "[
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-07'] | [0].SecurityGroupRuleId],
  [join('; ', [(SecurityGroupRules[?!IsEgress && Description==''].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-07' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '', '', 'sg-07', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_security_group_rule_sg_09_in_sg_07 security-group-rule/sg-09/in/sg-07 1 1
}
find_3() {
  survey '' ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [VpcEndpoints[?VpcEndpointId=='vpce-01' && (State=='available' || State=='pending') && RouteTableIds[?@=='rtb-01']].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-01'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?VpcEndpointId=='vpce-02' && State!='deleted'
    && (State=='available' || State=='pending')].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-02' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?VpcEndpointId=='vpce-03' && (State=='available' || State=='pending') && SubnetIds[?@=='subnet-02'] && Groups[?GroupId=='sg-09'] && PrivateDnsEnabled].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-03'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_endpoint_s3 endpoint/s3 1 3
  place id_endpoint_ecr_api endpoint/ecr.api 2 3 vpce-02
  place id_endpoint_logs endpoint/logs 3 3
}
find_1
find_2
find_3

# --- vpc-attribute/dns-support ---
# DNS support is on.
begin vpc-attribute/dns-support 'DNS support is on'
recall id_vpc_attribute_dns_support find_1
if [[ -n $id ]]; then
  same
else
  deleted vpc-0a1
fi
id_vpc_attribute_dns_support=$id

# --- security-group-rule/sg-09/in/sg-07 ---
# allow TCP 443 from sg-07.
begin security-group-rule/sg-09/in/sg-07 'allow TCP 443 from sg-07'
recall id_security_group_rule_sg_09_in_sg_07 find_2
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_security_group_rule_sg_09_in_sg_07 find_2; }
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id sg-09 \
    --ip-permissions 'FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=sg-07}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_security_group_rule_sg_09_in_sg_07=$id

# --- endpoint/s3 ---
# add a route table.
begin endpoint/s3 'add a route table'
recall id_endpoint_s3 find_3
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_s3 find_3; }
  change '' yes ec2 modify-vpc-endpoint \
    --add-route-table-ids rtb-01 \
    --vpc-endpoint-id vpce-01 \
    --query "'vpce-01'"
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_s3=$id

# --- endpoint/ecr.api ---
# keep.
begin endpoint/ecr.api keep
recall id_endpoint_ecr_api find_3
if [[ -n $id ]]; then
  same
else
  deleted vpce-02
fi
id_endpoint_ecr_api=$id

# --- endpoint/logs ---
# add a zone and turn private DNS on.
begin endpoint/logs 'add a zone and turn private DNS on' 7.30
recall id_endpoint_logs find_3
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_logs find_3; }
  change '' yes ec2 modify-vpc-endpoint \
    --add-security-group-ids sg-09 \
    --add-subnet-ids subnet-02 \
    --private-dns-enabled \
    --vpc-endpoint-id vpce-03 \
    --query "'vpce-03'"
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
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api'].State | [0]]
]"
  claim 1 1 endpoint/ecr.api available 'the endpoint is available'
}

verify measure 2 4 4 4 4 4 4 4 4 4 4 4

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
result security-group-rule/sg-09/in/sg-07 "$id_security_group_rule_sg_09_in_sg_07"
result endpoint/s3 "$id_endpoint_s3"
result endpoint/ecr.api "$id_endpoint_ecr_api"
result endpoint/logs "$id_endpoint_logs"
doing=''
if [[ $failed -gt 0 ]]; then
  stop 1 "All changes are applied, but the verification failed. Claims that do not hold: $failed"
fi
if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
