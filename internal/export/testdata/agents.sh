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
id_endpoint_ecs_agent=$unknown
id_endpoint_ecs_telemetry=$unknown
id_endpoint_ecs=$unknown
id_agents_prod=$unknown
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
  survey '' ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [VpcEndpoints[?VpcEndpointId=='vpce-ecs-agent' && State!='deleted'
    && (State=='available' || State=='pending')].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-ecs-agent' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?VpcEndpointId=='vpce-ecs-telemetry' && State!='deleted'
    && (State=='available' || State=='pending')].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-ecs-telemetry' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?VpcEndpointId=='vpce-ecs' && State!='deleted'
    && (State=='available' || State=='pending')].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?VpcEndpointId=='vpce-ecs' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)'])][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_endpoint_ecs_agent endpoint/ecs-agent 1 3 vpce-ecs-agent
  place id_endpoint_ecs_telemetry endpoint/ecs-telemetry 2 3 vpce-ecs-telemetry
  place id_endpoint_ecs endpoint/ecs 3 3 vpce-ecs
}
find_1
find_2

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

# --- endpoint/ecs-agent ---
# keep.
begin endpoint/ecs-agent keep
recall id_endpoint_ecs_agent find_2
if [[ -n $id ]]; then
  same
else
  deleted vpce-ecs-agent
fi
id_endpoint_ecs_agent=$id

# --- endpoint/ecs-telemetry ---
# keep.
begin endpoint/ecs-telemetry keep
recall id_endpoint_ecs_telemetry find_2
if [[ -n $id ]]; then
  same
else
  deleted vpce-ecs-telemetry
fi
id_endpoint_ecs_telemetry=$id

# --- endpoint/ecs ---
# keep.
begin endpoint/ecs keep
recall id_endpoint_ecs find_2
if [[ -n $id ]]; then
  same
else
  deleted vpce-ecs
fi
id_endpoint_ecs=$id
wait_available endpoint/ecs "$id_endpoint_ecs" \
  endpoint/ecs-agent "$id_endpoint_ecs_agent" \
  endpoint/ecs-telemetry "$id_endpoint_ecs_telemetry"

# --- agents/prod ---
# Restart the ECS agents of 7 container instances in cluster prod.
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
  "#!/bin/sh",
  "# Restarts the Amazon ECS agent of a Bottlerocket host and waits until it is back. Run it in",
  "# the control container, which Run Command uses: it has apiclient, but no systemctl and no docker.",
  "# Prints one line: agent-restarted apiclient.",
  "# Exit codes: 3 not Bottlerocket, 4 the agent did not come back, 5 apiclient failed.",
  "#",
  "# Bottlerocket restarts ecs.service when an ecs setting is committed, even if the value stays",
  "# the same. So the script sets the log level to its current value, and only the agent restarts.",
  "# apiclient does not wait for the service. But this container shares the network of the host:",
  "# after a restart, a new socket listens on the agent's port.",
  "set -eu",
  "",
  "fail() {",
  "  code=$1",
  "  shift",
  "  printf '%s\\n' \"$*\" >&2",
  "  exit \"$code\"",
  "}",
  "",
  "# Prints the inode of the socket that listens (state 0A) on port 51678, which is C9DE in",
  "# hexadecimal.",
  "listener() {",
  "  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ address _ state _ _ _ _ _ inode _; do",
  "    case $address/$state in",
  "      *:C9DE/0A) echo \"$inode\" ;;",
  "    esac",
  "  done",
  "}",
  "",
  "command -v apiclient >/dev/null 2>&1 ||",
  "  fail 3 \"No ECS agent was found. Tried: apiclient, which is not installed, so this is not the control container of a Bottlerocket host. Reboot the host to restart its agent.\"",
  "",
  "level=$(apiclient raw -u '/settings?keys=settings.ecs.loglevel' | sed -n 's/.*\"loglevel\" *: *\"\\([a-z]*\\)\".*/\\1/p')",
  "case $level in",
  "  crit | error | warn | info | debug) ;;",
  "  *) fail 5 \"Tried: apiclient raw -u '/settings?keys=settings.ecs.loglevel'. It returned no log level for the agent. Reboot the host to restart its agent.\" ;;",
  "esac",
  "",
  "before=$(listener)",
  "apiclient set \"settings.ecs.loglevel=$level\" >&2 ||",
  "  fail 5 \"Tried: apiclient set settings.ecs.loglevel=$level. It failed with exit code $?. Reboot the host to restart its agent.\"",
  "",
  "tries=1",
  "while now=$(listener); [ -z \"$now\" ] || [ \"$now\" = \"$before\" ]; do",
  "  if [ \"$tries\" -ge 30 ]; then",
  "    fail 4 \"Tried: apiclient set settings.ecs.loglevel=$level, which restarts the agent. No new agent listened on port 51678 within a minute. Reboot the host to restart its agent.\"",
  "  fi",
  "  tries=$((tries + 1))",
  "  sleep 2",
  "done",
  "",
  "echo \"agent-restarted apiclient\""
],
"executionTimeout": ["300"]
}
TEXT
# Value of --parameters for aws ssm send-command below:
IFS= read -r -d '' text_3 <<'TEXT' || true
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
begin agents/prod 'Restart the ECS agents of 7 container instances in cluster prod'
token="wizard-$run-5"

