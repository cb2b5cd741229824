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
#   - security-group/client-vpn: Create security group privatelink-wizard-nightly-client-vpn
#   - endpoint/s3: Create the s3 gateway endpoint in 1 route table
#   - endpoint/logs: Create the logs interface endpoint in us-east-1a, us-east-1b
#   - endpoint/kms: Create the kms interface endpoint in us-east-1a, us-east-1b
#   - endpoint/sqs: Create the sqs interface endpoint in us-east-1a, us-east-1b
#   - endpoint/monitoring: Create the monitoring interface endpoint in us-east-1a,
#     us-east-1b
#   - certificate/vpn-client: Create a client certificate, client.airflow-nightly, and
#     import it
#   - certificate/vpn-server: Create a server certificate, server.airflow-nightly, and
#     import it
#   - client-vpn/nightly: Create Client VPN airflow-nightly with the client addresses
#     172.16.0.0/22
#   - client-vpn/nightly/subnet: Associate subnet app-a (subnet-a) with it
#   - client-vpn/nightly/authorization: Allow its clients to reach 10.0.0.0/16, the VPC
#
# It modifies:
#   - security-group-rule/sg-airflow/in/client-vpn: Allow TCP 443 from the security group of
#     the Client VPN to the environment's security group airflow (sg-airflow)
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is enabled for the VPC
#   - vpc-attribute/dns-hostnames: DNS hostnames are enabled for the VPC
#   - security-group-rule/sg-airflow/in/sg-airflow: Security group airflow (sg-airflow)
#     allows traffic from itself
#   - endpoint/nightly-database: The database endpoint of environment nightly exists
#   - endpoint/nightly-webserver: The webserver endpoint of environment nightly exists
#
# The new resources cost about $131.40 per month, plus traffic. $58.40 for 8 endpoint
# interfaces (730 hours at $0.01 each), and $73.00 for 1 Client VPN subnet (730 hours at
# $0.10 each); in addition $0.01 per GB of traffic through interface endpoints and $0.05 per
# client hour of connected VPN client; prices of us-east-1, table of this program, checked
# on 2026-11-29; interface endpoints are billed per hour, Availability Zone and GB while
# they exist; gateway endpoints are free.
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
vpn_ca_file=airflow-nightly-vpn/keys/ca.pem                     # created when it is needed
vpn_server_certificate_file=airflow-nightly-vpn/keys/server.pem # created when it is needed
vpn_server_key_file=airflow-nightly-vpn/keys/server.key         # created when it is needed
vpn_client_certificate_file=airflow-nightly-vpn/keys/client.pem # created when it is needed
vpn_client_key_file=airflow-nightly-vpn/keys/client.key         # created when it is needed

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
# (function seen)
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
# (function openssl_there)
# (function private_folder)
# (function make_vpn)
# (function run_openssl)
# (function vpn_ready)
# (function vpn_file_of)
# (function plain_serial)
# (function save_vpn)
# (function vpn_config)
# (function remove_vpn)
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
    --filters "Name=vpc-id,Values=$vpc" Name=group-name,Values=privatelink-wizard-nightly-client-vpn \
    --query "[
  [['security-group/client-vpn', (SecurityGroups[0].GroupId) || 'None', 'as planned']]
][]"
}

