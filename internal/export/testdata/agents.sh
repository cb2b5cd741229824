#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-ec2, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: main (vpc-0a1)
#
# It runs:
#   - agents/prod: Restart the ECS agents of 7 container instances in cluster prod
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is on
#   - endpoint/ecs-agent: keep
#   - endpoint/ecs-telemetry: keep
#   - endpoint/ecs: keep
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

container_instances=(arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01 arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02 arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03 arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05 arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06)
cluster='arn:aws:ecs:eu-central-1:123456789012:cluster/prod'
vpc='vpc-0a1'
account='123456789012'
region='eu-central-1'

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
failures="(failures[0] && join('', ['An error occurred (', failures[0].reason || 'Unsuccessful', '): ', join(': ', [failures[0].arn, failures[0].detail][?@])]))"

# (function usage)
# (function say)
# (function log)
# (function stop)
# (function take_back)
# (function begun)
# (function pause)
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
# (function complete)
# (function running)
# (function completed)
# (function look)
# (function seek)
# (function change)
# (function make_change)
# (function end_at_signal)
# (function rehearse)
# (function judge)
# (function patience)
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

read_ec2_vpc_endpoints() {
  local needs_1="(State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])"
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  VpcEndpoints[?VpcEndpointId=='vpce-ecs-agent' && State!='deleted'].['endpoint/ecs-agent', VpcEndpointId, join(', ', [
    $needs_1][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?VpcEndpointId=='vpce-ecs-telemetry' && State!='deleted'].['endpoint/ecs-telemetry', VpcEndpointId, join(', ', [
    $needs_1][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?VpcEndpointId=='vpce-ecs' && State!='deleted'].['endpoint/ecs', VpcEndpointId, join(', ', [
    $needs_1][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]]
][]"
}

read_ecs_container_instances() {
  list ecs_container_instances '' ecs describe-container-instances \
    --cluster "$cluster" \
    --container-instances "${container_instances[@]}" \
    --include TAGS \
    --query "[
  [['agents/prod complete', ((containerInstances[?contains(['${container_instances[0]}', '${container_instances[1]}', '${container_instances[2]}', '${container_instances[3]}', '${container_instances[4]}'], containerInstanceArn) && status!='DEREGISTERING' && status!='INACTIVE' && (containerInstanceArn)]) && !((containerInstances[?contains(['${container_instances[0]}', '${container_instances[1]}', '${container_instances[2]}', '${container_instances[3]}', '${container_instances[4]}'], containerInstanceArn) && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:draining' && value!='no'])]) || (containerInstances[?contains(['${container_instances[0]}', '${container_instances[1]}', '${container_instances[2]}', '${container_instances[3]}', '${container_instances[4]}'], containerInstanceArn) && status!='DEREGISTERING' && status!='INACTIVE' && (!(tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']))])) && '$cluster') || 'None']],
  [['agents/prod agents', ((containerInstances[?status!='DEREGISTERING' && status!='INACTIVE' && !agentConnected]) && join('', ['not connected: ', join(', ', sort(containerInstances[?status!='DEREGISTERING' && status!='INACTIVE' && !agentConnected].ec2InstanceId))]) || ([containerInstances[?!(status!='DEREGISTERING' && status!='INACTIVE')].ec2InstanceId, failures[].arn][]) && join('', ['undecided: no longer registered: ', join(', ', sort([containerInstances[?!(status!='DEREGISTERING' && status!='INACTIVE')].ec2InstanceId, failures[].arn][]))]) || 'connected') || 'None']]
][]"
}

