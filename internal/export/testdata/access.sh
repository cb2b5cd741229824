#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For mwaa, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: main (vpc-0a1)
#
# It creates:
#   - security-group/load-balancer: Group
#   - security-group-rule/load-balancer/in/10.0.0.0/16: Allow the VPC
#   - certificate/airflow.example.com: Import
#   - certificate/new.example.com: Request
#   - target-group/airflow-nightly: Target group
#   - targets/airflow-nightly: Targets
#   - load-balancer/airflow-nightly: Load balancer
#   - listener/airflow-nightly: Listener
#   - certificate/zone.example.com: Request a certificate
#   - record/airflow.example.com: Create a record
#   - nat-gateway/regional: Create a regional NAT gateway
#
# It modifies:
#   - security-group-rule/sg-07/in/load-balancer: Allow the load balancer
#
# It adds no cost.
#
# It finds each resource before it creates it, so it can be run again at any time. It never
# deletes, replaces or restricts what it did not create. It needs bash 3.2 or newer and the
# AWS CLI, version 1 or 2, for regional NAT gateways at least 1.43.0 or 2.32.0.
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

vpc='vpc-0a1'
account='123456789012'
region='eu-central-1'
certificate_file=cert.pem # its current path
private_key_file=key.pem  # its current path

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
# (function seen)
# (function running)
# (function completed)
# (function look)
# (function seek)
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
# (function await)
# (function wait_one)
# (function verify)
# (function check)
# (function check_found)
# (function conclude)
# (function some_recorded)
# (function undone)
# (function print_results)
# (function recorded)
# (function mine)
# (function reverted)
# (function new_cli)
# --- What the script reads from the account ---
# Each function reads one list, and only again after a change. An answer has one line for
# each row of the query: the name of the row and its values.

read_ec2_security_groups() {
  list ec2_security_groups '' ec2 describe-security-groups \
    --filters "Name=vpc-id,Values=$vpc" Name=group-name,Values=load-balancer \
    --query "[
  [['security-group/load-balancer', (SecurityGroups[0].GroupId) || 'None', 'as planned']]
][]"
}