read_ec2_security_group_rules() {
  list ec2_security_group_rules '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-airflow \
    --query "[
  [['security-group-rule/sg-airflow/in/client-vpn', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='$id_security_group_client_vpn'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/sg-airflow/in/client-vpn', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='Airflow web server, by the client-vpn' && SecurityGroupRuleId!='sgr-1'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='$id_security_group_client_vpn' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '', '', '$id_security_group_client_vpn', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['security-group-rule/sg-airflow/in/sg-airflow', (SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/sg-airflow/in/sg-airflow', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='Parts of the Airflow environment, among themselves'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: -1 -1--1 for ', '', '', 'sg-airflow', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['endpoint/s3 group-rule', (SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no') || 'None']],
  [['endpoint/logs group-rule', (SecurityGroupRules[?!IsEgress && IpProtocol=='-1' && ReferencedGroupInfo.GroupId=='sg-airflow'] && 'yes' || 'no') || 'None']],
  [['security-group-rule/sg-airflow/in/client-vpn group-rule', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='$id_security_group_client_vpn'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_endpoints() {
  local needs_1="(State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])"
  local needs_2="!RequesterManaged || 'an AWS service manages it (plan: one of this account)'"
  local needs_3="IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-a', ', ', 'subnet-b', ')']),
    contains([Groups[].GroupId][], 'sg-airflow') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', 'sg-airflow', ')'])"
  local needs_4="PrivateDnsEnabled || 'private DNS is off (plan: on)'"
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].['endpoint/s3', VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-app') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-app', ')']),
    $needs_1,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.logs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/logs', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_3,
    $needs_4,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.kms' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/kms', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_3,
    $needs_4,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'kms:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.sqs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/sqs', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_3,
    $needs_4,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'sqs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.monitoring' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/monitoring', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_3,
    $needs_4,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'monitoring:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?VpcEndpointId=='vpce-db' && State!='deleted'].['endpoint/nightly-database', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_3][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?VpcEndpointId=='vpce-web' && State!='deleted'].['endpoint/nightly-webserver', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_3][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]],
  VpcEndpoints[].['interfaces', VpcEndpointId, (to_string(length([SubnetIds][]))=='2' && to_string(length([NetworkInterfaceIds][]))=='2' && contains([SubnetIds][], 'subnet-a') && contains([SubnetIds][], 'subnet-b') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-a', ',', 'subnet-b', ')'])],
  VpcEndpoints[].['private-dns', VpcEndpointId, PrivateDnsEnabled && 'yes' || 'no'],
  VpcEndpoints[].['group-attached', VpcEndpointId, Groups[?GroupId=='sg-airflow'] && 'yes' || 'no']
][]"
}

read_acm_certificates() {
  list acm_certificates '' acm list-certificates \
    --certificate-statuses ISSUED \
    --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
    --query "[
  [['certificate/vpn-client', (CertificateSummaryList[?Type=='IMPORTED' && (DomainName=='client.airflow-nightly' || DomainName=='*.airflow-nightly' || SubjectAlternativeNameSummaries[?@=='client.airflow-nightly' || @=='*.airflow-nightly'])].CertificateArn | [0]) || 'None', 'as planned']],
  [['certificate/vpn-server', (CertificateSummaryList[?Type=='IMPORTED' && (DomainName=='server.airflow-nightly' || DomainName=='*.airflow-nightly' || SubjectAlternativeNameSummaries[?@=='server.airflow-nightly' || @=='*.airflow-nightly'])].CertificateArn | [0]) || 'None', 'as planned']]
][]"
}