say '  record on i-01 that this run restarts the agents of eu-central-1a: i-01, i-02'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='2' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01 \
    --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01'"
  id_agents_prod=$id
  pause 5
  await agents/prod i-01 recorded '' 60 5 no '' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01"]' \
    --include TAGS \
    --query "containerInstances[].[ec2InstanceId, tags[?key=='privatelink-wizard:restarting'] && 'recorded' || 'not recorded']"
fi

say '  check that no other run restarts i-01, i-02'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01"]' \
  --include TAGS \
  --query "containerInstances[?tags[?key=='privatelink-wizard:restarting' && value=='$token']].containerInstanceArn | [0]"
if [[ -n $id ]]; then
  say '  already done'
else
  await agents/prod hosts restarted '' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02"]' \
    --include TAGS \
    --query "[['hosts', to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='2' && 'restarted' || 'being restarted by another run']]"
fi

say '  restart the agents of eu-central-1a: i-01, i-02'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='2' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  look ssm list-command-invocations \
    --instance-id i-01 \
    --query "CommandInvocations[?Comment==join('', ['PrivateLink Wizard ed9a792f ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry']) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
  if [[ -n $id ]]; then
    say '  an earlier run began this'
  else
  change '' no ssm send-command \
    --comment "PrivateLink Wizard ed9a792f $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
    --document-name AWS-RunShellScript \
    --instance-ids i-01 i-02 \
    --parameters "$text_1" \
    --timeout-seconds 120 \
    --query Command.CommandId
  fi
  id_agents_prod=$id
  await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
    --command-id "$id_agents_prod" \
    --details \
    --query "[['$id_agents_prod', to_string(length([CommandInvocations[?Status=='Success'].InstanceId][]))=='2' && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
fi

say '  wait until the agent of i-01 is connected'
await agents/prod i-01 connected '' 600 5 no 'Check that instance i-01 is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.' ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01"]' \
  --include TAGS \
  --query "containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']"

say '  tag instance i-01 as restarted'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01 \
    --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01'"
fi

say '  wait until the agent of i-02 is connected'
await agents/prod i-02 connected '' 600 5 no 'Check that instance i-02 is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.' ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02"]' \
  --include TAGS \
  --query "containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']"

say '  tag instance i-02 as restarted'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02 \
    --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02'"
fi

say '  record on i-03 that this run restarts the agents of eu-central-1a: i-03'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03 \
    --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03'"
  id_agents_prod=$id
  pause 5
  await agents/prod i-03 recorded '' 60 5 no '' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
    --include TAGS \
    --query "containerInstances[].[ec2InstanceId, tags[?key=='privatelink-wizard:restarting'] && 'recorded' || 'not recorded']"
fi

say '  check that no other run restarts i-03'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
  --include TAGS \
  --query "containerInstances[?tags[?key=='privatelink-wizard:restarting' && value=='$token']].containerInstanceArn | [0]"
if [[ -n $id ]]; then
  say '  already done'
else
  await agents/prod hosts restarted '' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
    --include TAGS \
    --query "[['hosts', to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'restarted' || 'being restarted by another run']]"
fi