# --- Undo ---
# Reverts what this script created or added, the last change first. Nothing else is touched.
undo_changes() {
  doing='reverting what this script created'
  some_recorded
  recorded id_vpc_attribute_dns_support vpc-attribute/dns-support
  recorded id_endpoint_ecs_agent endpoint/ecs-agent
  recorded id_endpoint_ecs_telemetry endpoint/ecs-telemetry
  recorded id_endpoint_ecs endpoint/ecs
  recorded id_agents_prod agents/prod
  if mine id_agents_prod agents/prod; then
    say '  This is not reverted.'
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
plan="$account $region vpc-0a1 ecs-ec2"
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
id_endpoint_ecs_agent=$unknown
id_endpoint_ecs_telemetry=$unknown
id_endpoint_ecs=$unknown
id_agents_prod=$unknown
read_ec2_vpc_attribute
place id_vpc_attribute_dns_support ec2_vpc_attribute vpc-attribute/dns-support
read_ec2_vpc_endpoints
place id_endpoint_ecs_agent ec2_vpc_endpoints endpoint/ecs-agent
place id_endpoint_ecs_telemetry ec2_vpc_endpoints endpoint/ecs-telemetry
place id_endpoint_ecs ec2_vpc_endpoints endpoint/ecs
read_ecs_container_instances

# --- Existing resources that the plan keeps ---
keep id_vpc_attribute_dns_support vpc-attribute/dns-support 'DNS support is on' vpc-0a1
keep id_endpoint_ecs_agent endpoint/ecs-agent keep vpce-ecs-agent
keep id_endpoint_ecs_telemetry endpoint/ecs-telemetry keep vpce-ecs-telemetry
keep id_endpoint_ecs endpoint/ecs keep vpce-ecs

wait_for ec2_vpc_endpoints state available 'failed rejected expired deleting deleted partial pendingAcceptance' 600 2 \
  endpoint/ecs-agent "$id_endpoint_ecs_agent" \
  endpoint/ecs-telemetry "$id_endpoint_ecs_telemetry" \
  endpoint/ecs "$id_endpoint_ecs"

# --- agents/prod ---
# Why: An agent keeps the addresses that it was given.
# Rules: E-RESTART
# Value of --parameters for aws ssm send-command below:
IFS= read -r -d '' text_1 <<'TEXT' || true
{
"commands": [
  "#!/bin/sh",
  "# Restarts the Amazon ECS agent of a Linux host and waits until it answers. Run it as root.",
  "# Prints one line: agent-restarted METHOD.",
  "# Exit codes: 3 no agent was found, 4 the agent did not come back, 5 the restart failed.",
  "set -eu",
  "",
  "metadata=http://127.0.0.1:51678/v1/metadata",
  "",
  "# The script calls only the agent on this host, so it uses no proxy. Not every wget supports",
  "# no_proxy.",
  "unset http_proxy HTTP_PROXY all_proxy ALL_PROXY",
  "",
  "has() {",
  "  command -v \"$1\" >/dev/null 2>&1",
  "}",
  "",
  "fail() {",
  "  code=$1",
  "  shift",
  "  printf '%s\\n' \"$*\" >&2",
  "  exit \"$code\"",
  "}",
  "",
  "# Standard output carries one line only, so the output of the commands goes to standard error.",
  "try() {",
  "  \"$@\" >&2 || fail 5 \"Tried: $*. It failed with exit code $?, and the agent may be stopped now. See $log, fix the problem, then run this script again.\"",
  "}",
  "",
  "# A unit that is neither enabled nor active does not run the agent: the package can be installed",
  "# while the agent was started with docker run.",
  "runs() {",
  "  case $(systemctl is-active \"$1\" 2>/dev/null) in",
  "    active | activating | deactivating | reloading | failed) return 0 ;;",
  "  esac",
  "  systemctl is-enabled \"$1\" >/dev/null 2>&1",
  "}",
  "",
  "unit=",
  "if has systemctl; then",
  "  for name in ecs.service amazon-ecs.service; do # its name on SUSE is amazon-ecs",
  "    if runs \"$name\"; then",
  "      unit=$name",
  "      break",
  "    fi",
  "  done",
  "fi",
  "",
  "if [ -n \"$unit\" ]; then",
  "  method=$unit",
  "  log=\"journalctl -u $unit and /var/log/ecs\"",
  "  try systemctl restart \"$unit\"",
  "elif has initctl && job=$(initctl status ecs 2>/dev/null); then",
  "  method=upstart",
  "  log=/var/log/ecs",
  "  case $job in",
  "    *start/*) try initctl stop ecs ;; # a stopped job cannot be stopped again",
  "  esac",
  "  try initctl start ecs",
  "elif has docker && docker inspect --type container ecs-agent >/dev/null 2>&1; then",
  "  method=docker",
  "  log=\"docker logs ecs-agent\"",
  "  try docker stop ecs-agent",
  "  try docker start ecs-agent",
  "elif has apiclient; then",
  "  fail 3 \"No ECS agent was found. Tried: systemd, upstart, Docker. apiclient is installed, so this is a Bottlerocket host: change an ecs setting to restart its agent, or reboot it.\"",
  "else",
  "  fail 3 \"No ECS agent was found. Tried: units ecs and amazon-ecs of systemd, job ecs of upstart, container ecs-agent of Docker. Restart the agent the same way it was started on this host, or reboot the host.\"",
  "fi",
  "",
  "answers() {",
  "  if has curl; then",
  "    curl -fsS -m 1 -o /dev/null \"$metadata\" 2>/dev/null",
  "  else",
  "    wget -q -t 1 -T 1 -O /dev/null \"$metadata\" 2>/dev/null",
  "  fi",
  "}",
  "",
  "if has curl || has wget; then",
  "  tries=1",
  "  until answers; do",
  "    if [ \"$tries\" -ge 30 ]; then",
  "      fail 4 \"The agent was restarted ($method), but $metadata did not answer within a minute. See $log. The agent answers after it has registered with ECS.\"",
  "    fi",
  "    tries=$((tries + 1))",
  "    sleep 2",
  "  done",
  "else",
  "  echo \"Neither curl nor wget is installed, so this script could not check whether the agent is back. Check agentConnected in ECS instead.\" >&2",
  "fi",
  "",
  "echo \"agent-restarted $method\""
],
"executionTimeout": ["300"]
}
TEXT
# Value of --parameters for aws ssm send-command below:
IFS= read -r -d '' text_2 <<'TEXT' || true
{
"commands": [
  "# Restarts the Amazon ECS agent of a Windows host and waits until its service runs.",
  "# Prints one line: agent-restarted AmazonECS.",
  "# Exit codes: 3 no agent was found, 4 the agent did not come back, 5 the restart failed.",
  "$ErrorActionPreference = 'Stop'",
  "$name = 'AmazonECS'",
  "",
  "function Stop-With([int]$code, [string]$text) {",
  "    [Console]::Error.WriteLine($text)",
  "    exit $code",
  "}",
  "",
  "if (-not (Get-Service -Name $name -ErrorAction SilentlyContinue)) {",
  "    Stop-With 3 \"No ECS agent was found. Tried: service $name. Restart the agent the same way it was started on this host, or reboot the host.\"",
  "}",
  "",
  "try {",
  "    Restart-Service -Name $name",
  "} catch {",
  "    Stop-With 5 \"Tried: Restart-Service $name. It failed: $($_.Exception.Message) The agent may be stopped now. See C:\\ProgramData\\Amazon\\ECS\\log, fix the problem, then run this script again.\"",
  "}",
  "",
  "# A service that fails right after its start is Running for a moment, so require three checks in a row.",
  "$running = 0",
  "for ($i = 0; $i -lt 30; $i++) {",
  "    if ((Get-Service -Name $name).Status -eq 'Running') { $running++ } else { $running = 0 }",
  "    if ($running -ge 3) {",
  "        Write-Output \"agent-restarted $name\"",
  "        exit 0",
  "    }",
  "    Start-Sleep -Seconds 2",
  "}",
  "Stop-With 4 \"Service $name was restarted, but does not stay running. See C:\\ProgramData\\Amazon\\ECS\\log.\""
],
"executionTimeout": ["300"]
}
TEXT
begin run agents/prod 'Restart the ECS agents of 7 container instances in cluster prod'
token="wizard-$run-5"
if complete ecs_container_instances 'agents/prod complete'; then
  id="$cluster"
  id_agents_prod=$id
  same
elif running id_agents_prod; then
  # ask_ecs_container_instances QUERY FUNCTION [ARGUMENT]...: calls the function with this
  # reading call.
  ask_ecs_container_instances() {
    local query=$1
    shift
    "$@" ecs describe-container-instances \
      --cluster "$cluster" \
      --container-instances "${container_instances[@]}" \
      --include TAGS \
      --query "$query"
  }
  # parts_1 INSTANCE ARN: applies the parts of this change that are about one of several.
  parts_1() {
    instance=$1
    arn=$2
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (containerInstanceArn)].containerInstanceArn | [0]" \
      look
    if [[ -z $id ]]; then
      say "  Container instance $instance is no longer registered in cluster prod, so it is skipped. If another instance replaced it, create a new plan."
      return 0
    fi
    back="activate instance $instance. Instance $instance may be left DRAINING, and then gets no new tasks. To undo this: \`aws ecs update-container-instances-state --cluster prod --container-instances $arn --status ACTIVE --region $region\`."
    take_back() {
      say "  activate instance $instance"
      ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (status=='DRAINING' && tags[?key=='privatelink-wizard:draining' && value!='no'] && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token']))]) && '$arn'" \
        look
      if [[ -z $id ]]; then
        change '' no ecs update-container-instances-state \
          --cluster "$cluster" \
          --container-instances '["'"$arn"'"]' \
          --status ACTIVE \
          --query "$failures || ('$arn')"
      fi
      say "  record on $instance that it is active"
      ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:draining' && value!='no'] && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token']))]) && '$arn'" \
        look
      if [[ -z $id ]]; then
        change '' no ecs tag-resource \
          --resource-arn "$arn" \
          --tags '[{"key":"privatelink-wizard:draining","value":"no"}]' \
          --query "'$arn'"
      fi
    }
    say "  check that nobody else drains $instance"
    absent='no longer registered'
    ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (status!='DRAINING' || tags[?key=='privatelink-wizard:draining' && value!='no']) && 'free' || 'drained by somebody else']" \
      await agents/prod "$instance" free 'drained by somebody else no longer registered' 60 5 no ''

    say "  record on $instance that this run drains it"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=2
      begun
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:draining","value":"'"$id_endpoint_ecs"' '"$id_endpoint_ecs_agent"' '"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
        --query "'$arn'"
      id_agents_prod=$id
      pause 5
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:restarting']) && 'recorded' || 'not recorded']" \
        await agents/prod "$instance" recorded 'no longer registered' 60 5 no ''
    fi

    say "  drain $instance"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=3
      begun
      ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (status=='DRAINING')].containerInstanceArn | [0]" \
        look
      if [[ -n $id ]]; then
        say '  an earlier run began this'
      else
        change '' no ecs update-container-instances-state \
          --cluster "$cluster" \
          --container-instances '["'"$arn"'"]' \
          --status DRAINING \
          --query "$failures || ('$arn')"
      fi
      id_agents_prod=$id
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (to_string(runningTasksCount)=='0') && 'empty' || 'draining']" \
        await agents/prod "$instance" empty 'no longer registered' 3600 10 no "Tasks that no service moves to another instance, such as AWS Batch jobs, run to their end. Run again when no task runs on instance $instance. If it was terminated, deregister it and run again: \`aws ecs deregister-container-instance --cluster prod --container-instance $arn --force --region $region\`."
    fi

    say "  check that no other run restarts $instance"
    ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:restarting' && value!='$token'])]) && '$arn'" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=4
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) && 'restarted' || 'being restarted by another run']" \
        await agents/prod "$instance" restarted 'no longer registered' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.'
    fi

    say "  reboot $instance"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'] || tags[?key=='privatelink-wizard:rebooted' && value==join('', ['', '$id_endpoint_ecs', ' ', '$id_endpoint_ecs_agent', ' ', '$id_endpoint_ecs_telemetry'])])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=5
      begun
      change '' yes ec2 reboot-instances --instance-ids "$instance" --query "'$instance'"
    fi

    say "  record on $instance that it was rebooted"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'] || tags[?key=='privatelink-wizard:rebooted' && value==join('', ['', '$id_endpoint_ecs', ' ', '$id_endpoint_ecs_agent', ' ', '$id_endpoint_ecs_telemetry'])])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=6
      begun
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:rebooted","value":"'"$id_endpoint_ecs"' '"$id_endpoint_ecs_agent"' '"$id_endpoint_ecs_telemetry"'"}]' \
        --query "'$arn'"
    fi

    say "  wait until the agent of $instance is not connected"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=7
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (!agentConnected) && 'left' || 'not left yet']" \
        await agents/prod "$instance" left 'no longer registered' 90 3 yes ''
    fi

    say "  wait until the agent of $instance is connected"
    absent='no longer registered'
    ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (agentConnected) && 'connected' || 'not connected']" \
      await agents/prod "$instance" connected 'no longer registered' 600 5 no "Check that instance $instance is running, and read /var/log/ecs/ecs-agent.log on it. If it was terminated, deregister it and run again: \`aws ecs deregister-container-instance --cluster prod --container-instance $arn --force --region $region\`. The remaining instances were not started."

    say "  tag instance $instance as restarted"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=9
      begun
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
        --query "'$arn'"
    fi

    take_back
    undo=no
  }
  parts_1 i-03 "${container_instances[2]}"
  # parts_2 ZONE INSTANCE_1 ARN_1 INSTANCE_2 ARN_2: applies the parts of this change that are
  # about one of several.
  parts_2() {
    zone=$1
    instance_1=$2
    arn_1=$3
    instance_2=$4
    arn_2=$5
    ask_ecs_container_instances "to_string(length([containerInstances[?contains(['$arn_1', '$arn_2'], containerInstanceArn) && status!='DEREGISTERING' && status!='INACTIVE' && (containerInstanceArn)]][]))=='2' && '$cluster'" \
      look
    if [[ -z $id ]]; then
      say "  Not all of $instance_1, $instance_2 are registered in cluster prod any more, so the agents of the others are restarted one after the other."
      return 0
    fi
    say "  record on $instance_1 that this run restarts its agent"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn_1' && status!='DEREGISTERING' && status!='INACTIVE' && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=1
      change '' no ecs tag-resource \
        --resource-arn "$arn_1" \
        --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
        --query "'$arn_1'"
    fi

    say "  record on $instance_2 that this run restarts its agent"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn_2' && status!='DEREGISTERING' && status!='INACTIVE' && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=2
      change '' no ecs tag-resource \
        --resource-arn "$arn_2" \
        --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
        --query "'$arn_2'"
      id_agents_prod=$id
      pause 5
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:restarting']) && 'recorded' || 'not recorded']" \
        await agents/prod "$instance_2" recorded 'no longer registered' 60 5 no ''
    fi

    say "  check that no other run restarts $zone: $instance_1, $instance_2"
    ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn_2' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:restarting' && value!='$token'])]) && '$arn_2'" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=3
      ask_ecs_container_instances "[['hosts', !(containerInstances[?contains(['$arn_1', '$arn_2'], containerInstanceArn) && status!='DEREGISTERING' && status!='INACTIVE' && (!(tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']))]) && 'restarted' || 'being restarted by another run']]" \
        await agents/prod hosts restarted '' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.'
    fi

    say "  restart the agents of $zone: $instance_1, $instance_2"
    ask_ecs_container_instances "!(containerInstances[?contains(['$arn_1', '$arn_2'], containerInstanceArn) && status!='DEREGISTERING' && status!='INACTIVE' && (!(tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']))]) && '$cluster'" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=4
      look ssm list-command-invocations \
        --instance-id "$instance_1" \
        --query "CommandInvocations[?ends_with(Comment || '', join('', [' ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry']))].CommandId | [0]"
      if [[ -n $id ]]; then
        say '  an earlier run began this'
      else
        change '' no ssm send-command \
          --comment "PrivateLink Wizard $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
          --document-name AWS-RunShellScript \
          --instance-ids "$instance_1" "$instance_2" \
          --parameters "$text_1" \
          --timeout-seconds 120 \
          --query Command.CommandId
      fi
      id_agents_prod=$id
      await agents/prod "$id_agents_prod" finished '' 900 3 no '' ssm list-command-invocations \
        --command-id "$id_agents_prod" \
        --query "[['$id_agents_prod', CommandInvocations && !(CommandInvocations[?Status!='Success' && Status!='Failed' && Status!='TimedOut' && Status!='Cancelled']) && 'finished' || 'InProgress']]"
    fi
  }
  parts_2 "${region}a" i-01 "${container_instances[0]}" i-02 "${container_instances[1]}"
  # parts_3 INSTANCE ARN: applies the parts of this change that are about one of several.
  parts_3() {
    instance=$1
    arn=$2
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (containerInstanceArn)].containerInstanceArn | [0]" \
      look
    if [[ -z $id ]]; then
      say "  Container instance $instance is no longer registered in cluster prod, so it is skipped. If another instance replaced it, create a new plan."
      return 0
    fi
    say "  record on $instance that this run restarts its agent"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=1
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
        --query "'$arn'"
      id_agents_prod=$id
      pause 5
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:restarting']) && 'recorded' || 'not recorded']" \
        await agents/prod "$instance" recorded 'no longer registered' 60 5 no ''
    fi

    say "  check that no other run restarts $instance"
    ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:restarting' && value!='$token'])]) && '$arn'" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=2
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) && 'restarted' || 'being restarted by another run']" \
        await agents/prod "$instance" restarted 'no longer registered' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.'
    fi

    say "  restart the agent of $instance"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=3
      look ssm list-command-invocations \
        --instance-id "$instance" \
        --query "CommandInvocations[?ends_with(Comment || '', join('', [' ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry'])) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
      if [[ -n $id ]]; then
        say '  an earlier run began this'
      else
        change '' no ssm send-command \
          --comment "PrivateLink Wizard $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
          --document-name AWS-RunShellScript \
          --instance-ids "$instance" \
          --parameters "$text_1" \
          --timeout-seconds 120 \
          --query Command.CommandId
      fi
      id_agents_prod=$id
      await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
        --command-id "$id_agents_prod" \
        --details \
        --instance-id "$instance" \
        --query "[['$id_agents_prod', CommandInvocations[?Status=='Success'] && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
    fi

    say "  wait until the agent of $instance is connected"
    absent='no longer registered'
    ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (agentConnected) && 'connected' || 'not connected']" \
      await agents/prod "$instance" connected 'no longer registered' 600 5 no "Check that instance $instance is running, and read /var/log/ecs/ecs-agent.log on it. If it was terminated, deregister it and run again: \`aws ecs deregister-container-instance --cluster prod --container-instance $arn --force --region $region\`. The remaining instances were not started."

    say "  tag instance $instance as restarted"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=5
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
        --query "'$arn'"
    fi
  }
  parts_3 i-01 "${container_instances[0]}"
  parts_3 i-02 "${container_instances[1]}"
  # parts_4 INSTANCE ARN: applies the parts of this change that are about one of several.
  parts_4() {
    instance=$1
    arn=$2
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (containerInstanceArn)].containerInstanceArn | [0]" \
      look
    if [[ -z $id ]]; then
      say "  Container instance $instance is no longer registered in cluster prod, so it is skipped. If another instance replaced it, create a new plan."
      return 0
    fi
    say "  wait until Systems Manager reaches $instance"
    await agents/prod hosts Online '' 900 10 no "Check that instance $instance is running and that SSM Agent runs on it. If it was terminated, deregister it and run again: \`aws ecs deregister-container-instance --cluster prod --container-instance $arn --force --region $region\`." ssm describe-instance-information \
      --filters "Key=InstanceIds,Values=$instance" \
      --query "[['hosts', to_string(length([InstanceInformationList[?PingStatus=='Online'].InstanceId][]))=='1' && 'Online' || 'not reached yet']]"

    say "  record on $instance that this run restarts its agent"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=2
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
        --query "'$arn'"
      id_agents_prod=$id
      pause 5
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:restarting']) && 'recorded' || 'not recorded']" \
        await agents/prod "$instance" recorded 'no longer registered' 60 5 no ''
    fi

    say "  check that no other run restarts $instance"
    ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:restarting' && value!='$token'])]) && '$arn'" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=3
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) && 'restarted' || 'being restarted by another run']" \
        await agents/prod "$instance" restarted 'no longer registered' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.'
    fi

    say "  restart the agent of $instance"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=4
      look ssm list-command-invocations \
        --instance-id "$instance" \
        --query "CommandInvocations[?ends_with(Comment || '', join('', [' ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry'])) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
      if [[ -n $id ]]; then
        say '  an earlier run began this'
      else
        change '' no ssm send-command \
          --comment "PrivateLink Wizard $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
          --document-name AWS-RunShellScript \
          --instance-ids "$instance" \
          --parameters "$text_1" \
          --timeout-seconds 120 \
          --query Command.CommandId
      fi
      id_agents_prod=$id
      await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
        --command-id "$id_agents_prod" \
        --details \
        --instance-id "$instance" \
        --query "[['$id_agents_prod', CommandInvocations[?Status=='Success'] && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
    fi

    say "  wait until the agent of $instance is connected"
    absent='no longer registered'
    ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (agentConnected) && 'connected' || 'not connected']" \
      await agents/prod "$instance" connected 'no longer registered' 600 5 no "Check that instance $instance is running, and read /var/log/ecs/ecs-agent.log on it. If it was terminated, deregister it and run again: \`aws ecs deregister-container-instance --cluster prod --container-instance $arn --force --region $region\`. The remaining instances were not started."

    say "  tag instance $instance as restarted"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=6
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
        --query "'$arn'"
    fi
  }
  parts_4 i-05 "${container_instances[3]}"
  # parts_5 INSTANCE ARN: applies the parts of this change that are about one of several.
  parts_5() {
    instance=$1
    arn=$2
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (containerInstanceArn)].containerInstanceArn | [0]" \
      look
    if [[ -z $id ]]; then
      say "  Container instance $instance is no longer registered in cluster prod, so it is skipped. If another instance replaced it, create a new plan."
      return 0
    fi
    say "  record on $instance that this run restarts its agent"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && ((tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) || tags[?key=='privatelink-wizard:restarting' && value=='$token'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=1
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
        --query "'$arn'"
      id_agents_prod=$id
      pause 5
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:restarting']) && 'recorded' || 'not recorded']" \
        await agents/prod "$instance" recorded 'no longer registered' 60 5 no ''
    fi

    say "  check that no other run restarts $instance"
    ask_ecs_container_instances "!(containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:restarting' && value!='$token'])]) && '$arn'" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=2
      absent='no longer registered'
      ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']) && 'restarted' || 'being restarted by another run']" \
        await agents/prod "$instance" restarted 'no longer registered' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.'
    fi

    say "  restart the agent of $instance"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=3
      look ssm list-command-invocations \
        --instance-id "$instance" \
        --query "CommandInvocations[?ends_with(Comment || '', join('', [' ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry'])) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
      if [[ -n $id ]]; then
        say '  an earlier run began this'
      else
        change '' no ssm send-command \
          --comment "PrivateLink Wizard $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
          --document-name AWS-RunPowerShellScript \
          --instance-ids "$instance" \
          --parameters "$text_2" \
          --timeout-seconds 120 \
          --query Command.CommandId
      fi
      id_agents_prod=$id
      await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
        --command-id "$id_agents_prod" \
        --details \
        --instance-id "$instance" \
        --query "[['$id_agents_prod', CommandInvocations[?Status=='Success'] && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
    fi

    say "  wait until the agent of $instance is connected"
    absent='no longer registered'
    ask_ecs_container_instances "containerInstances[].[ec2InstanceId, !(status!='DEREGISTERING' && status!='INACTIVE') && 'no longer registered' || (agentConnected) && 'connected' || 'not connected']" \
      await agents/prod "$instance" connected 'no longer registered' 600 5 no "Check that instance $instance is running, and read /var/log/ecs/ecs-agent.log on it. If it was terminated, deregister it and run again: \`aws ecs deregister-container-instance --cluster prod --container-instance $arn --force --region $region\`. The remaining instances were not started."

    say "  tag instance $instance as restarted"
    ask_ecs_container_instances "containerInstances[?containerInstanceArn=='$arn' && status!='DEREGISTERING' && status!='INACTIVE' && (tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs'])].containerInstanceArn | [0]" \
      look
    if [[ -n $id ]]; then
      say '  already done'
    else
      step=5
      change '' no ecs tag-resource \
        --resource-arn "$arn" \
        --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
        --query "'$arn'"
    fi
  }
  parts_5 i-06 "${container_instances[4]}"
  id="$cluster"
  id_agents_prod=$id
  completed id_agents_prod
fi
say "  manual step: On i-04 run: \`sudo systemctl restart ecs\`. The host is outside AWS (ECS Anywhere). It does not use the endpoints of a VPC unless it is connected to that VPC and uses its DNS. If it does, restart the service, which monitors the agent's container. Reason for the manual step: Run Command does not reach it."
say "  manual step: On i-07 run: \`sudo stop ecs\` and \`sudo start ecs\`. Do not use \`sudo docker stop ecs-agent\` and \`sudo docker start ecs-agent\` from the AWS guide. The ecs service would not monitor the agent, and tasks could lose access to their credentials. Reason for the manual step: it has no instance profile, which Systems Manager needs."

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

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_ecs_container_instances
  check ecs_container_instances 'agents/prod agents' agents/prod connected \
    'the restarted ECS agents of 5 container instances in cluster prod are connected'
  not_verified agents/prod \
    'the ECS agents of 2 container instances in cluster prod, which are manual steps, are restarted'
}

verify check_all 2 4

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