read_ec2_client_vpn_endpoints() {
  list ec2_client_vpn_endpoints '' ec2 describe-client-vpn-endpoints \
    --query "[
  [['client-vpn/nightly', (ClientVpnEndpoints[?Status.Code!='deleting' && Status.Code!='deleted' && VpcId=='$vpc' && Tags[?Key=='Name' && Value=='airflow-nightly']
    && contains([SecurityGroupIds][], '$id_security_group_client_vpn')
    && ClientCidrBlock=='172.16.0.0/22'
    && SplitTunnel].ClientVpnEndpointId | [0]) || 'None', 'as planned']],
  [['client-vpn/nightly', '-', (join('; ', [(ClientVpnEndpoints[?Status.Code!='deleting' && Status.Code!='deleted' && VpcId=='$vpc' && Tags[?Key=='Name' && Value=='airflow-nightly']].[ClientVpnEndpointId, join(', ', [
    contains([SecurityGroupIds][], '$id_security_group_client_vpn') || join('', ['security groups ', join(', ', sort([SecurityGroupIds][])), ' (plan: ', '$id_security_group_client_vpn', ')']),
    ClientCidrBlock=='172.16.0.0/22' || join('', ['client addresses ', ClientCidrBlock || '', ' (plan: ', '172.16.0.0/22', ')']),
    SplitTunnel || 'split tunnel is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']]
][]"
}

read_ec2_client_vpn_target_networks() {
  list ec2_client_vpn_target_networks '' ec2 describe-client-vpn-target-networks \
    --client-vpn-endpoint-id "$id_client_vpn_nightly" \
    --query "[
  [['client-vpn/nightly/subnet', (ClientVpnTargetNetworks[?TargetNetworkId=='subnet-a' && (Status.Code=='associating' || Status.Code=='associated')] | [0].AssociationId) || 'None', 'as planned']],
  (ClientVpnTargetNetworks[].[AssociationId, Status.Code])[*].['state', [0], [1]],
  (ClientVpnTargetNetworks[].[AssociationId, Status.Message || ''])[*].['state', [0], [1]]
][]"
}

read_ec2_client_vpn_authorization_rules() {
  list ec2_client_vpn_authorization_rules '' ec2 describe-client-vpn-authorization-rules \
    --client-vpn-endpoint-id "$id_client_vpn_nightly" \
    --query "[
  [['client-vpn/nightly/authorization', (AuthorizationRules[?DestinationCidr=='10.0.0.0/16' && AccessAll && (Status.Code=='authorizing' || Status.Code=='active')] | [0].DestinationCidr) || 'None', 'as planned']],
  (AuthorizationRules[].[DestinationCidr, Status.Code])[*].['state', [0], [1]],
  (AuthorizationRules[].[DestinationCidr, Status.Message || ''])[*].['state', [0], [1]]
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
  [['endpoint/nightly-webserver environment-status', (Environment.Status) || 'None']]
][]"
}

read_acm_certificate() {
  list acm_certificate '' acm describe-certificate \
    --certificate-arn "$id_certificate_vpn_server" \
    --query "[
  [['certificate/vpn-server certificate-issued', (Certificate.Status) || 'None']]
][]"
}

read_acm_certificate_2() {
  list acm_certificate_2 '' acm describe-certificate \
    --certificate-arn "$id_certificate_vpn_client" \
    --query "[
  [['certificate/vpn-client certificate-issued', (Certificate.Status) || 'None']]
][]"
}

read_ec2_client_vpn_endpoints_2() {
  list ec2_client_vpn_endpoints_2 '' ec2 describe-client-vpn-endpoints \
    --query "[
  [['client-vpn/nightly client-vpn', (ClientVpnEndpoints[?ClientVpnEndpointId=='$id_client_vpn_nightly'] | [0].Status.Code) || 'None']]
][]"
}

read_ec2_client_vpn_target_networks_2() {
  list ec2_client_vpn_target_networks_2 '' ec2 describe-client-vpn-target-networks \
    --client-vpn-endpoint-id "$id_client_vpn_nightly" \
    --query "[
  [['client-vpn/nightly/subnet client-vpn', ((ClientVpnTargetNetworks[].[AssociationId, Status.Code])[?[0]=='$id_client_vpn_nightly_subnet'] | [0][1]) || 'None']]
][]"
}

read_ec2_client_vpn_authorization_rules_2() {
  list ec2_client_vpn_authorization_rules_2 '' ec2 describe-client-vpn-authorization-rules \
    --client-vpn-endpoint-id "$id_client_vpn_nightly" \
    --query "[
  [['client-vpn/nightly/authorization client-vpn', ((AuthorizationRules[].[DestinationCidr, Status.Code])[?[0]=='$id_client_vpn_nightly_authorization'] | [0][1]) || 'None']]
][]"
}

