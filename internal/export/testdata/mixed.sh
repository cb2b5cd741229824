#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version 1.0.0 from answers.yaml.
#
# Account: 123456789012
# Region: eu-central-1
# VPC: main (vpc-0a1)
#
# It makes:
#   - security-group-rule/sg-09/in/sg-07: admit TCP 443 from sg-07
#
# It adds to what is there:
#   - endpoint/s3: add a route table
#   - endpoint/logs: add a zone and turn private DNS on
#
# It keeps, after a look whether it is still there:
#   - vpc-attribute/dns-support: DNS support is on
#   - endpoint/ecr.api: keep
#
# It adds nothing to the bill.
#
# It looks for each thing before it makes it, so it can be run again at any time. It never
# deletes, replaces or narrows anything. It needs bash 3.2 or newer and the AWS CLI, version
# 1 or 2. Try it first with --dry-run; --help says more.

set -euo pipefail

account=123456789012
region=eu-central-1
dry_run=no

# Answers are read here, so the CLI must neither page nor ask.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

unknown='not-made-in-a-dry-run' # stands for the id of what a dry run would make
doing=''                        # what is being done, for the words at the end
row=''                          # the row that it belongs to
made=''                         # what was done so far
errors=''                       # file that takes AWS's words where it refuses
drafted=''                      # file that holds what the next call begins with
reply=''                        # AWS's answer to the last call
problem=''                      # AWS's words, where it refused
duplicate=''                    # AWS's words, where it said that a thing is there
warned=''                       # the last warning shown
id=''                           # the id that was found or made
never=''                        # states that never get better
pending=''                      # endpoints that are not ready
broken=''                       # endpoints that never will be
trying=''                       # the change that is under way
input=''                        # what is piped into the next call
undo=no                         # whether something is there that must not stay
verdicts=''                     # what was measured, a line each
refused=0                       # changes that a dry run would not be allowed
untried=0                       # changes that a dry run cannot try
failed=0                        # claims that do not hold

usage() {
  cat <<'TEXT'
Usage: bash SCRIPT [--dry-run] [--help]

  --dry-run   ask AWS whether each change would be allowed, and change nothing
  --help      show this text

Settings are found as the AWS CLI finds them (AWS_PROFILE and so on).
AWS_ENDPOINT_URL, where set, is where all calls go.

What was made or found is printed to standard output, one row and id a line;
all else goes to standard error. The exit code is 0 if all is done and proven, 1 if
AWS refused or a proof failed, 2 if this was called wrongly or for another
account, 130 if it was interrupted. To run it again is safe at any time.
TEXT
}

say() { printf '%s\n' "$*" >&2; }

# stop CODE MESSAGE: ends the script; the trap below tells what was being done.
stop() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# take_back takes back what must not stay, wherever the script ends. A row that begins
# such a thing has one of its own.
take_back() { return 0; }

# finish tells, where the script did not get to its end, what it leaves behind.
finish() {
  local code=$?
  trap - EXIT INT TERM HUP
  if [[ $undo == yes ]]; then
    (take_back) || say 'That did not work: do it yourself.'
  fi
  if [[ -n $errors ]]; then
    rm -f "$errors" "$drafted"
  fi
  if [[ $code -ne 0 && -n $doing ]]; then
    say ''
    say "Stopped at: $doing"
    if [[ -n $made ]]; then
      say "Done in this run so far:$made"
    fi
    if [[ -n $trying ]]; then
      say "The last call, $trying, may or may not have taken effect."
    elif [[ -z $made ]]; then
      say 'Nothing was changed in this run.'
    fi
    say 'To run this script again is safe: it finds what is there and makes only the rest.'
  fi
  exit "$code"
}

# aws_cli passes the address and Region on with each call: older versions of the
# CLI do not know AWS_ENDPOINT_URL.
aws_cli() {
  set -- --region "$region" --output text "$@"
  if [[ -n ${AWS_ENDPOINT_URL:-} ]]; then
    set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"
  fi
  if [[ -n $input ]]; then
    # Through a pipe: arguments can be seen by others on this machine.
    aws "$@" < <(printf '%s' "$input")
  else
    aws "$@"
  fi
}

# try ARGUMENTS: makes a call. The answer is left in $reply, and AWS's words where
# it refuses in $problem. Waits and tries again only where AWS says that calls
# come too fast, after the CLI itself gave up trying.
try() {
  local pause=2 code
  while true; do
    code=0
    reply=$(aws_cli "$@" 2>"$errors") || code=$?
    problem=$(<"$errors")
    if [[ $code -eq 0 ]]; then
      if [[ -n $problem && $problem != "$warned" ]]; then
        say "$problem" # a warning of the CLI, shown once
        warned=$problem
      fi
      return 0
    fi
    case $problem in
      *'(RequestLimitExceeded)'* | *'(Throttling)'* | *'(ThrottlingException)'* | *'(TooManyRequestsException)'*)
        if [[ $pause -gt 64 ]]; then
          return "$code"
        fi
        say "  AWS asks for fewer calls; trying again in $pause seconds"
        sleep "$pause"
        pause=$((pause * 2))
        ;;
      *) return "$code" ;;
    esac
  done
}