say '  restart the agents of eu-central-1a: i-03'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  look ssm list-command-invocations \
    --instance-id i-03 \
    --query "CommandInvocations[?Comment==join('', ['PrivateLink Wizard ee24bf5a ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry']) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
  if [[ -n $id ]]; then
    say '  an earlier run began this'
  else
  change '' no ssm send-command \
    --comment "PrivateLink Wizard ee24bf5a $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
    --document-name AWS-RunShellScript \
    --instance-ids i-03 \
    --parameters "$text_2" \
    --timeout-seconds 120 \
    --query Command.CommandId
  fi
  id_agents_prod=$id
  await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
    --command-id "$id_agents_prod" \
    --details \
    --query "[['$id_agents_prod', to_string(length([CommandInvocations[?Status=='Success'].InstanceId][]))=='1' && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
fi

say '  wait until the agent of i-03 is connected'
await agents/prod i-03 connected '' 600 5 no 'Check that instance i-03 is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.' ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
  --include TAGS \
  --query "containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']"

say '  tag instance i-03 as restarted'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03 \
    --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03'"
fi

say '  wait until Systems Manager reaches eu-central-1b: i-05'
await agents/prod hosts Online '' 900 10 no '' ssm describe-instance-information \
  --filters Key=InstanceIds,Values=i-05 \
  --query "[['hosts', to_string(length([InstanceInformationList[?PingStatus=='Online'].InstanceId][]))=='1' && 'Online' || 'not reached yet']]"

say '  record on i-05 that this run restarts the agents of eu-central-1b: i-05'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05 \
    --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05'"
  id_agents_prod=$id
  pause 5
  await agents/prod i-05 recorded '' 60 5 no '' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
    --include TAGS \
    --query "containerInstances[].[ec2InstanceId, tags[?key=='privatelink-wizard:restarting'] && 'recorded' || 'not recorded']"
fi

say '  check that no other run restarts i-05'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
  --include TAGS \
  --query "containerInstances[?tags[?key=='privatelink-wizard:restarting' && value=='$token']].containerInstanceArn | [0]"
if [[ -n $id ]]; then
  say '  already done'
else
  await agents/prod hosts restarted '' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
    --include TAGS \
    --query "[['hosts', to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'restarted' || 'being restarted by another run']]"
fi

say '  restart the agents of eu-central-1b: i-05'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  look ssm list-command-invocations \
    --instance-id i-05 \
    --query "CommandInvocations[?Comment==join('', ['PrivateLink Wizard 28050502 ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry']) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
  if [[ -n $id ]]; then
    say '  an earlier run began this'
  else
  change '' no ssm send-command \
    --comment "PrivateLink Wizard 28050502 $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
    --document-name AWS-RunShellScript \
    --instance-ids i-05 \
    --parameters "$text_1" \
    --timeout-seconds 120 \
    --query Command.CommandId
  fi
  id_agents_prod=$id
  await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
    --command-id "$id_agents_prod" \
    --details \
    --query "[['$id_agents_prod', to_string(length([CommandInvocations[?Status=='Success'].InstanceId][]))=='1' && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
fi

say '  wait until the agent of i-05 is connected'
await agents/prod i-05 connected '' 600 5 no 'Check that instance i-05 is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.' ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
  --include TAGS \
  --query "containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']"

say '  tag instance i-05 as restarted'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05 \
    --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05'"
fi

say '  record on i-06 that this run restarts the agents of eu-central-1b: i-06'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06 \
    --tags '[{"key":"privatelink-wizard:restarting","value":"'"$token"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06'"
  id_agents_prod=$id
  pause 5
  await agents/prod i-06 recorded '' 60 5 no '' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
    --include TAGS \
    --query "containerInstances[].[ec2InstanceId, tags[?key=='privatelink-wizard:restarting'] && 'recorded' || 'not recorded']"
fi

say '  check that no other run restarts i-06'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
  --include TAGS \
  --query "containerInstances[?tags[?key=='privatelink-wizard:restarting' && value=='$token']].containerInstanceArn | [0]"
if [[ -n $id ]]; then
  say '  already done'
else
  await agents/prod hosts restarted '' 5400 10 no 'Another run began this restart later than this run, and has not finished it. Run again to continue.' ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
    --include TAGS \
    --query "[['hosts', to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'restarted' || 'being restarted by another run']]"
fi

