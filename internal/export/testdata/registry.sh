#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: us-east-1
# VPC: prod (vpc-1)
#
# It creates:
#   - security-group/endpoints: Create a security group for the endpoints
#   - security-group-rule/endpoints/in/sg-app: Allow TCP 443 from security group app
#     (sg-app) to the endpoints' group
#   - endpoint/secretsmanager: Create the secretsmanager interface endpoint in us-east-1a,
#     us-east-1b, us-east-1c
#   - endpoint/logs: Create the logs interface endpoint in us-east-1a, us-east-1b,
#     us-east-1c
#   - role-policy/app-execution: Allow role app-execution to read the secret, with inline
#     policy privatelink-wizard-registry
#   - task-definition/web: Register a new revision of web:7 with registry credentials for
#     container web
#
# It modifies:
#   - secret/registry: Put the credentials of team into secret prod/registry as a new
#     version
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is enabled for the VPC
#   - vpc-attribute/dns-hostnames: DNS hostnames are enabled for the VPC
#
# The new resources cost about $43.80 per month, plus traffic. $43.80 for 6 endpoint
# interfaces (730 hours at $0.01 each); in addition $0.01 per GB of traffic through
# interface endpoints; prices of us-east-1, table of this program, checked on 2026-11-29;
# interface endpoints are billed per hour, Availability Zone and GB while they exist;
# gateway endpoints are free.
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
# Input for the CLI is UTF-8 in every locale.
export PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8
# An environment may contain variables with the names of those that contain secrets below.
# Bash would pass their new values to all programs.
export -n password input value reply

# The options, and what a dry run has instead of an id.
mode=apply json=no log_file='' unknown='not-created-yet'
# The current change: what it does, its part, its id, the variable of the id, and the list that shows it.
doing='' row='' op='' step='' id='' variable='' look_in='' cost='' before='' created=no other='' retry_on='' password=''
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
# (function seen)
# (function running)
# (function completed)
# (function look)
# (function seek)
# (function holds)
# (function draft)
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
# (function verify)
# (function check)
# (function check_found)
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
# (function credentials)
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

read_ec2_security_groups() {
  list ec2_security_groups '' ec2 describe-security-groups \
    --filters "Name=vpc-id,Values=$vpc" Name=group-name,Values=privatelink-wizard-endpoints \
    --query "[
  [['security-group/endpoints', (SecurityGroups[0].GroupId) || 'None', 'as planned']]
][]"
}