# ask ARGUMENTS: makes a call that must not be refused.
ask() {
  local code=0
  try "$@" || code=$?
  if [[ $code -ne 0 ]]; then
    say "$problem"
    stop 1 "The call was: aws $1 $2"
  fi
}

# begin ROW SUMMARY: what comes next.
begin() {
  row=$1
  doing="$1: $2"
  id=''
  say "$doing"
}

# look ARGUMENTS: finds the id of what a row wants; $id is empty if there is none.
# Where AWS answers in pages, the CLI reads each of them on its own.
look() {
  id=''
  case "$*" in
    *"$unknown"*) return 0 ;; # lies in something that a dry run did not make
  esac
  ask "$@"
  pick
}

# pick takes the first id of the answer.
pick() {
  local line
  while IFS= read -r line; do
    if found "$line"; then
      id=$line
      break
    fi
  done <<<"$reply"
  if [[ $id == *[!A-Za-z0-9._:/+=@,-]* ]]; then
    stop 1 "AWS answered with what is no id: $id"
  fi
}

# seek CODES ARGUMENTS: as look, where CODES are error codes that mean that it is not
# there.
seek() {
  local codes=$1 one code=0
  shift
  id=''
  case "$*" in
    *"$unknown"*) return 0 ;;
  esac
  try "$@" || code=$?
  for one in $codes; do
    if [[ $code -ne 0 && $problem == *"($one)"* ]]; then
      return 0
    fi
  done
  if [[ $code -ne 0 ]]; then
    say "$problem"
    stop 1 "The call was: aws $1 $2"
  fi
  pick
}

# draft ARGUMENTS: makes a call whose answer, as JSON, the next one begins with. It is
# kept in a file that nobody else can read, since the CLI reads it more than once.
draft() {
  case "$*" in
    *"$unknown"*) return 0 ;; # names something that a dry run did not make
  esac
  ask "$@" --output json
  printf '%s' "$reply" >"$drafted"
}

# found VALUE: whether a value of an answer is one.
found() {
  case $1 in
    '' | None | False | null | false) return 1 ;;
  esac
  return 0
}

# same tells that a row is so already; after AWS said so, it must be found as well.
same() {
  if [[ -z $id ]]; then
    say "$duplicate"
    stop 1 'AWS says that this is there already, but it cannot be found.'
  fi
  say "  is there: $id"
}

# gone WHAT: a row that only keeps found nothing to keep.
gone() {
  stop 1 "  $1, which the plan keeps, is not there any more or cannot be used. The account has changed: make a new plan."
}

# change CODES DRY ARGUMENTS: makes a call that changes something. CODES are error
# codes that mean that it is so already; $id is empty then. DRY says whether AWS
# offers a dry run of the call. What was made in this run may be unknown to other
# parts of AWS for a moment, so they are asked again.
change() {
  local codes=$1 dry=$2 code=0 one pause
  shift 2
  if [[ $dry_run == yes ]]; then
    rehearse "$dry" "$@"
    return 0
  fi
  id=''
  trying="aws $1 $2"
  try "$@" || code=$?
  for pause in 1 2 4 4 4; do
    if [[ $code -eq 0 || -z $made || ($problem != *'.NotFound)'* && $problem != *'(NoSuchEntity)'* && $problem != *'IAM Instance Profile'*) ]]; then
      break
    fi
    sleep "$pause"
    code=0
    try "$@" || code=$?
  done
  if [[ $code -eq 0 ]]; then
    id=$reply
    if ! found "$id" || [[ $id == *[!A-Za-z0-9._:/+=@,-]* ]]; then
      stop 1 "AWS answered with what is no id: $id"
    fi
    trying=''
    made="$made
  $row $id"
    say "  done: $id"
    return 0
  fi
  for one in $codes; do
    if [[ $problem == *"($one)"* ]]; then
      trying=''
      duplicate=$problem
      return 0
    fi
  done
  case $problem in
    *'An error occurred ('*) trying='' ;; # AWS answered: it refused
  esac
  say "$problem"
  stop 1 "The call was: aws $1 $2"
}