# --- Undo ---
# Reverts what this script created or added, the last change first. Nothing else is touched.
undo_changes() {
  doing='reverting what this script created'
  some_recorded
  recorded id_vpc_attribute_dns_support vpc-attribute/dns-support
  recorded id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames
  recorded id_security_group_client_vpn security-group/client-vpn
  recorded id_security_group_rule_sg_airflow_in_client_vpn security-group-rule/sg-airflow/in/client-vpn
  recorded id_security_group_rule_sg_airflow_in_sg_airflow security-group-rule/sg-airflow/in/sg-airflow
  recorded id_endpoint_s3 endpoint/s3
  recorded id_endpoint_logs endpoint/logs
  recorded id_endpoint_kms endpoint/kms
  recorded id_endpoint_sqs endpoint/sqs
  recorded id_endpoint_monitoring endpoint/monitoring
  recorded id_endpoint_nightly_database endpoint/nightly-database
  recorded id_endpoint_nightly_webserver endpoint/nightly-webserver
  recorded id_certificate_vpn_client certificate/vpn-client
  recorded id_certificate_vpn_server certificate/vpn-server
  recorded id_client_vpn_nightly client-vpn/nightly
  recorded id_client_vpn_nightly_subnet client-vpn/nightly/subnet
  recorded id_client_vpn_nightly_authorization client-vpn/nightly/authorization
  if mine id_client_vpn_nightly_authorization client-vpn/nightly/authorization ec2_client_vpn_authorization_rules; then
    revert InvalidClientVpnEndpointAuthorizationRuleNotFound DependencyViolation ec2 revoke-client-vpn-ingress \
      --client-vpn-endpoint-id "$id_client_vpn_nightly" \
      --revoke-all-groups \
      --target-network-cidr 10.0.0.0/16
    reverted
  fi
  if mine id_client_vpn_nightly_subnet client-vpn/nightly/subnet ec2_client_vpn_target_networks; then
    revert 'InvalidClientVpnAssociationIdNotFound InvalidClientVpnEndpointId.NotFound' DependencyViolation ec2 disassociate-client-vpn-target-network \
      --association-id "$id_client_vpn_nightly_subnet" \
      --client-vpn-endpoint-id "$id_client_vpn_nightly"
    reverted
  fi
  wait_gone ec2_client_vpn_target_networks state disassociated '' 1800 15 \
    client-vpn/nightly/subnet "$id_client_vpn_nightly_subnet"
  if mine id_client_vpn_nightly client-vpn/nightly ec2_client_vpn_endpoints; then
    revert InvalidClientVpnEndpointId.NotFound DependencyViolation ec2 delete-client-vpn-endpoint \
      --client-vpn-endpoint-id "$id_client_vpn_nightly"
    say '  The file airflow-nightly-vpn/airflow-nightly.ovpn stays on this computer. Delete it, because it does not work any more.'
    reverted
  fi
  if mine id_certificate_vpn_server certificate/vpn-server acm_certificates; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_vpn_server"
    reverted
  fi
  if mine id_certificate_vpn_client certificate/vpn-client acm_certificates; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_vpn_client"
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
  if mine id_security_group_rule_sg_airflow_in_client_vpn security-group-rule/sg-airflow/in/client-vpn ec2_security_group_rules; then
    revert 'InvalidPermission.NotFound InvalidGroup.NotFound' DependencyViolation ec2 revoke-security-group-ingress \
      --group-id sg-airflow \
      --ip-permissions "FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=$id_security_group_client_vpn}]"
    reverted
  fi
  if mine id_security_group_client_vpn security-group/client-vpn ec2_security_groups; then
    revert InvalidGroup.NotFound DependencyViolation ec2 delete-security-group \
      --group-id "$id_security_group_client_vpn"
    reverted
  fi
  wait_gone ec2_vpc_endpoints state deleted '' 900 5 \
    endpoint/monitoring "$id_endpoint_monitoring" \
    endpoint/sqs "$id_endpoint_sqs" \
    endpoint/kms "$id_endpoint_kms" \
    endpoint/logs "$id_endpoint_logs" \
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
if [[ $mode == apply || $mode == 'dry run' ]]; then
  openssl_there
fi
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
id_security_group_client_vpn=$unknown
id_security_group_rule_sg_airflow_in_client_vpn=$unknown
id_security_group_rule_sg_airflow_in_sg_airflow=$unknown
id_endpoint_s3=$unknown
id_endpoint_logs=$unknown
id_endpoint_kms=$unknown
id_endpoint_sqs=$unknown
id_endpoint_monitoring=$unknown
id_endpoint_nightly_database=$unknown
id_endpoint_nightly_webserver=$unknown
id_certificate_vpn_client=$unknown
id_certificate_vpn_server=$unknown
id_client_vpn_nightly=$unknown
id_client_vpn_nightly_subnet=$unknown
id_client_vpn_nightly_authorization=$unknown
read_ec2_vpc_attribute
place id_vpc_attribute_dns_support ec2_vpc_attribute vpc-attribute/dns-support
read_ec2_vpc_attribute_2
place id_vpc_attribute_dns_hostnames ec2_vpc_attribute_2 vpc-attribute/dns-hostnames
read_ec2_security_groups
place id_security_group_client_vpn ec2_security_groups security-group/client-vpn
read_ec2_security_group_rules
place id_security_group_rule_sg_airflow_in_client_vpn ec2_security_group_rules security-group-rule/sg-airflow/in/client-vpn
place id_security_group_rule_sg_airflow_in_sg_airflow ec2_security_group_rules security-group-rule/sg-airflow/in/sg-airflow
read_ec2_vpc_endpoints
place id_endpoint_s3 ec2_vpc_endpoints endpoint/s3
place id_endpoint_logs ec2_vpc_endpoints endpoint/logs
place id_endpoint_kms ec2_vpc_endpoints endpoint/kms
place id_endpoint_sqs ec2_vpc_endpoints endpoint/sqs
place id_endpoint_monitoring ec2_vpc_endpoints endpoint/monitoring
place id_endpoint_nightly_database ec2_vpc_endpoints endpoint/nightly-database
place id_endpoint_nightly_webserver ec2_vpc_endpoints endpoint/nightly-webserver
read_acm_certificates
place id_certificate_vpn_client acm_certificates certificate/vpn-client
place id_certificate_vpn_server acm_certificates certificate/vpn-server
read_ec2_client_vpn_endpoints
place id_client_vpn_nightly ec2_client_vpn_endpoints client-vpn/nightly
read_ec2_client_vpn_target_networks
place id_client_vpn_nightly_subnet ec2_client_vpn_target_networks client-vpn/nightly/subnet
read_ec2_client_vpn_authorization_rules
place id_client_vpn_nightly_authorization ec2_client_vpn_authorization_rules client-vpn/nightly/authorization

# --- Check the folder ---

doing='checking the folder for airflow-nightly-vpn/airflow-nightly.ovpn'
seen id_client_vpn_nightly ec2_client_vpn_endpoints client-vpn/nightly
vpn_ready airflow-nightly-vpn/airflow-nightly.ovpn \
  airflow-nightly-vpn/keys \
  "$id_certificate_vpn_client" \
  'airflow-nightly-vpn/airflow-nightly.ovpn exists, but it is not a complete file of this Client VPN. It was not changed. Rename it and run again.' \
  'The private key of the client certificate is not in the folder airflow-nightly-vpn/keys, so airflow-nightly-vpn/airflow-nightly.ovpn was not written. Use the file where the key was created. If it is lost, replace the key: delete the Client VPN endpoint, if it exists, and then the client certificate in ACM, and run again.'

# --- Existing resources that the plan keeps ---
keep id_vpc_attribute_dns_support vpc-attribute/dns-support 'DNS support is enabled for the VPC' vpc-1
keep id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames 'DNS hostnames are enabled for the VPC' vpc-1
keep id_security_group_rule_sg_airflow_in_sg_airflow security-group-rule/sg-airflow/in/sg-airflow \
  'Security group airflow (sg-airflow) allows traffic from itself' sg-airflow
keep id_endpoint_nightly_database endpoint/nightly-database \
  'The database endpoint of environment nightly exists' vpce-db
keep id_endpoint_nightly_webserver endpoint/nightly-webserver \
  'The webserver endpoint of environment nightly exists' vpce-web

# --- security-group/client-vpn ---
# Why: It controls who may use this access method. The environment's security group allows
# traffic from this group.
# Rules: W-ACCESS
begin created security-group/client-vpn 'Create security group privatelink-wizard-nightly-client-vpn'
if missing id_security_group_client_vpn ec2_security_groups; then
  change InvalidGroup.Duplicate yes ec2 create-security-group \
    --description 'Clients on their way to the Airflow web server, made by PrivateLink Wizard' \
    --group-name privatelink-wizard-nightly-client-vpn \
    --tag-specifications 'ResourceType=security-group,Tags=[{Key=ManagedBy,Value=privatelink-wizard},{Key=Name,Value=privatelink-wizard-nightly-client-vpn}]' \
    --vpc-id "$vpc" \
    --query GroupId
fi

# --- security-group-rule/sg-airflow/in/client-vpn ---
# Why: The endpoint to the web server has the environment's security groups, which do not
# allow other clients by default.
# Rules: W-ALBSG
begin changed security-group-rule/sg-airflow/in/client-vpn "Allow TCP 443 from the security group of the Client VPN to the environment's security group airflow (sg-airflow)"
if missing id_security_group_rule_sg_airflow_in_client_vpn ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id sg-airflow \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","ToPort":443,"UserIdGroupPairs":[{"Description":"Airflow web server, by the client-vpn","GroupId":"'"$id_security_group_client_vpn"'"}]}]' \
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
    --client-token "wizard-$run-6" \
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
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-7" \
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
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-8" \
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
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-9" \
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
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-10" \
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

# --- certificate/vpn-client ---
# Why: A Client VPN and its clients identify each other with ACM certificates (mutual
# authentication). The key is created on this computer, RSA 2048, the longest key that
# Client VPN supports. The certificate is valid for 825 days. The client's file also
# contains the key: anybody with that file can connect to the VPC.
# Rules: W-CVPNKEY
begin created certificate/vpn-client 'Create a client certificate, client.airflow-nightly, and import it'
if missing id_certificate_vpn_client acm_certificates; then
  make_vpn airflow-nightly-vpn/keys airflow-nightly
  change '' no acm import-certificate \
    --certificate "fileb://$vpn_client_certificate_file" \
    --certificate-chain "fileb://$vpn_ca_file" \
    --private-key "fileb://$vpn_client_key_file" \
    --tags Key=ManagedBy,Value=privatelink-wizard Key=Name,Value=client.airflow-nightly \
    --query CertificateArn
  compare acm list-certificates \
    --certificate-statuses ISSUED \
    --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
    --query "sort_by(CertificateSummaryList[?Type=='IMPORTED' && (DomainName=='client.airflow-nightly' || DomainName=='*.airflow-nightly' || SubjectAlternativeNameSummaries[?@=='client.airflow-nightly' || @=='*.airflow-nightly'])], &join(' ', [to_string(ImportedAt || CreatedAt), CertificateArn]))[].CertificateArn | [?@=='$id_certificate_vpn_client'] && [0]"
  if [[ -n $other ]]; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_vpn_client"
    other_kept
  fi
fi

# --- certificate/vpn-server ---
# Rules: W-CVPNKEY
begin created certificate/vpn-server 'Create a server certificate, server.airflow-nightly, and import it'
if missing id_certificate_vpn_server acm_certificates; then
  make_vpn airflow-nightly-vpn/keys airflow-nightly
  change '' no acm import-certificate \
    --certificate "fileb://$vpn_server_certificate_file" \
    --certificate-chain "fileb://$vpn_ca_file" \
    --private-key "fileb://$vpn_server_key_file" \
    --tags Key=ManagedBy,Value=privatelink-wizard Key=Name,Value=server.airflow-nightly \
    --query CertificateArn
  compare acm list-certificates \
    --certificate-statuses ISSUED \
    --includes 'keyTypes=[RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1]' \
    --query "sort_by(CertificateSummaryList[?Type=='IMPORTED' && (DomainName=='server.airflow-nightly' || DomainName=='*.airflow-nightly' || SubjectAlternativeNameSummaries[?@=='server.airflow-nightly' || @=='*.airflow-nightly'])], &join(' ', [to_string(ImportedAt || CreatedAt), CertificateArn]))[].CertificateArn | [?@=='$id_certificate_vpn_server'] && [0]"
  if [[ -n $other ]]; then
    revert ResourceNotFoundException ResourceInUseException acm delete-certificate \
      --certificate-arn "$id_certificate_vpn_server"
    other_kept
  fi
fi

# --- client-vpn/nightly ---
# Why: People connect with a VPN client and a certificate, and can then reach the VPC. Only
# traffic to the VPC uses the connection (split tunnel). The client addresses cannot be
# changed later.
# Rules: W-CVPNCIDR, W-CVPNKEY
begin created client-vpn/nightly 'Create Client VPN airflow-nightly with the client addresses 172.16.0.0/22'
if missing id_client_vpn_nightly ec2_client_vpn_endpoints; then
  change '' yes ec2 create-client-vpn-endpoint \
    --authentication-options "MutualAuthentication={ClientRootCertificateChainArn=$id_certificate_vpn_client},Type=certificate-authentication" \
    --client-cidr-block 172.16.0.0/22 \
    --client-token "wizard-$run-15" \
    --connection-log-options Enabled=false \
    --security-group-ids "$id_security_group_client_vpn" \
    --server-certificate-arn "$id_certificate_vpn_server" \
    --split-tunnel \
    --tag-specifications 'ResourceType=client-vpn-endpoint,Tags=[{Key=ManagedBy,Value=privatelink-wizard},{Key=Name,Value=airflow-nightly}]' \
    --transport-protocol udp \
    --vpc-id "$vpc" \
    --vpn-port 443 \
    --query ClientVpnEndpointId
  compare ec2 describe-client-vpn-endpoints \
    --query $'sort_by(ClientVpnEndpoints[?Status.Code!=\'deleting\' && Status.Code!=\'deleted\' && VpcId==\''"$vpc"$'\' && Tags[?Key==\'Name\' && Value==\'airflow-nightly\']\n    && contains([SecurityGroupIds][], \''"$id_security_group_client_vpn"$'\')\n    && ClientCidrBlock==\'172.16.0.0/22\'\n    && SplitTunnel], &join(\' \', [to_string(CreationTime), ClientVpnEndpointId]))[].ClientVpnEndpointId | [?@==\''"$id_client_vpn_nightly"$'\'] && [0]'
  if [[ -n $other ]]; then
    revert InvalidClientVpnEndpointId.NotFound DependencyViolation ec2 delete-client-vpn-endpoint \
      --client-vpn-endpoint-id "$id_client_vpn_nightly"
    other_kept
  fi
fi

# --- client-vpn/nightly/subnet ---
# Why: Clients enter the VPC through this subnet and use the security group of the Client
# VPN. The association takes minutes, and it is billed per hour.
# Rules: W-ACCESS
begin created client-vpn/nightly/subnet 'Associate subnet app-a (subnet-a) with it' 73.00
if missing id_client_vpn_nightly_subnet ec2_client_vpn_target_networks; then
  change InvalidClientVpnDuplicateAssociationException yes ec2 associate-client-vpn-target-network \
    --client-token "wizard-$run-16" \
    --client-vpn-endpoint-id "$id_client_vpn_nightly" \
    --subnet-id subnet-a \
    --query AssociationId
fi

wait_for ec2_client_vpn_target_networks state associated 'association-failed disassociating disassociated' 1800 15 \
  client-vpn/nightly/subnet "$id_client_vpn_nightly_subnet"

# --- client-vpn/nightly/authorization ---
# Why: A Client VPN forwards no traffic without an authorization rule. Security groups still
# restrict what clients reach in the VPC.
# Rules: W-ACCESS
begin created client-vpn/nightly/authorization 'Allow its clients to reach 10.0.0.0/16, the VPC'
if missing id_client_vpn_nightly_authorization ec2_client_vpn_authorization_rules; then
  change InvalidClientVpnDuplicateAuthorizationRule yes ec2 authorize-client-vpn-ingress \
    --authorize-all-groups \
    --client-token "wizard-$run-17" \
    --client-vpn-endpoint-id "$id_client_vpn_nightly" \
    --target-network-cidr 10.0.0.0/16 \
    --query "'10.0.0.0/16'"
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
  endpoint/monitoring "$id_endpoint_monitoring" \
  endpoint/nightly-database "$id_endpoint_nightly_database" \
  endpoint/nightly-webserver "$id_endpoint_nightly_webserver"
wait_for ec2_client_vpn_authorization_rules state active 'failed revoking' 600 10 \
  client-vpn/nightly/authorization "$id_client_vpn_nightly_authorization"

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
  read_acm_certificate
  read_acm_certificate_2
  read_ec2_client_vpn_endpoints_2
  read_ec2_client_vpn_target_networks_2
  read_ec2_client_vpn_authorization_rules_2
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
  check mwaa_environment 'endpoint/nightly-webserver environment-status' endpoint/nightly-webserver AVAILABLE \
    'environment nightly is AVAILABLE'
  check ec2_security_group_rules 'security-group-rule/sg-airflow/in/client-vpn group-rule' security-group-rule/sg-airflow/in/client-vpn yes \
    "the environment's security group airflow (sg-airflow) allows TCP 443 from the security group of the Client VPN"
  check acm_certificate 'certificate/vpn-server certificate-issued' certificate/vpn-server ISSUED \
    'the server certificate is issued'
  check acm_certificate_2 'certificate/vpn-client certificate-issued' certificate/vpn-client ISSUED \
    'the client certificate is issued'
  check ec2_client_vpn_endpoints_2 'client-vpn/nightly client-vpn' client-vpn/nightly available \
    'Client VPN airflow-nightly is available'
  check ec2_client_vpn_target_networks_2 'client-vpn/nightly/subnet client-vpn' client-vpn/nightly/subnet associated \
    'subnet subnet-a is associated with it'
  check ec2_client_vpn_authorization_rules_2 'client-vpn/nightly/authorization client-vpn' client-vpn/nightly/authorization active \
    'its clients may reach 10.0.0.0/16'
  not_verified client-vpn/nightly 'a browser on a connected computer opens the web server and shows the log-in page'
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
doing='writing airflow-nightly-vpn/airflow-nightly.ovpn'
ask acm describe-certificate \
  --certificate-arn "$id_certificate_vpn_client" \
  --query Certificate.Serial
serial=$reply
ask ec2 export-client-vpn-client-configuration \
  --client-vpn-endpoint-id "$id_client_vpn_nightly" \
  --query ClientConfiguration
save_vpn airflow-nightly-vpn/airflow-nightly.ovpn \
  airflow-nightly \
  airflow-nightly-vpn/keys \
  "$id_client_vpn_nightly" \
  "$serial" \
  'airflow-nightly-vpn/airflow-nightly.ovpn exists already and was not changed.' \
  'airflow-nightly-vpn/airflow-nightly.ovpn contains a private key: anybody with the file can connect to the VPC.' \
  "airflow-nightly-vpn/airflow-nightly.ovpn is written, but the client's certificate and private key are not known here. Add them at the end of the file, between <cert> and </cert>, and <key> and </key>." \
  'airflow-nightly-vpn/airflow-nightly.ovpn exists, but it is not a complete file of this Client VPN. It was not changed. Rename it and run again.' \
  'The private key of the client certificate is not in the folder airflow-nightly-vpn/keys, so airflow-nightly-vpn/airflow-nightly.ovpn was not written. Use the file where the key was created. If it is lost, replace the key: delete the Client VPN endpoint, if it exists, and then the client certificate in ACM, and run again.' \
  'airflow-nightly-vpn/airflow-nightly.ovpn is not written yet. The certificates and keys for it are in the folder airflow-nightly-vpn/keys: keep it, and run again.' \
  'airflow-nightly.ovpn in the current folder is the file of this Client VPN and was not changed. It contains a private key: move it to the folder airflow-nightly-vpn.'
say 'Connect with the AWS VPN Client (File, Manage Profiles), or run: sudo openvpn --config airflow-nightly-vpn/airflow-nightly.ovpn'
doing=''
if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