say '  restart the agents of eu-central-1b: i-06'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  look ssm list-command-invocations \
    --instance-id i-06 \
    --query "CommandInvocations[?Comment==join('', ['PrivateLink Wizard be986c4c ', '$id_endpoint_ecs', ',', '$id_endpoint_ecs_agent', ',', '$id_endpoint_ecs_telemetry']) && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]"
  if [[ -n $id ]]; then
    say '  an earlier run began this'
  else
  change '' no ssm send-command \
    --comment "PrivateLink Wizard be986c4c $id_endpoint_ecs,$id_endpoint_ecs_agent,$id_endpoint_ecs_telemetry" \
    --document-name AWS-RunPowerShellScript \
    --instance-ids i-06 \
    --parameters "$text_3" \
    --timeout-seconds 120 \
    --query Command.CommandId
  fi
  id_agents_prod=$id
  await agents/prod "$id_agents_prod" Success Failed 900 3 no '' ssm list-command-invocations \
    --command-id "$id_agents_prod" \
    --details \
    --query "[['$id_agents_prod', to_string(length([CommandInvocations[?Status=='Success'].InstanceId][]))=='1' && 'Success' || CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]"
fi

say '  wait until the agent of i-06 is connected'
await agents/prod i-06 connected '' 600 5 no 'Check that instance i-06 is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.' ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
  --include TAGS \
  --query "containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']"

say '  tag instance i-06 as restarted'
look ecs describe-container-instances \
  --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
  --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
  --include TAGS \
  --query "to_string(length([containerInstances[?tags[?key=='privatelink-wizard:ecs-agent' && value=='$id_endpoint_ecs_agent'] && tags[?key=='privatelink-wizard:ecs-telemetry' && value=='$id_endpoint_ecs_telemetry'] && tags[?key=='privatelink-wizard:ecs' && value=='$id_endpoint_ecs']].ec2InstanceId][]))=='1' && 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod'"
if [[ -n $id ]]; then
  say '  already done'
else
  change '' no ecs tag-resource \
    --resource-arn arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06 \
    --tags '[{"key":"privatelink-wizard:ecs-agent","value":"'"$id_endpoint_ecs_agent"'"},{"key":"privatelink-wizard:ecs-telemetry","value":"'"$id_endpoint_ecs_telemetry"'"},{"key":"privatelink-wizard:ecs","value":"'"$id_endpoint_ecs"'"}]' \
    --query "'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06'"
fi
id_agents_prod=arn:aws:ecs:eu-central-1:123456789012:cluster/prod
say "  manual step: On i-04 run: \`sudo systemctl restart ecs\`. The host is outside AWS (ECS Anywhere). It does not use the endpoints of a VPC unless it is connected to that VPC and uses its DNS. If it does, restart the service, which monitors the agent's container. Reason for the manual step: Run Command does not reach it."
say "  manual step: On i-07 run: \`sudo stop ecs\` and \`sudo start ecs\`. Do not use \`sudo docker stop ecs-agent\` and \`sudo docker start ecs-agent\` from the AWS guide. The ecs service would not monitor the agent, and tasks could lose access to their credentials. Reason for the manual step: it has no instance profile, which Systems Manager needs."

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
wait_available endpoint/ecs-agent "$id_endpoint_ecs_agent" \
  endpoint/ecs-telemetry "$id_endpoint_ecs_telemetry" \
  endpoint/ecs "$id_endpoint_ecs"

# --- Verification ---
doing='verifying the result'
say "$doing"

# measure makes each call once and evaluates all its claims.
measure() {
  verdicts=''
  failed=0
  unproven=0
  ask ecs describe-container-instances \
    --cluster arn:aws:ecs:eu-central-1:123456789012:cluster/prod \
    --container-instances '["arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/01","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/02","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/03","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/05","arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/06"]' \
    --include TAGS \
    --query "[
  [to_string(length([containerInstances[?agentConnected].ec2InstanceId][]))=='5' && 'connected' || join('', ['not connected: ', join(', ', sort([containerInstances[?!agentConnected].ec2InstanceId, failures[].arn][]))])]
]"
  claim 1 \
    1 \
    agents/prod \
    connected \
    'the restarted ECS agents of 5 container instances in cluster prod are connected'
}

verify measure 2 4
say '  not verified  agents/prod: the ECS agents of 2 container instances in cluster prod, which are manual steps, are restarted'

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
result endpoint/ecs-agent "$id_endpoint_ecs_agent"
result endpoint/ecs-telemetry "$id_endpoint_ecs_telemetry"
result endpoint/ecs "$id_endpoint_ecs"
result agents/prod "$id_agents_prod"
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