read_ec2_security_group_rules() {
  list ec2_security_group_rules '' ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_load_balancer" \
    --query "[
  [['security-group-rule/load-balancer/in/10.0.0.0/16', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/load-balancer/in/10.0.0.0/16', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='Users of the Airflow web server'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '10.0.0.0/16', '', '', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_ec2_security_group_rules_2() {
  list ec2_security_group_rules_2 '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-07 \
    --query "[
  [['security-group-rule/sg-07/in/load-balancer', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='$id_security_group_load_balancer'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/sg-07/in/load-balancer', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='Airflow web server, by the load balancer'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='$id_security_group_load_balancer' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '', '', '$id_security_group_load_balancer', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_acm_certificates() {
  list acm_certificates '' acm list-certificates \
    --certificate-statuses ISSUED \
    --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
    --query "[
  [['certificate/airflow.example.com', (CertificateSummaryList[?Type=='IMPORTED' && (DomainName=='airflow.example.com' || DomainName=='*.example.com' || SubjectAlternativeNameSummaries[?@=='airflow.example.com' || @=='*.example.com'])].CertificateArn | [0]) || 'None', 'as planned']]
][]"
}

read_acm_certificates_2() {
  list acm_certificates_2 '' acm list-certificates \
    --certificate-statuses ISSUED PENDING_VALIDATION \
    --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
    --query "[
  [['certificate/new.example.com', (CertificateSummaryList[?Type=='AMAZON_ISSUED' && (DomainName=='new.example.com' || DomainName=='*.example.com' || SubjectAlternativeNameSummaries[?@=='new.example.com' || @=='*.example.com'])].CertificateArn | [0]) || 'None', 'as planned']],
  [['certificate/zone.example.com', (CertificateSummaryList[?Type=='AMAZON_ISSUED' && (DomainName=='zone.example.com' || DomainName=='*.example.com' || SubjectAlternativeNameSummaries[?@=='zone.example.com' || @=='*.example.com'])].CertificateArn | [0]) || 'None', 'as planned']]
][]"
}

read_elbv2_target_groups() {
  list elbv2_target_groups TargetGroupNotFound elbv2 describe-target-groups \
    --names airflow-nightly \
    --query "[
  [['target-group/airflow-nightly', (TargetGroups[?TargetGroupArn
    && Protocol=='HTTPS'
    && to_string(Port)=='443'
    && TargetType=='ip'
    && VpcId=='$vpc'].TargetGroupArn | [0]) || 'None', 'as planned']],
  [['target-group/airflow-nightly', '-', (join('; ', [(TargetGroups[?TargetGroupArn].[TargetGroupArn, join(', ', [
    Protocol=='HTTPS' || join('', ['protocol ', Protocol || '', ' (plan: HTTPS)']),
    to_string(Port)=='443' || join('', ['port ', to_string(Port), ' (plan: 443)']),
    TargetType=='ip' || join('', ['target type ', TargetType || '', ' (plan: ip)']),
    VpcId=='$vpc' || join('', ['VPC ', VpcId || '', ' (plan: ', '$vpc', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_elbv2_target_health() {
  list elbv2_target_health '' elbv2 describe-target-health \
    --target-group-arn "$id_target_group_airflow_nightly" \
    --query "[
  [['targets/airflow-nightly', (TargetHealthDescriptions[?Target.Id=='10.0.0.9' && TargetHealth.State!='draining'] && TargetHealthDescriptions[?Target.Id=='10.0.1.9' && TargetHealth.State!='draining'] && '$id_target_group_airflow_nightly') || 'None', 'as planned']]
][]"
}

read_elbv2_load_balancers() {
  list elbv2_load_balancers LoadBalancerNotFound elbv2 describe-load-balancers \
    --names airflow-nightly \
    --query "[
  [['load-balancer/airflow-nightly', (LoadBalancers[?LoadBalancerArn
    && Scheme=='internal'
    && Type=='application'
    && State.Code!='failed'
    && contains([AvailabilityZones[].SubnetId][], 'subnet-01') && contains([AvailabilityZones[].SubnetId][], 'subnet-02')
    && contains([SecurityGroups][], '$id_security_group_load_balancer')].LoadBalancerArn | [0]) || 'None', 'as planned']],
  [['load-balancer/airflow-nightly', '-', (join('; ', [(LoadBalancers[?LoadBalancerArn].[LoadBalancerArn, join(', ', [
    Scheme=='internal' || join('', ['scheme ', Scheme || '', ' (plan: ', 'internal', ')']),
    Type=='application' || join('', ['type ', Type || '', ' (plan: application)']),
    State.Code!='failed' || join('', ['state ', State.Code, ' (plan: active)']),
    contains([AvailabilityZones[].SubnetId][], 'subnet-01') && contains([AvailabilityZones[].SubnetId][], 'subnet-02') || join('', ['subnets ', join(', ', sort([AvailabilityZones[].SubnetId][])), ' (plan: ', 'subnet-01', ', ', 'subnet-02', ')']),
    contains([SecurityGroups][], '$id_security_group_load_balancer') || join('', ['security groups ', join(', ', sort([SecurityGroups][])), ' (plan: ', '$id_security_group_load_balancer', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_elbv2_listeners() {
  list elbv2_listeners '' elbv2 describe-listeners \
    --load-balancer-arn "$id_load_balancer_airflow_nightly" \
    --query "[
  [['listener/airflow-nightly', (Listeners[?to_string(Port)=='443'
    && contains([Certificates[].CertificateArn][], '$id_certificate_airflow_example_com')
    && Protocol=='HTTPS'
    && DefaultActions[?TargetGroupArn=='$id_target_group_airflow_nightly']].ListenerArn | [0]) || 'None', 'as planned']],
  [['listener/airflow-nightly', '-', (join('; ', [(Listeners[?to_string(Port)=='443'].[ListenerArn, join(', ', [
    contains([Certificates[].CertificateArn][], '$id_certificate_airflow_example_com') || join('', ['certificates ', join(', ', sort([Certificates[].CertificateArn][])), ' (plan: ', '$id_certificate_airflow_example_com', ')']),
    Protocol=='HTTPS' || join('', ['protocol ', Protocol || '', ' (plan: HTTPS)']),
    DefaultActions[?TargetGroupArn=='$id_target_group_airflow_nightly'] || join('', ['it forwards to ', join(', ', [DefaultActions[].TargetGroupArn][]), ' (plan: ', '$id_target_group_airflow_nightly', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_route53_resource_record_sets() {
  list route53_resource_record_sets '' route53 list-resource-record-sets \
    --hosted-zone-id Z0A \
    --start-record-name airflow.example.com \
    --query "[
  [['record/airflow.example.com', (ResourceRecordSets[?Name=='airflow.example.com.' && contains(AliasTarget.DNSName || '', 'airflow-nightly-')].Name | [0]) || 'None', 'as planned']],
  [['record/airflow.example.com', '-', (join('; ', [(ResourceRecordSets[?Name=='airflow.example.com.' && (Type=='A' || Type=='CNAME')].[Name, join(', ', [
    contains(AliasTarget.DNSName || '', 'airflow-nightly-') || join('', ['it leads to ', AliasTarget.DNSName || join(', ', [ResourceRecords[].Value][]), ' (plan: load balancer ', 'airflow-nightly', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_ec2_nat_gateways() {
  list ec2_nat_gateways '' ec2 describe-nat-gateways \
    --filter "Name=vpc-id,Values=$vpc" \
    --query "[
  [['nat-gateway/regional', (sort_by(NatGateways[?(State=='available' || State=='pending') && Tags[?Key=='Name' && Value=='shop-nat'] && Tags[?Key=='ManagedBy' && Value=='privatelink-wizard']], &join(' ', [to_string(CreateTime), NatGatewayId]))[0].NatGatewayId) || 'None', 'as planned']],
  (NatGateways[].[NatGatewayId,State])[*].['state', [0], [1]],
  (NatGateways[?FailureMessage].[NatGatewayId,join(': ',[FailureCode || '',FailureMessage])])[*].['state', [0], [1]]
][]"
}

read_elbv2_load_balancers_2() {
  list elbv2_load_balancers_2 '' elbv2 describe-load-balancers \
    --load-balancer-arns "$id_load_balancer_airflow_nightly" \
    --query "[
  (LoadBalancers[].[LoadBalancerArn, State.Code])[*].['state', [0], [1]],
  (LoadBalancers[].[LoadBalancerArn, State.Reason || ''])[*].['state', [0], [1]]
][]"
}

read_acm_certificate() {
  list acm_certificate '' acm describe-certificate \
    --certificate-arn "$id_certificate_airflow_example_com" \
    --query "[
  [['certificate/airflow.example.com certificate-issued', (Certificate.Status) || 'None']]
][]"
}

read_acm_certificate_2() {
  list acm_certificate_2 '' acm describe-certificate \
    --certificate-arn "$id_certificate_new_example_com" \
    --query "[
  [['certificate/new.example.com certificate-issued', (Certificate.Status) || 'None']]
][]"
}

read_acm_certificate_3() {
  list acm_certificate_3 '' acm describe-certificate \
    --certificate-arn "$id_certificate_zone_example_com" \
    --query "[
  [['certificate/zone.example.com certificate-issued', (Certificate.Status) || 'None']]
][]"
}

# --- Undo ---
# Reverts what this script created or added, the last change first. Nothing else is touched.
undo_changes() {
  doing='reverting what this script created'
  some_recorded
  recorded id_security_group_load_balancer security-group/load-balancer
  recorded id_security_group_rule_load_balancer_in_10_0_0_0_16 security-group-rule/load-balancer/in/10.0.0.0/16
  recorded id_security_group_rule_sg_07_in_load_balancer security-group-rule/sg-07/in/load-balancer
  recorded id_certificate_airflow_example_com certificate/airflow.example.com
  recorded id_certificate_new_example_com certificate/new.example.com
  recorded id_target_group_airflow_nightly target-group/airflow-nightly
  recorded id_targets_airflow_nightly targets/airflow-nightly
  recorded id_load_balancer_airflow_nightly load-balancer/airflow-nightly
  recorded id_listener_airflow_nightly listener/airflow-nightly
  recorded id_certificate_zone_example_com certificate/zone.example.com
  recorded id_record_airflow_example_com record/airflow.example.com
  recorded id_nat_gateway_regional nat-gateway/regional
  if mine id_nat_gateway_regional nat-gateway/regional ec2_nat_gateways; then
    revert NatGatewayNotFound DependencyViolation ec2 delete-nat-gateway \
      --nat-gateway-id "$id_nat_gateway_regional"
    reverted
  fi
  if mine id_record_airflow_example_com record/airflow.example.com route53_resource_record_sets; then
    draft elbv2 describe-load-balancers \
      --load-balancer-arns "$id_load_balancer_airflow_nightly" \
      --query "{ChangeBatch: {Changes: [{Action: 'DELETE', ResourceRecordSet: {Name: 'airflow.example.com', Type: 'A', AliasTarget: {HostedZoneId: LoadBalancers[0].CanonicalHostedZoneId, DNSName: LoadBalancers[0].DNSName, EvaluateTargetHealth: Type=='none'}}}]}}"
    revert '' DependencyViolation route53 change-resource-record-sets \
      --cli-input-json "file://$drafted" \
      --hosted-zone-id Z0A \
      --query "'airflow.example.com.'"
    reverted
  fi
  if mine id_certificate_zone_example_com certificate/zone.example.com 3; then
    say '  The record that validates the domain stays in hosted zone Z0A.'
  fi
  if mine id_certificate_zone_example_com certificate/zone.example.com 1; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_zone_example_com"
    reverted
  fi
  if mine id_listener_airflow_nightly listener/airflow-nightly elbv2_listeners; then
    revert '' DependencyViolation elbv2 delete-listener \
      --listener-arn "$id_listener_airflow_nightly"
    reverted
  fi
  if mine id_load_balancer_airflow_nightly load-balancer/airflow-nightly elbv2_load_balancers; then
    revert '' DependencyViolation elbv2 delete-load-balancer \
      --load-balancer-arn "$id_load_balancer_airflow_nightly"
    reverted
  fi
  if mine id_targets_airflow_nightly targets/airflow-nightly elbv2_target_health; then
    revert '' DependencyViolation elbv2 deregister-targets \
      --target-group-arn "$id_target_group_airflow_nightly" \
      --targets Id=10.0.0.9,Port=443 Id=10.0.1.9,Port=443
    reverted
  fi
  if mine id_target_group_airflow_nightly target-group/airflow-nightly elbv2_target_groups; then
    revert '' DependencyViolation elbv2 delete-target-group \
      --target-group-arn "$id_target_group_airflow_nightly"
    reverted
  fi
  if mine id_certificate_new_example_com certificate/new.example.com 1; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_new_example_com"
    reverted
  fi
  if mine id_certificate_airflow_example_com certificate/airflow.example.com acm_certificates; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_airflow_example_com"
    reverted
  fi
  if mine id_security_group_rule_sg_07_in_load_balancer security-group-rule/sg-07/in/load-balancer ec2_security_group_rules_2; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id sg-07 \
      --ip-permissions "FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=$id_security_group_load_balancer}]"
    reverted
  fi
  if mine id_security_group_rule_load_balancer_in_10_0_0_0_16 security-group-rule/load-balancer/in/10.0.0.0/16 ec2_security_group_rules; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id "$id_security_group_load_balancer" \
      --ip-permissions 'FromPort=443,IpProtocol=tcp,IpRanges=[{CidrIp=10.0.0.0/16}],ToPort=443'
    reverted
  fi
  if mine id_security_group_load_balancer security-group/load-balancer ec2_security_groups; then
    revert InvalidGroup.NotFound DependencyViolation ec2 delete-security-group \
      --group-id "$id_security_group_load_balancer"
    reverted
  fi
  wait_gone ec2_nat_gateways state deleted '' 900 5 \
    nat-gateway/regional "$id_nat_gateway_regional"
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
plan="$account $region vpc-0a1 mwaa"
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
new_cli 1.43.0 2.32.0 'Regional NAT gateways'
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
id_security_group_load_balancer=$unknown
id_security_group_rule_load_balancer_in_10_0_0_0_16=$unknown
id_security_group_rule_sg_07_in_load_balancer=$unknown
id_certificate_airflow_example_com=$unknown
id_certificate_new_example_com=$unknown
id_target_group_airflow_nightly=$unknown
id_targets_airflow_nightly=$unknown
id_load_balancer_airflow_nightly=$unknown
id_listener_airflow_nightly=$unknown
id_certificate_zone_example_com=$unknown
id_record_airflow_example_com=$unknown
id_nat_gateway_regional=$unknown
read_ec2_security_groups
place id_security_group_load_balancer ec2_security_groups security-group/load-balancer
read_ec2_security_group_rules
place id_security_group_rule_load_balancer_in_10_0_0_0_16 ec2_security_group_rules security-group-rule/load-balancer/in/10.0.0.0/16
read_ec2_security_group_rules_2
place id_security_group_rule_sg_07_in_load_balancer ec2_security_group_rules_2 security-group-rule/sg-07/in/load-balancer
read_acm_certificates
place id_certificate_airflow_example_com acm_certificates certificate/airflow.example.com
read_acm_certificates_2
place id_certificate_new_example_com acm_certificates_2 certificate/new.example.com
place id_certificate_zone_example_com acm_certificates_2 certificate/zone.example.com
read_elbv2_target_groups
place id_target_group_airflow_nightly elbv2_target_groups target-group/airflow-nightly
read_elbv2_target_health
place id_targets_airflow_nightly elbv2_target_health targets/airflow-nightly
read_elbv2_load_balancers
place id_load_balancer_airflow_nightly elbv2_load_balancers load-balancer/airflow-nightly
read_elbv2_listeners
place id_listener_airflow_nightly elbv2_listeners listener/airflow-nightly
read_route53_resource_record_sets
place id_record_airflow_example_com route53_resource_record_sets record/airflow.example.com
read_ec2_nat_gateways
place id_nat_gateway_regional ec2_nat_gateways nat-gateway/regional

# --- security-group/load-balancer ---
begin created security-group/load-balancer Group
if missing id_security_group_load_balancer ec2_security_groups; then
  change InvalidGroup.Duplicate yes ec2 create-security-group \
    --description 'HTTPS to the Airflow web server' \
    --group-name load-balancer \
    --tag-specifications 'ResourceType=security-group,Tags=[{Key=Name,Value=airflow-nightly}]' \
    --vpc-id "$vpc" \
    --query GroupId
fi

# --- security-group-rule/load-balancer/in/10.0.0.0/16 ---
begin created security-group-rule/load-balancer/in/10.0.0.0/16 'Allow the VPC'
if missing id_security_group_rule_load_balancer_in_10_0_0_0_16 ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "$id_security_group_load_balancer" \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/16","Description":"Users of the Airflow web server"}],"ToPort":443}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- security-group-rule/sg-07/in/load-balancer ---
begin changed security-group-rule/sg-07/in/load-balancer 'Allow the load balancer'
if missing id_security_group_rule_sg_07_in_load_balancer ec2_security_group_rules_2; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id sg-07 \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","ToPort":443,"UserIdGroupPairs":[{"Description":"Airflow web server, by the load balancer","GroupId":"'"$id_security_group_load_balancer"'"}]}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- certificate/airflow.example.com ---
begin created certificate/airflow.example.com Import
if missing id_certificate_airflow_example_com acm_certificates; then
  change '' no acm import-certificate \
    --certificate "fileb://$certificate_file" \
    --private-key "fileb://$private_key_file" \
    --tags Key=Name,Value=airflow-nightly \
    --query CertificateArn
  compare acm list-certificates \
    --certificate-statuses ISSUED \
    --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
    --query "sort_by(CertificateSummaryList[?Type=='IMPORTED' && (DomainName=='airflow.example.com' || DomainName=='*.example.com' || SubjectAlternativeNameSummaries[?@=='airflow.example.com' || @=='*.example.com'])], &join(' ', [to_string(ImportedAt || CreatedAt), CertificateArn]))[].CertificateArn | [?@=='$id_certificate_airflow_example_com'] && [0]"
  if [[ -n $other ]]; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_airflow_example_com"
    other_kept
  fi
fi

# --- target-group/airflow-nightly ---
begin created target-group/airflow-nightly 'Target group'
if missing id_target_group_airflow_nightly elbv2_target_groups; then
  change DuplicateTargetGroupName no elbv2 create-target-group \
    --health-check-path / \
    --health-check-port 443 \
    --health-check-protocol HTTPS \
    --matcher '{"HttpCode":"200,302"}' \
    --name airflow-nightly \
    --port 443 \
    --protocol HTTPS \
    --tags Key=Name,Value=airflow-nightly \
    --target-type ip \
    --vpc-id "$vpc" \
    --query 'TargetGroups[0].TargetGroupArn'
fi

# --- targets/airflow-nightly ---
begin created targets/airflow-nightly Targets
if missing id_targets_airflow_nightly elbv2_target_health; then
  change '' no elbv2 register-targets \
    --target-group-arn "$id_target_group_airflow_nightly" \
    --targets Id=10.0.0.9,Port=443 Id=10.0.1.9,Port=443 \
    --query "'$id_target_group_airflow_nightly'"
fi

# --- load-balancer/airflow-nightly ---
begin created load-balancer/airflow-nightly 'Load balancer' unknown
if missing id_load_balancer_airflow_nightly elbv2_load_balancers; then
  change DuplicateLoadBalancerName no elbv2 create-load-balancer \
    --name airflow-nightly \
    --scheme internal \
    --security-groups "$id_security_group_load_balancer" \
    --subnets subnet-01 subnet-02 \
    --tags Key=Name,Value=airflow-nightly \
    --type application \
    --query 'LoadBalancers[0].LoadBalancerArn'
fi

# --- nat-gateway/regional ---
begin created nat-gateway/regional 'Create a regional NAT gateway'
if missing id_nat_gateway_regional ec2_nat_gateways; then
  change '' yes ec2 create-nat-gateway \
    --availability-mode regional \
    --client-token "wizard-$run-12" \
    --vpc-id "$vpc" \
    --query NatGateway.NatGatewayId
  compare ec2 describe-nat-gateways \
    --filter "Name=vpc-id,Values=$vpc" \
    --query "sort_by(NatGateways[?(State=='available' || State=='pending') && Tags[?Key=='Name' && Value=='shop-nat'] && Tags[?Key=='ManagedBy' && Value=='privatelink-wizard']], &join(' ', [to_string(CreateTime), NatGatewayId]))[].NatGatewayId | [?@=='$id_nat_gateway_regional'] && [0]"
  if [[ -n $other ]]; then
    revert NatGatewayNotFound DependencyViolation ec2 delete-nat-gateway \
      --nat-gateway-id "$id_nat_gateway_regional"
    other_kept
  fi
fi

wait_for elbv2_load_balancers_2 state active failed 900 15 \
  load-balancer/airflow-nightly "$id_load_balancer_airflow_nightly"

# --- listener/airflow-nightly ---
begin created listener/airflow-nightly Listener
if missing id_listener_airflow_nightly elbv2_listeners; then
  change DuplicateListener no elbv2 create-listener \
    --certificates "CertificateArn=$id_certificate_airflow_example_com" \
    --default-actions "TargetGroupArn=$id_target_group_airflow_nightly,Type=forward" \
    --load-balancer-arn "$id_load_balancer_airflow_nightly" \
    --port 443 \
    --protocol HTTPS \
    --ssl-policy ELBSecurityPolicy-TLS13-1-2-2021-06 \
    --tags Key=Name,Value=airflow-nightly \
    --query 'Listeners[0].ListenerArn'
fi

# --- record/airflow.example.com ---
begin created record/airflow.example.com 'Create a record'
if missing id_record_airflow_example_com route53_resource_record_sets; then
  draft elbv2 describe-load-balancers \
    --load-balancer-arns "$id_load_balancer_airflow_nightly" \
    --query "{ChangeBatch: {Changes: [{Action: 'CREATE', ResourceRecordSet: {Name: 'airflow.example.com', Type: 'A', AliasTarget: {HostedZoneId: LoadBalancers[0].CanonicalHostedZoneId, DNSName: LoadBalancers[0].DNSName, EvaluateTargetHealth: Type=='none'}}}]}}"
  change '' no route53 change-resource-record-sets \
    --cli-input-json "file://$drafted" \
    --hosted-zone-id Z0A \
    --query "'airflow.example.com.'"
fi

# --- certificate/new.example.com ---
begin created certificate/new.example.com Request
if running id_certificate_new_example_com acm_certificates_2 certificate/new.example.com; then
  say '  request the certificate from ACM'
  seen id_certificate_new_example_com acm_certificates_2 certificate/new.example.com
  if [[ -n $id ]]; then
    say '  already done'
  else
    step=1
    change '' no acm request-certificate \
      --domain-name new.example.com \
      --tags Key=Name,Value=airflow-nightly \
      --validation-method DNS \
      --query CertificateArn
    id_certificate_new_example_com=$id
    compare acm list-certificates \
      --certificate-statuses ISSUED PENDING_VALIDATION \
      --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
      --query "sort_by(CertificateSummaryList[?Type=='AMAZON_ISSUED' && (DomainName=='new.example.com' || DomainName=='*.example.com' || SubjectAlternativeNameSummaries[?@=='new.example.com' || @=='*.example.com'])], &join(' ', [to_string(ImportedAt || CreatedAt), CertificateArn]))[].CertificateArn | [?@=='$id_certificate_new_example_com'] && [0]"
    if [[ -n $other ]]; then
      revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
        --certificate-arn "$id_certificate_new_example_com"
      other_kept
    fi
  fi
  id_certificate_new_example_com=$id

  say '  wait until ACM returns the validation record of the domain'
  await certificate/new.example.com "$id_certificate_new_example_com" named 'FAILED VALIDATION_TIMED_OUT REVOKED' 120 5 no '' acm describe-certificate \
    --certificate-arn "$id_certificate_new_example_com" \
    --query "[[Certificate.CertificateArn, Certificate.DomainValidationOptions[0].ResourceRecord.Name && 'named' || Certificate.Status]]"

  say '  wait until the certificate is issued'
  await certificate/new.example.com "$id_certificate_new_example_com" ISSUED 'FAILED VALIDATION_TIMED_OUT REVOKED EXPIRED INACTIVE' 1800 15 no 'Create the record in the DNS of the domain, then run again to continue.' acm describe-certificate \
    --certificate-arn "$id_certificate_new_example_com" \
    --query "[[[Certificate.CertificateArn, Certificate.Status]], [[Certificate.CertificateArn, join(' ', [Certificate.FailureReason || 'the DNS of the domain needs this record:', Certificate.DomainValidationOptions[0].ResourceRecord.Name || '', Certificate.DomainValidationOptions[0].ResourceRecord.Type || '', Certificate.DomainValidationOptions[0].ResourceRecord.Value || ''])]]][]"
  completed id_certificate_new_example_com
fi

# --- certificate/zone.example.com ---
begin created certificate/zone.example.com 'Request a certificate'
if running id_certificate_zone_example_com acm_certificates_2 certificate/zone.example.com; then
  # ask_acm_certificate QUERY FUNCTION [ARGUMENT]...: calls the function with this reading
  # call.
  ask_acm_certificate() {
    local query=$1
    shift
    "$@" acm describe-certificate \
      --certificate-arn "$id_certificate_zone_example_com" \
      --query "$query"
  }
  say '  request the certificate from ACM'
  seen id_certificate_zone_example_com acm_certificates_2 certificate/zone.example.com
  if [[ -n $id ]]; then
    say '  already done'
  else
    step=1
    change '' no acm request-certificate \
      --domain-name zone.example.com \
      --tags Key=Name,Value=zone \
      --validation-method DNS \
      --query CertificateArn
    id_certificate_zone_example_com=$id
    compare acm list-certificates \
      --certificate-statuses ISSUED PENDING_VALIDATION \
      --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
      --query "sort_by(CertificateSummaryList[?Type=='AMAZON_ISSUED' && (DomainName=='zone.example.com' || DomainName=='*.example.com' || SubjectAlternativeNameSummaries[?@=='zone.example.com' || @=='*.example.com'])], &join(' ', [to_string(ImportedAt || CreatedAt), CertificateArn]))[].CertificateArn | [?@=='$id_certificate_zone_example_com'] && [0]"
    if [[ -n $other ]]; then
      revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
        --certificate-arn "$id_certificate_zone_example_com"
      other_kept
    fi
  fi
  id_certificate_zone_example_com=$id

  say '  wait until ACM returns the validation record of the domain'
  ask_acm_certificate "[[Certificate.CertificateArn, Certificate.DomainValidationOptions[0].ResourceRecord.Name && 'named' || Certificate.Status]]" \
    await certificate/zone.example.com "$id_certificate_zone_example_com" named 'FAILED VALIDATION_TIMED_OUT REVOKED' 120 5 no ''

  say '  create the validation record in hosted zone Z0A'
  ask_acm_certificate "Certificate.Status=='ISSUED' && Certificate.CertificateArn" \
    look
  if [[ -n $id ]]; then
    say '  already done'
  else
    step=3
    ask_acm_certificate "{ChangeBatch: {Changes: [{Action: 'UPSERT', ResourceRecordSet: {Name: Certificate.DomainValidationOptions[0].ResourceRecord.Name, Type: Certificate.DomainValidationOptions[0].ResourceRecord.Type, TTL: to_number('300'), ResourceRecords: [{Value: Certificate.DomainValidationOptions[0].ResourceRecord.Value}]}}]}}" \
      draft
    change '' no route53 change-resource-record-sets \
      --cli-input-json "file://$drafted" \
      --hosted-zone-id Z0A \
      --query "'$id_certificate_zone_example_com'"
  fi
  id_certificate_zone_example_com=$id

  say '  wait until the certificate is issued'
  ask_acm_certificate "[[[Certificate.CertificateArn, Certificate.Status]], [[Certificate.CertificateArn, join(' ', [Certificate.FailureReason || 'the DNS of the domain needs this record:', Certificate.DomainValidationOptions[0].ResourceRecord.Name || '', Certificate.DomainValidationOptions[0].ResourceRecord.Type || '', Certificate.DomainValidationOptions[0].ResourceRecord.Value || ''])]]][]" \
    await certificate/zone.example.com "$id_certificate_zone_example_com" ISSUED 'FAILED VALIDATION_TIMED_OUT REVOKED EXPIRED INACTIVE' 1800 15 no 'Create the record in the DNS of the domain, then run again to continue.'
  completed id_certificate_zone_example_com
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

wait_for ec2_nat_gateways state available 'failed deleting deleted' 600 5 \
  nat-gateway/regional "$id_nat_gateway_regional"

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_acm_certificate
  read_acm_certificate_2
  read_elbv2_target_groups
  read_elbv2_target_health
  read_elbv2_load_balancers
  read_elbv2_listeners
  read_acm_certificate_3
  read_route53_resource_record_sets
  check acm_certificate 'certificate/airflow.example.com certificate-issued' certificate/airflow.example.com ISSUED \
    'it is issued'
  check acm_certificate_2 'certificate/new.example.com certificate-issued' certificate/new.example.com ISSUED \
    'it is issued'
  check_found elbv2_target_groups target-group/airflow-nightly 'it exists'
  check_found elbv2_target_health targets/airflow-nightly 'it exists'
  check_found elbv2_load_balancers load-balancer/airflow-nightly 'it exists'
  check_found elbv2_listeners listener/airflow-nightly 'it exists'
  check acm_certificate_3 'certificate/zone.example.com certificate-issued' certificate/zone.example.com ISSUED \
    'it is issued'
  check_found route53_resource_record_sets record/airflow.example.com 'it exists'
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
ask elbv2 describe-load-balancers \
  --load-balancer-arns "$id_load_balancer_airflow_nightly" \
  --query "[[join('', ['Create this record in the DNS of the domain: airflow.example.com CNAME ', LoadBalancers[0].DNSName])], ['Open https://airflow.example.com from an allowed network']]"
say "$reply"
if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