# rehearse DRY ARGUMENTS: asks AWS whether a change would be allowed.
rehearse() {
  local dry=$1 code=0
  shift
  id=$unknown
  if [[ $dry != yes ]]; then
    say "  would call aws $1 $2 (AWS offers no dry run of it)"
    untried=$((untried + 1))
    return 0
  fi
  case "$*" in
    *"$unknown"*)
      say "  would call aws $1 $2 (cannot be tried before what it needs is made)"
      untried=$((untried + 1))
      return 0
      ;;
  esac
  try "$@" --dry-run || code=$?
  if [[ $code -eq 0 ]]; then
    say "  aws $1 $2 was carried out: this is no AWS account but something that ignores --dry-run"
    refused=$((refused + 1))
  elif [[ $problem == *'(DryRunOperation)'* ]]; then
    say "  aws $1 $2 would succeed"
  else
    say "  aws $1 $2 would be refused:"
    say "$problem"
    refused=$((refused + 1))
  fi
}

# judge ROW ID WANT: looks up the state of ID in the pairs that AWS answered. It
# adds to $pending what is to be waited for, and to $broken what is in one of the
# states $never that it never gets out of.
judge() {
  local one rest state='' more=''
  while read -r one rest; do
    if [[ $one == "$2" && -z $state ]]; then
      state=$rest
    elif [[ $one == "$2" && -n $rest ]]; then
      more=": $rest"
    fi
  done <<<"$reply"
  if [[ $state == "$3" ]]; then
    return 0
  fi
  case " $never " in
    *" ${state:-unknown} "*) broken="$broken
  $1 ($2) is $state$more" ;;
    *) pending="$pending
  $1 ($2) is ${state:-not listed yet}$more" ;;
  esac
}

# await ROW ID WANT NEVER LIMIT EVERY SOFT HELP ARGUMENTS: asks until ID is in the
# state WANT. NEVER are states that it never gets out of, LIMIT and EVERY are seconds;
# SOFT says whether it may go on after LIMIT all the same, HELP what to look at then.
await() {
  local row=$1 id=$2 want=$3 limit=$5 every=$6 soft=$7 help=$8 told='' waited=0
  never=$4
  shift 8
  if [[ $dry_run == yes ]]; then
    return 0
  fi
  while true; do
    ask "$@"
    pending=''
    broken=''
    judge "$row" "$id" "$want"
    if [[ -n $broken ]]; then
      stop 1 "This will never be $want:$broken"
    fi
    if [[ -z $pending ]]; then
      return 0
    fi
    if [[ $pending != "$told" ]]; then
      say "  not ready yet:$pending"
      told=$pending
    fi
    if [[ $waited -ge $limit && $soft == yes ]]; then
      return 0
    fi
    if [[ $waited -ge $limit ]]; then
      stop 1 "After $waited seconds this is still not $want:$pending${help:+
$help}"
    fi
    sleep "$every"
    waited=$((waited + every))
  done
}

# claim NUMBER OF ROW WANT TEXT: judges one of the claims that the answer tells
# about, one a line; where AWS answered in pages, again for each page.
claim() {
  local line value='' n=0
  while IFS= read -r line; do
    n=$((n % $2 + 1))
    if [[ $n -eq $1 ]]; then
      if [[ $line == "$4" ]] || ! found "$value"; then
        value=$line
      fi
    fi
  done <<<"$reply"
  if [[ $value == "$4" ]]; then
    verdicts="$verdicts
  proved    $3: $5"
  else
    verdicts="$verdicts
  FAILED    $3: $5 (found: ${value:-nothing}; wanted: $4)"
    failed=$((failed + 1))
  fi
}

# result ROW ID: a line of the result.
result() { printf '%s\t%s\n' "$1" "$2"; }