read_ec2_security_group_rules() {
  list ec2_security_group_rules '' ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_endpoints" \
    --query "[
  [['security-group-rule/endpoints/in/sg-app', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-app'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/endpoints/in/sg-app', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='HTTPS from the workload'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-app' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '', '', 'sg-app', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['endpoint/secretsmanager group-rule', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-app'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_endpoints() {
  local needs_1="(State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && contains([SubnetIds][], 'subnet-c') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ', ', 'subnet-c', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)'"
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.secretsmanager' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/secretsmanager', VpcEndpointId, join(', ', [
    $needs_1,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'secretsmanager:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.logs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/logs', VpcEndpointId, join(', ', [
    $needs_1,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]],
  VpcEndpoints[].['interfaces', VpcEndpointId, (to_string(length([SubnetIds][]))=='3' && to_string(length([NetworkInterfaceIds][]))=='3' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && contains([SubnetIds][], 'subnet-c') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ',', 'subnet-c', ')'])],
  VpcEndpoints[].['private-dns', VpcEndpointId, PrivateDnsEnabled && 'yes' || 'no'],
  VpcEndpoints[].['group-attached', VpcEndpointId, Groups[?GroupId=='$id_security_group_endpoints'] && 'yes' || 'no']
][]"
}

read_secretsmanager_secret() {
  list secretsmanager_secret ResourceNotFoundException secretsmanager describe-secret \
    --secret-id "arn:aws:secretsmanager:$region:$account:secret:prod/registry-AbCdEf" \
    --query "[
  [['secret/registry', (!DeletedDate && VersionIdsToStages.w786933ad5f8a10dc98ee8d3fe5ca22cc6d3f029 && ARN) || 'None', 'as planned']],
  [['secret/registry', '-', (join('; ', [([@][?ARN].[Name, join(', ', [
    !DeletedDate || 'it is scheduled for deletion (plan: it is not)',
    VersionIdsToStages.\"0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\"[?@=='AWSCURRENT'] || 'another version is current (plan: 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9)'][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_iam_role_policy() {
  list iam_role_policy NoSuchEntity iam get-role-policy \
    --policy-name privatelink-wizard-registry \
    --role-name app-execution \
    --query "[
  [['role-policy/app-execution', ((PolicyDocument.Statement[?Sid=='PrivateLinkWizardSecret369d631e']) && PolicyName) || 'None', 'as planned']],
  [['role-policy/app-execution', '-', (join('; ', [([@][?PolicyName].[PolicyName, join(', ', [
    (PolicyDocument.Statement[?Sid=='PrivateLinkWizardSecret369d631e']) || join('', ['it has other statements: ', join(', ', [PolicyDocument.Statement][].Sid), ' (plan: those of PrivateLink Wizard)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_ecs_task_definition() {
  list ecs_task_definition ClientException ecs describe-task-definition \
    --task-definition web \
    --query "[
  [['task-definition/web', ((taskDefinition.containerDefinitions[?name=='web' && repositoryCredentials.credentialsParameter=='$id_secret_registry']) && taskDefinition.taskDefinitionArn) || 'None', 'as planned']]
][]"
}

read_ec2_security_group_rules_2() {
  list ec2_security_group_rules_2 '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-app \
    --query "[
  [['endpoint/secretsmanager group-rule', (SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_network_acls() {
  list ec2_network_acls '' ec2 describe-network-acls \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/secretsmanager network-acl', (NetworkAcls[?Associations[?SubnetId=='subnet-a']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']],
  [['endpoint/secretsmanager network-acl 2', (NetworkAcls[?Associations[?SubnetId=='subnet-b']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']],
  [['endpoint/secretsmanager network-acl 3', (NetworkAcls[?Associations[?SubnetId=='subnet-c']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']]
][]"
}

read_secretsmanager_secret_2() {
  list secretsmanager_secret_2 '' secretsmanager describe-secret \
    --secret-id "$id_secret_registry" \
    --query "[
  [['secret/registry secret', (!DeletedDate && ARN && VersionIdsToStages.w786933ad5f8a10dc98ee8d3fe5ca22cc6d3f029[?@=='AWSCURRENT'] && 'yes' || 'no') || 'None']]
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
  recorded id_security_group_rule_endpoints_in_sg_app security-group-rule/endpoints/in/sg-app
  recorded id_endpoint_secretsmanager endpoint/secretsmanager
  recorded id_endpoint_logs endpoint/logs
  recorded id_secret_registry secret/registry
  recorded id_role_policy_app_execution role-policy/app-execution
  recorded id_task_definition_web task-definition/web
  if mine id_task_definition_web task-definition/web ecs_task_definition; then
    revert '' DependencyViolation ecs deregister-task-definition \
      --task-definition "$id_task_definition_web"
    say '  AWS keeps the new revision of task definition web as INACTIVE. No new task or job can use it.'
    reverted
  fi
  if mine id_role_policy_app_execution role-policy/app-execution iam_role_policy; then
    revert NoSuchEntity DependencyViolation iam delete-role-policy \
      --policy-name privatelink-wizard-registry \
      --role-name app-execution
    reverted
  fi
  if mine id_secret_registry secret/registry 1; then
    revert '' DependencyViolation secretsmanager update-secret-version-stage \
      --move-to-version-id 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 \
      --remove-from-version-id w786933ad5f8a10dc98ee8d3fe5ca22cc6d3f029 \
      --secret-id "arn:aws:secretsmanager:$region:$account:secret:prod/registry-AbCdEf" \
      --version-stage AWSCURRENT
    say '  The version with the new credentials stays in the secret, as a version that is not used.'
    reverted
  fi
  if mine id_endpoint_logs endpoint/logs ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_logs" \
      --query "$unsuccessful"
    reverted
  fi
  if mine id_endpoint_secretsmanager endpoint/secretsmanager ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_secretsmanager" \
      --query "$unsuccessful"
    reverted
  fi
  wait_gone ec2_vpc_endpoints state deleted '' 900 5 \
    endpoint/logs "$id_endpoint_logs" \
    endpoint/secretsmanager "$id_endpoint_secretsmanager"
  if mine id_security_group_rule_endpoints_in_sg_app security-group-rule/endpoints/in/sg-app ec2_security_group_rules; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id "$id_security_group_endpoints" \
      --ip-permissions 'FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=sg-app}]'
    reverted
  fi
  if mine id_security_group_endpoints security-group/endpoints ec2_security_groups; then
    revert InvalidGroup.NotFound DependencyViolation ec2 delete-security-group \
      --group-id "$id_security_group_endpoints"
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
plan="$account $region vpc-1 ecs-fargate"
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
id_security_group_rule_endpoints_in_sg_app=$unknown
id_endpoint_secretsmanager=$unknown
id_endpoint_logs=$unknown
id_secret_registry=$unknown
id_role_policy_app_execution=$unknown
id_task_definition_web=$unknown
read_ec2_vpc_attribute
place id_vpc_attribute_dns_support ec2_vpc_attribute vpc-attribute/dns-support
read_ec2_vpc_attribute_2
place id_vpc_attribute_dns_hostnames ec2_vpc_attribute_2 vpc-attribute/dns-hostnames
read_ec2_security_groups
place id_security_group_endpoints ec2_security_groups security-group/endpoints
read_ec2_security_group_rules
place id_security_group_rule_endpoints_in_sg_app ec2_security_group_rules security-group-rule/endpoints/in/sg-app
read_ec2_vpc_endpoints
place id_endpoint_secretsmanager ec2_vpc_endpoints endpoint/secretsmanager
place id_endpoint_logs ec2_vpc_endpoints endpoint/logs
read_secretsmanager_secret
place id_secret_registry secretsmanager_secret secret/registry
read_iam_role_policy
place id_role_policy_app_execution iam_role_policy role-policy/app-execution
read_ecs_task_definition
place id_task_definition_web ecs_task_definition task-definition/web

# --- Existing resources that the plan keeps ---
keep id_vpc_attribute_dns_support vpc-attribute/dns-support 'DNS support is enabled for the VPC' vpc-1
keep id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames 'DNS hostnames are enabled for the VPC' vpc-1

# --- security-group/endpoints ---
# Why: The endpoints' network interfaces need a security group that allows TCP 443 from the
# workload. A separate group leaves existing groups unchanged.
# Rules: G-SG443
begin created security-group/endpoints 'Create a security group for the endpoints'
if missing id_security_group_endpoints ec2_security_groups; then
  change InvalidGroup.Duplicate yes ec2 create-security-group \
    --description 'HTTPS to VPC endpoints, made by PrivateLink Wizard' \
    --group-name privatelink-wizard-endpoints \
    --tag-specifications 'ResourceType=security-group,Tags=[{Key=ManagedBy,Value=privatelink-wizard},{Key=Name,Value=privatelink-wizard-endpoints}]' \
    --vpc-id "$vpc" \
    --query GroupId
fi

# --- security-group-rule/endpoints/in/sg-app ---
# Why: Endpoints listen on TCP 443, and a security group without rules allows no inbound
# traffic.
# Rules: G-SG443
begin created security-group-rule/endpoints/in/sg-app "Allow TCP 443 from security group app (sg-app) to the endpoints' group"
if missing id_security_group_rule_endpoints_in_sg_app ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "$id_security_group_endpoints" \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","ToPort":443,"UserIdGroupPairs":[{"Description":"HTTPS from the workload","GroupId":"sg-app"}]}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- endpoint/secretsmanager ---
# Why: Used for secrets and registry credentials. Tasks read secrets from Secrets Manager
# when they start. Found: the credentials of a private registry are read from secretsmanager
# secret:prod/registry-AbCdEf. The subnets have internet access, so it is optional. With the
# endpoint, the traffic stays inside AWS. Ping does not test an interface endpoint: test TCP
# 443. Each endpoint provides 10 Gbps per Availability Zone and scales up to 100 Gbps, with
# packets of up to 8,500 bytes.
# Rules: G-TYPE, E-SECRETS, R-SMEP
begin created endpoint/secretsmanager 'Create the secretsmanager interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
if missing id_endpoint_secretsmanager ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-5" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.secretsmanager" \
    --subnet-ids subnet-a subnet-b subnet-c \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard secretsmanager"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/logs ---
# Why: Used for CloudWatch Logs and the awslogs driver. Tasks write to CloudWatch Logs.
# Without a connection to it they may not start, or lose their logs. Found: container web of
# web:7.
# Rules: G-TYPE, E-LOGS
begin created endpoint/logs 'Create the logs interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
if missing id_endpoint_logs ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-6" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.logs" \
    --subnet-ids subnet-a subnet-b subnet-c \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard logs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- secret/registry ---
# Why: A definition must not contain credentials. Amazon ECS reads them from this secret
# when it pulls the image. Rotation stays off: the rotation that AWS offers does not change
# the password at the registry. The current version becomes the previous version.
begin changed secret/registry 'Put the credentials of team into secret prod/registry as a new version'
if running id_secret_registry secretsmanager_secret secret/registry; then
  say '  add the credentials as a new version'
  seen id_secret_registry secretsmanager_secret secret/registry
  if [[ -z $id && $mode == apply ]]; then
    credentials team 'What is the password of team at the registry?'
    if holds secretsmanager get-secret-value \
      --secret-id "arn:aws:secretsmanager:$region:$account:secret:prod/registry-AbCdEf" \
      --query SecretString; then
      id=arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf
      unchanged="$unchanged $row"
    fi
  fi
  if [[ -n $id ]]; then
    say '  already done'
  else
    step=1
    credentials team 'What is the password of team at the registry?'
    change '' no secretsmanager put-secret-value \
      --client-request-token w786933ad5f8a10dc98ee8d3fe5ca22cc6d3f029 \
      --secret-id "arn:aws:secretsmanager:$region:$account:secret:prod/registry-AbCdEf" \
      --secret-string file:///dev/stdin \
      --query ARN
  fi
  id_secret_registry=$id
  completed id_secret_registry
fi

# --- role-policy/app-execution ---
# Why: Without secretsmanager:GetSecretValue on it, tasks stop with
# ResourceInitializationError before they start.
# Rules: R-PERM
# Value of --policy-document for aws iam put-role-policy below:
IFS= read -r -d '' text_1 <<JSON || true
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "PrivateLinkWizardSecret369d631e",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf"
    }
  ]
}
JSON
begin created role-policy/app-execution 'Allow role app-execution to read the secret, with inline policy privatelink-wizard-registry'
if missing id_role_policy_app_execution iam_role_policy; then
  change '' no iam put-role-policy \
    --policy-document "$text_1" \
    --policy-name privatelink-wizard-registry \
    --role-name app-execution \
    --query "'privatelink-wizard-registry'"
fi

# --- task-definition/web ---
# Why: It differs from its source only in repositoryCredentials.credentialsParameter, which
# references the secret by its full ARN. The old revision stays, and running tasks or jobs
# keep it.
# Rules: R-REF, R-SHAPE
begin created task-definition/web 'Register a new revision of web:7 with registry credentials for container web'
if missing id_task_definition_web ecs_task_definition; then
  draft ecs describe-task-definition \
    --include TAGS \
    --task-definition "arn:aws:ecs:$region:$account:task-definition/web:7" \
    --query "{containerDefinitions: [merge(taskDefinition.containerDefinitions[0], {repositoryCredentials: {credentialsParameter: '$id_secret_registry'}})], executionRoleArn: taskDefinition.executionRoleArn, family: taskDefinition.family}"
  change '' no ecs register-task-definition \
    --cli-input-json "file://$drafted" \
    --query taskDefinition.taskDefinitionArn
  compare ecs describe-task-definition \
    --task-definition web \
    --query "(taskDefinition.containerDefinitions[?name=='web' && repositoryCredentials.credentialsParameter=='$id_secret_registry']) && sort_by(sort([taskDefinition.taskDefinitionArn, '$id_task_definition_web']), &length(@))[-1]"
  if [[ -n $other ]]; then
    revert '' DependencyViolation ecs deregister-task-definition \
      --task-definition "$id_task_definition_web"
    other_kept
  fi
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
  endpoint/secretsmanager "$id_endpoint_secretsmanager" \
  endpoint/logs "$id_endpoint_logs"

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_ec2_vpc_attribute
  read_ec2_vpc_attribute_2
  read_ec2_vpc_endpoints
  read_ec2_security_group_rules
  read_ec2_security_group_rules_2
  read_ec2_network_acls
  read_secretsmanager_secret_2
  read_iam_role_policy
  read_ecs_task_definition
  check ec2_vpc_attribute 'vpc-attribute/dns-support dns-attribute' vpc-attribute/dns-support yes \
    'DNS support is enabled for the VPC'
  check ec2_vpc_attribute_2 'vpc-attribute/dns-hostnames dns-attribute' vpc-attribute/dns-hostnames yes \
    'DNS hostnames are enabled for the VPC'
  check ec2_vpc_endpoints state "$id_endpoint_secretsmanager" endpoint/secretsmanager available \
    'endpoint secretsmanager is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_secretsmanager" endpoint/secretsmanager yes \
    'endpoint secretsmanager has an interface in us-east-1a, us-east-1b, us-east-1c'
  check ec2_vpc_endpoints private-dns "$id_endpoint_secretsmanager" endpoint/secretsmanager yes \
    'private DNS of endpoint secretsmanager is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_secretsmanager" endpoint/secretsmanager yes \
    'endpoint secretsmanager has security group privatelink-wizard-endpoints'
  check ec2_security_group_rules 'endpoint/secretsmanager group-rule' endpoint/secretsmanager yes \
    'privatelink-wizard-endpoints allows traffic from sg-app to secretsmanager (tcp 443 from sg-app)'
  check ec2_security_group_rules_2 'endpoint/secretsmanager group-rule' endpoint/secretsmanager yes \
    'app (sg-app) allows outbound TCP 443 to secretsmanager'
  check ec2_vpc_endpoints state "$id_endpoint_logs" endpoint/logs available 'endpoint logs is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_logs" endpoint/logs yes \
    'endpoint logs has an interface in us-east-1a, us-east-1b, us-east-1c'
  check ec2_vpc_endpoints private-dns "$id_endpoint_logs" endpoint/logs yes 'private DNS of endpoint logs is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_logs" endpoint/logs yes \
    'endpoint logs has security group privatelink-wizard-endpoints'
  check ec2_security_group_rules 'endpoint/secretsmanager group-rule' endpoint/logs yes \
    'privatelink-wizard-endpoints allows traffic from sg-app to logs (tcp 443 from sg-app)'
  check ec2_security_group_rules_2 'endpoint/secretsmanager group-rule' endpoint/logs yes \
    'app (sg-app) allows outbound TCP 443 to logs'
  check_acl ec2_network_acls 'endpoint/secretsmanager network-acl' endpoint/secretsmanager \
    'the network ACL of subnet app-a (subnet-a) allows the traffic between the workload and the endpoints' \
    'out 443-443 10.0.1.0/24' 'in 32768-60999 10.0.1.0/24' \
    'out 443-443 10.0.2.0/24' 'in 32768-60999 10.0.2.0/24' \
    'in 443-443 10.0.1.0/24' 'out 32768-60999 10.0.1.0/24' \
    'in 443-443 10.0.2.0/24' 'out 32768-60999 10.0.2.0/24'
  check_acl ec2_network_acls 'endpoint/secretsmanager network-acl 2' endpoint/secretsmanager \
    'the network ACL of subnet app-b (subnet-b) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/24' 'out 32768-60999 10.0.0.0/24' \
    'out 443-443 10.0.0.0/24' 'in 32768-60999 10.0.0.0/24' \
    'out 443-443 10.0.2.0/24' 'in 32768-60999 10.0.2.0/24' \
    'in 443-443 10.0.2.0/24' 'out 32768-60999 10.0.2.0/24'
  check_acl ec2_network_acls 'endpoint/secretsmanager network-acl 3' endpoint/secretsmanager \
    'the network ACL of subnet app-c (subnet-c) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/24' 'out 32768-60999 10.0.0.0/24' \
    'in 443-443 10.0.1.0/24' 'out 32768-60999 10.0.1.0/24' \
    'out 443-443 10.0.0.0/24' 'in 32768-60999 10.0.0.0/24' \
    'out 443-443 10.0.1.0/24' 'in 32768-60999 10.0.1.0/24'
  not_verified endpoint/logs \
    'Inside the VPC: that the private names resolve to the endpoint addresses and TCP 443 answers. Only a client in the VPC can test this.'
  check secretsmanager_secret_2 'secret/registry secret' secret/registry yes \
    'secret prod/registry contains the new credentials'
  check_found iam_role_policy role-policy/app-execution 'role app-execution has the new policy'
  check_found ecs_task_definition task-definition/web 'the revision of web references the secret by its full ARN'
  not_verified secret/registry 'the registry accepts these credentials; a task or job that pulls the image shows this'
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