# wait_available ROW ID [ROW ID]...: waits until all of these are available.
wait_available() {
  local i j told='' waited=0
  if [[ $dry_run == yes ]]; then
    return 0
  fi
  doing='waiting until all is available'
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
    sleep 5
    waited=$((waited + 5))
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
      say 'Only --dry-run and --help are known.'
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
trap 'exit 130' INT TERM HUP
errors=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
drafted=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")

# --- Is this the right account? ---

doing='asking AWS whose credentials these are'
ask sts get-caller-identity --query Account
if [[ $reply != "$account" ]]; then
  stop 2 "These credentials belong to account $reply, but this script is for account $account."
fi

# --- vpc-attribute/dns-support ---
# DNS support is on.
begin vpc-attribute/dns-support 'DNS support is on'
look ec2 describe-vpc-attribute \
  --attribute enableDnsSupport \
  --vpc-id vpc-0a1 \
  --query "EnableDnsSupport.Value && 'vpc-0a1'"
if [[ -n $id ]]; then
  same
else
  gone vpc-0a1
fi
id_vpc_attribute_dns_support=$id

# --- security-group-rule/sg-09/in/sg-07 ---
# admit TCP 443 from sg-07.
begin security-group-rule/sg-09/in/sg-07 'admit TCP 443 from sg-07'
find_security_group_rule_sg_09_in_sg_07() {
  look ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-09 \
    --query "SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && ReferencedGroupInfo.GroupId=='sg-07'] | [0].SecurityGroupRuleId"
}
find_security_group_rule_sg_09_in_sg_07
if [[ -n $id ]]; then
  same
else
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id sg-09 \
    --ip-permissions 'FromPort=443,IpProtocol=tcp,ToPort=443,UserIdGroupPairs=[{GroupId=sg-07}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
  if [[ -z $id ]]; then # made by somebody else since it was looked for
    find_security_group_rule_sg_09_in_sg_07
    same
  fi
fi
id_security_group_rule_sg_09_in_sg_07=$id

# --- endpoint/s3 ---
# add a route table.
begin endpoint/s3 'add a route table'
look ec2 describe-vpc-endpoints \
  --filters Name=vpc-id,Values=vpc-0a1 Name=service-name,Values=com.amazonaws.eu-central-1.s3 \
  --query "VpcEndpoints[?VpcEndpointId=='vpce-01' && (State=='available' || State=='pending') && RouteTableIds[?@=='rtb-01']].VpcEndpointId | [0]"
if [[ -n $id ]]; then
  same
else
  change '' yes ec2 modify-vpc-endpoint \
    --add-route-table-ids rtb-01 \
    --vpc-endpoint-id vpce-01 \
    --query "'vpce-01'"
fi
id_endpoint_s3=$id

# --- endpoint/ecr.api ---
# keep.
begin endpoint/ecr.api keep
look ec2 describe-vpc-endpoints \
  --filters Name=vpc-id,Values=vpc-0a1 \
  --query "VpcEndpoints[?VpcEndpointId=='vpce-02' && (State=='available' || State=='pending')].VpcEndpointId | [0]"
if [[ -n $id ]]; then
  same
else
  gone vpce-02
fi
id_endpoint_ecr_api=$id

# --- endpoint/logs ---
# add a zone and turn private DNS on.
begin endpoint/logs 'add a zone and turn private DNS on'
look ec2 describe-vpc-endpoints \
  --filters Name=vpc-id,Values=vpc-0a1 Name=service-name,Values=com.amazonaws.eu-central-1.logs \
  --query "VpcEndpoints[?VpcEndpointId=='vpce-03' && (State=='available' || State=='pending') && SubnetIds[?@=='subnet-02'] && Groups[?GroupId=='sg-09'] && PrivateDnsEnabled].VpcEndpointId | [0]"
if [[ -n $id ]]; then
  same
else
  change '' yes ec2 modify-vpc-endpoint \
    --add-security-group-ids sg-09 \
    --add-subnet-ids subnet-02 \
    --private-dns-enabled \
    --vpc-endpoint-id vpce-03 \
    --query "'vpce-03'"
fi
id_endpoint_logs=$id

# A dry run ends here: nothing was changed, so there is nothing to wait for or prove.
if [[ $dry_run == yes ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Refused changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS refused nothing that could be tried. Not to be tried beforehand: $untried"
  exit 0
fi

# --- Wait for what takes a while ---
wait_available endpoint/s3 "$id_endpoint_s3" \
  endpoint/ecr.api "$id_endpoint_ecr_api" \
  endpoint/logs "$id_endpoint_logs"

# --- Proof ---
doing='proving what was done'
say "$doing"

# measure makes each call once, and judges all claims that it tells about.
measure() {
  verdicts=''
  failed=0
  ask ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1 \
    --query "[
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api'].State | [0]]
]"
  claim 1 1 endpoint/ecr.api available 'the endpoint is available'
}

# AWS shows some changes a moment late.
for pause in 2 4 4 4 4 4 4 4 4 4 4 4 0; do
  measure
  if [[ $failed -eq 0 || $pause -eq 0 ]]; then
    break
  fi
  say "  not all of it shows yet; looking again in $pause seconds"
  sleep "$pause"
done
say "${verdicts:1}"

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
result security-group-rule/sg-09/in/sg-07 "$id_security_group_rule_sg_09_in_sg_07"
result endpoint/s3 "$id_endpoint_s3"
result endpoint/ecr.api "$id_endpoint_ecr_api"
result endpoint/logs "$id_endpoint_logs"
doing=''
if [[ $failed -gt 0 ]]; then
  stop 1 "All rows are done, but claims that do not hold: $failed"
fi
say 'Done and proven.'
