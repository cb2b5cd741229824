#!/usr/bin/env bash
#
# Private endpoints: a script made by PrivateLink Wizard.
# For ecs-fargate, by version dev from answers.yaml.
#
# Account: 123456789012
# Region: us-east-1
# VPC: prod (vpc-0a1b2c3d4e5f60001)
#
# Created from a sandbox account: it works only with that sandbox (wizard sandbox serve
# --scenario closed), not in an AWS account.
#
# It creates:
#   - security-group/endpoints: Create a security group for the endpoints
#   - security-group-rule/endpoints/in/10.0.0.0/16: Allow TCP 443 from 10.0.0.0/16 to the
#     endpoints' group
#   - endpoint/s3: Create the s3 gateway endpoint in 1 route table
#   - endpoint/ecr.api: Create the ecr.api interface endpoint in us-east-1a, us-east-1b,
#     us-east-1c
#   - endpoint/ecr.dkr: Create the ecr.dkr interface endpoint in us-east-1a, us-east-1b,
#     us-east-1c
#   - endpoint/secretsmanager: Create the secretsmanager interface endpoint in us-east-1a,
#     us-east-1b, us-east-1c
#   - endpoint/logs: Create the logs interface endpoint in us-east-1a, us-east-1b,
#     us-east-1c
#
# It keeps, and verifies that these still exist:
#   - vpc-attribute/dns-support: DNS support is enabled for the VPC
#   - vpc-attribute/dns-hostnames: DNS hostnames are enabled for the VPC
#
# The new resources cost about $87.60 per month, plus traffic. $87.60 for 12 endpoint
# interfaces (730 hours at $0.01 each); in addition $0.01 per GB of traffic through
# interface endpoints; prices of us-east-1, AWS Price List API, published on 2026-11-25;
# interface endpoints are billed per hour, Availability Zone and GB while they exist;
# gateway endpoints are free.
#
# It finds each resource before it creates it, so it can be run again at any time. It never
# deletes, replaces or restricts what it did not create. It needs bash 3.2 or newer and the
# AWS CLI, version 1 or 2. Try it first with --dry-run; see also --help.

set -euo pipefail

account=123456789012
region=us-east-1
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

usage() {
  cat <<'TEXT'
Usage: bash SCRIPT [--dry-run] [--help]

  --dry-run   ask AWS whether each change would be allowed, and change nothing
  --help      show this text

The script uses the settings of the AWS CLI, such as AWS_PROFILE. If
AWS_ENDPOINT_URL is set, all calls go to that URL.

The script prints one line for each change to standard output: the name of the
change and the ID of the resource. All other messages go to standard error.

Exit codes:
  0     all changes are applied, and no check failed
  1     an AWS call or the verification failed
  2     wrong arguments or another account
  130   interrupted

You can run the script again at any time.
TEXT
}

say() { printf '%s\n' "$*" >&2; }

# stop CODE MESSAGE: ends the script. The exit trap below reports the current step.
stop() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# take_back reverts what must not remain, whenever the script ends. A change that begins such a
# step replaces this function.
take_back() { return 0; }

# search_again finds what the next call creates. A change replaces this function.
search_again() { return 0; }

# begun records that the current step must be reverted.
begun() {
  if [[ $dry_run == no ]]; then
    undo=yes
  fi
}

# pause SECONDS: waits.
pause() {
  if [[ $dry_run == no ]]; then
    sleep "$1"
  fi
}

# signaled NAME: ends the script. The first signal finishes the call in flight, so that its result is known.
signaled() {
  if [[ $sending == yes && -z $signal ]]; then
    signal=$1
    say "$1: stopping after the call in flight. A second signal ends the script immediately."
    return 0
  fi
  signal=$1
  exit 130
}

# finish reports what remains if the script ends early.
finish() {
  local code=$?
  trap - EXIT INT TERM HUP
  if [[ $undo == yes ]]; then
    trap ':' INT TERM HUP # a signal ends only the call
    (take_back) || say "Not done: $back. Do it manually."
    trap - INT TERM HUP
  fi
  if [[ -n $errors ]]; then
    rm -f "$errors" "$drafted" "$answered"
  fi
  if [[ $code -ne 0 && -n $doing ]]; then
    say ''
    say "Stopped at: $doing${signal:+ ($signal)}"
    if [[ -n $made ]]; then
      say "Done in this run so far:$made"
    fi
    if [[ -n $costs ]]; then
      say "These cost money without traffic too:$costs"
    fi
    if [[ -n $trying ]]; then
      say "The last call, $trying, may or may not have taken effect."
    elif [[ -z $made ]]; then
      say 'Nothing was changed in this run.'
    fi
    say 'It is safe to run this script again: it finds existing resources and creates only what is missing.'
  fi
  exit "$code"
}

# aws_cli makes a call. The CLI makes a call without an answer again, even one that AWS applied. A
# call that changes something is therefore made once: the next run finds what it created. The function
# passes the endpoint URL and Region with each call, because older versions of the CLI do
# not read AWS_ENDPOINT_URL.
aws_cli() {
  if [[ $once == yes ]]; then
    local -x AWS_MAX_ATTEMPTS=1
  fi
  set -- --region "$region" --output text "$@"
  if [[ -n ${AWS_ENDPOINT_URL:-} ]]; then
    set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"
  fi
  if [[ -n $input ]]; then
    # Use a pipe: other users of this machine can see arguments.
    aws "$@" < <(printf '%s' "$input")
  else
    aws "$@"
  fi
}

# send ARGUMENTS: makes a call that a signal does not cut off. It runs in the background, because bash handles a
# signal only while it waits for such a process.
send() {
  local code pid before
  sending=yes
  (
    trap '' INT TERM HUP
    aws_cli "$@"
  ) <&0 >"$answered" 2>"$errors" &
  pid=$!
  while true; do
    before=$signal
    code=0
    wait "$pid" || code=$?
    if [[ $signal == "$before" ]]; then
      break
    fi
  done
  sending=no
  reply=$(<"$answered")
  return "$code"
}

# try ARGUMENTS: makes a call. It sets $reply to the answer and $problem to the error message. It
# retries only if AWS throttles the call after the retries of the CLI.
try() {
  local pause=2 code
  while true; do
    code=0
    if [[ $once == yes ]]; then
      send "$@" || code=$?
    else
      reply=$(aws_cli "$@" 2>"$errors") || code=$?
    fi
    problem=$(<"$errors")
    if [[ $code -eq 0 ]]; then
      if [[ -n $problem && $problem != "$warned" ]]; then
        say "$problem" # a warning of the CLI, shown once
        warned=$problem
      fi
      return 0
    fi
    case $problem in
      *'(RequestLimitExceeded)'* | *'(Throttling)'* | *'(ThrottlingException)'* | *'(ThrottledException)'* | *'(TooManyRequestsException)'* | *'(PriorRequestNotComplete)'*)
        if [[ $pause -gt 64 ]]; then
          return "$code"
        fi
        say "  AWS limits the rate of calls; trying again in $pause seconds"
        sleep "$pause"
        pause=$((pause * 2))
        ;;
      *) return "$code" ;;
    esac
  done
}

# ask ARGUMENTS: makes a call that must succeed.
ask() {
  local code=0
  try "$@" || code=$?
  if [[ $code -ne 0 ]]; then
    say "$problem"
    stop 1 "The call was: aws $1 $2"
  fi
}

# begin CHANGE SUMMARY COST: reports the next change. COST is what it adds to the monthly bill, or unknown; it may be missing.
begin() {
  row=$1
  cost=${3:-}
  doing="$1: $2"
  id=''
  say "$doing"
}

# look ARGUMENTS: finds the id of a change's resource. $id is empty if it does not exist. The CLI
# reads each page of an answer on its own.
look() {
  id=''
  case "$*" in
    *"$unknown"*) return 0 ;; # needs something that a dry run did not create
  esac
  ask "$@"
  pick
}

# pick sets $id to the first id of the answer.
pick() {
  local line
  while IFS= read -r line; do
    if found "$line"; then
      id=$line
      break
    fi
  done <<<"$reply"
  if [[ $id == *[!A-Za-z0-9._:/+=@,-]* ]]; then
    stop 1 "AWS returned an invalid id: $id"
  fi
}

# seek CODES ARGUMENTS: as look. CODES are the error codes for a resource that does not exist.
seek() {
  id=''
  case "$*" in
    *"$unknown"*) return 0 ;;
  esac
  read_or "$@"
  pick
}

# read_or CODES ARGUMENTS: makes a reading call. The answer is empty if AWS returns one of the CODES.
read_or() {
  local codes=$1 one code=0
  shift
  try "$@" || code=$?
  if [[ $code -eq 0 ]]; then
    return 0
  fi
  reply=''
  for one in $codes; do
    if [[ $problem == *"($one)"* ]]; then
      return 0
    fi
  done
  say "$problem"
  stop 1 "The call was: aws $1 $2"
}

# survey CODES ARGUMENTS --query QUERY: makes a reading call about several changes. It is not made if its request needs an
# id of something that does not exist. CODES are as for seek.
survey() {
  local request="${*:1:$#-1}"
  reply=''
  surveyed=yes
  case $request in
    *"$unknown"*) surveyed=no ;;
    *) read_or "$@" ;;
  esac
}

# place VARIABLE CHANGE NUMBER OF [KEPT]: reads the two lines of a change from the answer: the id of its resource, and how
# something else in its place differs from the plan. The variable receives the id. KEPT is what the plan keeps; it must
# exist.
place() {
  local found_id
  if [[ ${!1} != "$unknown" ]]; then
    return 0
  fi
  line_of $(($3 * 2 - 1)) $(($4 * 2)) -
  found_id=$value
  if found "$found_id"; then
    if [[ $found_id == *[!A-Za-z0-9._:/+=@,-]* ]]; then
      stop 1 "AWS returned an invalid id: $found_id"
    fi
    printf -v "$1" '%s' "$found_id"
    return 0
  fi
  line_of $(($3 * 2)) $(($4 * 2)) -
  # What should have the id of something that does not exist yet may belong to a run at the same time. It is compared
  # again when the id is known.
  if found "$value" && [[ $value != *"$unknown"* ]]; then
    stop 1 "  $2: the account differs from the plan: $value. Create a new plan."
  fi
  if [[ $# -gt 4 && $surveyed == yes ]]; then
    deleted "$5"
  fi
}

# recall VARIABLE FUNCTION: sets $id to the id of a change's resource. FUNCTION looks for it again if it did not exist when
# the account was compared with the plan. $id is empty if it does not exist.
recall() {
  if [[ ${!1} == "$unknown" && $dry_run == no ]]; then
    "$2"
  fi
  id=${!1}
  if [[ $id == "$unknown" ]]; then
    id=''
  fi
}

# holds ARGUMENTS: whether the answer to a call is $input. It is not if the call fails.
holds() {
  local value=$input code=0
  input=''
  try "$@" || code=$?
  [[ $code -eq 0 && $reply == "$value" ]]
}

# draft ARGUMENTS: saves the answer to a call as JSON. The next call begins with it. Only this
# user can read the file. A file is needed because the CLI reads it more than once.
draft() {
  case "$*" in
    *"$unknown"*) return 0 ;; # references something that a dry run did not create
  esac
  ask "$@" --output json
  printf '%s' "$reply" >"$drafted"
}

# found VALUE: whether a value of an answer is set.
found() {
  case $1 in
    '' | None | False | null | false) return 1 ;;
  esac
  return 0
}

# same reports that the resource of a change already exists. If AWS reported this, it must also be
# found.
same() {
  if [[ -z $id ]]; then
    say "$duplicate"
    stop 1 'AWS reports that this already exists, but it cannot be found.'
  fi
  say "  exists: $id"
}

# deleted WHAT: ends the script, because a resource that the plan keeps does not exist.
deleted() {
  stop 1 "  $1 does not exist any more or cannot be used, but the plan keeps it. The account has changed: create a new plan."
}

# change CODES DRY ARGUMENTS: makes a call that changes something. CODES are the error codes for a
# change that already exists; $id is then empty. DRY shows whether AWS supports a dry run of the
# call. Other parts of AWS may not know a new or changed resource for a moment, so such calls are
# retried. $retry_on is a text in the error that shows this; it may be empty.
change() {
  local codes=$1 dry=$2 code=0 one pause
  shift 2
  if [[ $dry_run == yes ]]; then
    rehearse "$dry" "$@"
    return 0
  fi
  id=''
  created=no
  trying="aws $1 $2"
  once=yes
  try "$@" || code=$?
  for pause in 1 2 4 4 4; do
    if [[ $code -eq 0 || -z $made || ($problem != *'.NotFound)'* && $problem != *'(NoSuchEntity)'* && (-z $retry_on || $problem != *"$retry_on"*)) ]]; then
      break
    fi
    sleep "$pause"
    code=0
    try "$@" || code=$?
  done
  once=no
  if [[ $code -eq 0 ]]; then
    id=$reply
    if ! found "$id" || [[ $id == *[!A-Za-z0-9._:/+=@,-]* ]]; then
      stop 1 "AWS returned an invalid id: $id"
    fi
    trying=''
    created=yes
    made="$made
  $row $id"
    say "  done: $id"
    if [[ $cost == unknown ]]; then
      costs="$costs
  $row $id: price not known"
    elif [[ -n $cost ]]; then
      costs="$costs
  $row $id: about \$$cost per month"
    fi
    cost=''
    if [[ -n $signal ]]; then
      exit 130
    fi
    return 0
  fi
  if [[ $problem == *'An error occurred ('* ]]; then # AWS answered: the call was rejected, perhaps because somebody else created it
    trying=''
    duplicate=$problem
    search_again
    if [[ -n $id ]]; then
      same
      return 0
    fi
    problem=$duplicate
  fi
  for one in $codes; do
    if [[ $problem == *"($one)"* ]]; then
      return 0
    fi
  done
  say "$problem"
  stop 1 "The call was: aws $1 $2"
}

# compare ARGUMENTS: another run may have created the same as this script at the same time. The call
# returns the one that all runs keep, or nothing while AWS does not show what this script created.
# Before the first call, what others created in the same second shows too. If all keep another one,
# it is in $id and $other.
compare() {
  local own=$id pause
  other=''
  if [[ $dry_run == yes || $created == no ]]; then
    return 0
  fi
  for pause in 2 2 4 8; do
    sleep "$pause"
    look "$@"
    if [[ -n $id ]]; then
      break
    fi
  done
  if [[ -n $id && $id != "$own" ]]; then
    other="$id"
    say "  another run created $other at the same time; deleting $own, which this script created"
    return 0
  fi
  id=$own
}

# revert CODES ARGUMENTS: reverts what this script created. CODES are the error codes for something
# that does not exist.
revert() {
  local codes=$1 one code=0
  shift
  trying="aws $1 $2"
  once=yes
  try "$@" || code=$?
  once=no
  for one in $codes; do
    if [[ $problem == *"($one)"* ]]; then
      code=0
    fi
  done
  if [[ $code -eq 0 || $problem == *'An error occurred ('* ]]; then # AWS answered
    trying=''
  fi
  if [[ $code -ne 0 ]]; then
    say "$problem"
    stop 1 "The call was: aws $1 $2. Delete it manually, or run again after that."
  fi
}

# rehearse DRY ARGUMENTS: asks AWS whether a change would be allowed.
rehearse() {
  local dry=$1 code=0
  shift
  id=$unknown
  if [[ $dry != yes ]]; then
    say "  would call aws $1 $2 (AWS does not support a dry run of it)"
    untried=$((untried + 1))
    return 0
  fi
  case "$*" in
    *"$unknown"*)
      say "  would call aws $1 $2 (cannot be tried before the resources that it needs are created)"
      untried=$((untried + 1))
      return 0
      ;;
  esac
  try "$@" --dry-run || code=$?
  if [[ $code -eq 0 ]]; then
    say "  aws $1 $2 was applied: this is not an AWS account but an emulator that ignores --dry-run"
    refused=$((refused + 1))
  elif [[ $problem == *'(DryRunOperation)'* ]]; then
    say "  aws $1 $2 would succeed"
  else
    say "  aws $1 $2 would be rejected:"
    say "$problem"
    refused=$((refused + 1))
  fi
}

# judge CHANGE ID WANT: reads the state of ID from AWS's answer. It adds unfinished states to
# $pending, and the states in $never, which are final failures, to $broken.
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

# await CHANGE ID WANT NEVER LIMIT EVERY SOFT HELP ARGUMENTS: repeats the call until ID is in the
# state WANT. NEVER are final failures, LIMIT and EVERY are seconds. SOFT shows whether the script
# continues after LIMIT, HELP is what to check then.
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

# verify FUNCTION [SECONDS]...: measures again after these pauses while a claim does not hold, because AWS shows some
# changes with a delay.
verify() {
  local pause
  for pause in "${@:2}" 0; do
    "$1"
    if [[ $failed -eq 0 || $pause -eq 0 ]]; then
      break
    fi
    say "  AWS does not show every change yet; checking again in $pause seconds"
    sleep "$pause"
  done
  say "${verdicts:1}"
}

# claim NUMBER OF CHANGE WANT TEXT: evaluates one claim with the answer.
claim() {
  line_of "$1" "$2" "$4"
  case "$unchanged " in
    *" $3 "*) value=$4 ;; # its value was compared
  esac
  conclude "$3" "$4" "$5"
}

# line_of NUMBER OF WANT: sets $value to the line of one claim in the answer, which has one line per
# claim. The CLI may repeat the lines for each page.
line_of() {
  local line n=0
  value=''
  while IFS= read -r line; do
    n=$((n % $2 + 1))
    if [[ $n -eq $1 ]]; then
      if [[ $line == "$3" ]] || ! found "$value"; then
        value=$line
      fi
    fi
  done <<<"$reply"
}

# conclude CHANGE WANT TEXT: compares the $value of a claim with what it should be.
conclude() {
  case $value in
    "$2")
      verdicts="$verdicts
  verified      $1: $3"
      ;;
    undecided*)
      verdicts="$verdicts
  not verified  $1: $3 ($value)"
      unproven=$((unproven + 1))
      ;;
    *)
      verdicts="$verdicts
  FAILED        $1: $3 (found: ${value:-nothing}; expected: $2)"
      failed=$((failed + 1))
      ;;
  esac
}

# result CHANGE ID: prints a line of the result.
result() { printf '%s\t%s\n' "$1" "$2"; }

# bits BLOCK: sets $bits to the network part of an address block as binary digits, after 4 or 6 for
# the IP version. A block contains another if the bits of the other begin with its bits.
bits() {
  local address=${1%/*} version=4 size=8 zeros='' missing=8 part i
  if [[ $address == *:* ]]; then
    version=6
    size=16
    for part in ${address//:/ }; do
      missing=$((missing - 1))
    done
    while [[ $missing -gt 0 ]]; do # :: replaces groups of zeros
      zeros="$zeros 0"
      missing=$((missing - 1))
    done
    address=${address/::/$zeros }
  fi
  bits=''
  for part in ${address//[.:]/ }; do
    if [[ $version -eq 6 ]]; then
      printf -v part %d "0x$part"
    fi
    for ((i = size - 1; i >= 0; i--)); do
      bits=$bits$(((part >> i) & 1))
    done
  done
  bits=$version${bits:0:${1#*/}}
}

# weigh BITS FIRST LAST ENTRIES: evaluates traffic to a block and a range of ports with entries of a
# network ACL, as read_acl prints them. As in AWS, the first entry that matches decides. If an entry
# matches a part of the traffic, weigh divides the traffic. It sets $passes if some of it is
# allowed, and $denier to the first entry that denies some of it.
weigh() {
  local these=$4 others block first last action number
  while [[ -n $these ]]; do
    read -r block first last action number <<<"$these"
    others=${these#*$'\n'}
    if [[ $first -gt $3 || $last -lt $2 || ($block != "$1"* && $1 != "$block"*) ]]; then
      these=$others
      continue
    fi
    if [[ $first -gt $2 ]]; then
      weigh "$1" "$2" $((first - 1)) "$others"
      weigh "$1" "$first" "$3" "$these"
    elif [[ $last -lt $3 ]]; then
      weigh "$1" "$2" "$last" "$these"
      weigh "$1" $((last + 1)) "$3" "$others"
    elif [[ ${#block} -gt ${#1} ]]; then
      weigh "${1}0" "$2" "$3" "$these"
      weigh "${1}1" "$2" "$3" "$these"
    elif [[ $action == allow ]]; then
      passes=yes
    else
      denier=${denier:-$number}
    fi
    return 0
  done
  denier=${denier:-*}
}

# read_acl ENTRIES DIRECTION: sets $relevant to the entries of one direction that TCP can match, one
# per line with its block, ports, action and number. They are in the order of their numbers.
read_acl() {
  local one direction number action protocol address size ports
  relevant=''
  for one in $1; do
    IFS=/ read -r direction number action protocol address size ports <<<"$one"
    if [[ $direction != "$2" ]]; then
      continue
    fi
    case $protocol in
      -1) ports=0-65535 ;;
      6) ;;
      *) continue ;;
    esac
    if [[ $number -ge 32767 ]]; then
      number='*'
    fi
    bits "$address/$size"
    relevant="$relevant$bits ${ports%-*} ${ports#*-} $action $number"$'\n'
  done
}

# acl_result ENTRIES TRAFFIC...: sets $value to what the entries of a network ACL do to the traffic:
# allowed, denied, or undecided if they deny a part of it. TRAFFIC is a direction, a range of ports
# and address blocks.
acl_result() {
  local entries=$1 one block direction ports list passes denier relevant bits
  shift
  if ! found "$entries"; then
    value='undecided: AWS shows no network ACL of this subnet'
    return 0
  fi
  value=allowed
  for one in "$@"; do
    read -r direction ports list <<<"$one"
    read_acl "$entries" "$direction"
    passes=''
    denier=''
    for block in $list; do
      bits "$block"
      weigh "$bits" "${ports%-*}" "${ports#*-}" "$relevant"
    done
    if [[ -n $denier && -z $passes ]]; then
      value="denied by entry $denier: $direction $ports"
      return 0
    fi
    if [[ -n $denier && $value == allowed ]]; then
      value="undecided: entry $denier denies a part of $direction $ports"
    fi
  done
}

# acl_claim NUMBER OF CHANGE TEXT TRAFFIC...: evaluates a claim about a network ACL. Its line of the
# answer contains the entries.
acl_claim() {
  local change=$3 text=$4
  line_of "$1" "$2" ''
  shift 4
  acl_result "$value" "$@"
  conclude "$change" allowed "$text"
}

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
      --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 \
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
        --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 \
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
id_vpc_attribute_dns_hostnames=$unknown
id_security_group_endpoints=$unknown
id_security_group_rule_endpoints_in_10_0_0_0_16=$unknown
id_endpoint_s3=$unknown
id_endpoint_ecr_api=$unknown
id_endpoint_ecr_dkr=$unknown
id_endpoint_secretsmanager=$unknown
id_endpoint_logs=$unknown
find_1() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query "[
  [EnableDnsSupport.Value && 'vpc-0a1b2c3d4e5f60001'],
  [join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsSupport.Value || 'enableDnsSupport is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_vpc_attribute_dns_support vpc-attribute/dns-support 1 1 vpc-0a1b2c3d4e5f60001
}
find_2() {
  survey '' ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query "[
  [EnableDnsHostnames.Value && 'vpc-0a1b2c3d4e5f60001'],
  [join('; ', [([@][?VpcId].[VpcId, join(', ', [
    EnableDnsHostnames.Value || 'enableDnsHostnames is off (plan: on)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames 1 1 vpc-0a1b2c3d4e5f60001
}
find_3() {
  survey '' ec2 describe-security-groups \
    --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 Name=group-name,Values=privatelink-wizard-endpoints \
    --query "[
  [SecurityGroups[0].GroupId],
  ['']
]"
  place id_security_group_endpoints security-group/endpoints 1 1
}
find_4() {
  survey '' ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_endpoints" \
    --query "[
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] | [0].SecurityGroupRuleId],
  [join('; ', [(SecurityGroupRules[?!IsEgress && Description=='HTTPS from the VPC'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '10.0.0.0/16', '', '', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_security_group_rule_endpoints_in_10_0_0_0_16 security-group-rule/endpoints/in/10.0.0.0/16 1 1
}
find_5() {
  survey '' ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 \
    --query "[
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'
    && contains([RouteTableIds][], 'rtb-0a1b2c3d4e5f61001')
    && (State=='available' || State=='pending')
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].[VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-0a1b2c3d4e5f61001') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-0a1b2c3d4e5f61001', ')']),
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.ecr.api' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003')
    && contains([Groups[].GroupId][], '$id_security_group_endpoints')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'ecr:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.ecr.api' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-0a1b2c3d4e5f61001', ', ', 'subnet-0a1b2c3d4e5f61002', ', ', 'subnet-0a1b2c3d4e5f61003', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'ecr:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.ecr.dkr' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003')
    && contains([Groups[].GroupId][], '$id_security_group_endpoints')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'dkr:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.ecr.dkr' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-0a1b2c3d4e5f61001', ', ', 'subnet-0a1b2c3d4e5f61002', ', ', 'subnet-0a1b2c3d4e5f61003', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'dkr:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.secretsmanager' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003')
    && contains([Groups[].GroupId][], '$id_security_group_endpoints')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'secretsmanager:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.secretsmanager' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-0a1b2c3d4e5f61001', ', ', 'subnet-0a1b2c3d4e5f61002', ', ', 'subnet-0a1b2c3d4e5f61003', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'secretsmanager:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])],
  [VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.logs' && VpcEndpointType=='Interface' && State!='deleted'
    && (State=='available' || State=='pending')
    && IpAddressType!='ipv6'
    && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003')
    && contains([Groups[].GroupId][], '$id_security_group_endpoints')
    && PrivateDnsEnabled
    && !RequesterManaged
    && !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')])].VpcEndpointId | [0]],
  [join('; ', [(VpcEndpoints[?ServiceName=='com.amazonaws.us-east-1.logs' && VpcEndpointType=='Interface' && State!='deleted'].[VpcEndpointId, join(', ', [
    (State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', 'subnet-0a1b2c3d4e5f61001', ', ', 'subnet-0a1b2c3d4e5f61002', ', ', 'subnet-0a1b2c3d4e5f61003', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)',
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)',
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string'])])[?[1]].join(': ', @)][])]
]"
  place id_endpoint_s3 endpoint/s3 1 5
  place id_endpoint_ecr_api endpoint/ecr.api 2 5
  place id_endpoint_ecr_dkr endpoint/ecr.dkr 3 5
  place id_endpoint_secretsmanager endpoint/secretsmanager 4 5
  place id_endpoint_logs endpoint/logs 5 5
}
find_1
find_2
find_3
find_4
find_5

# --- vpc-attribute/dns-support ---
# DNS support is enabled for the VPC.
# Why: Private DNS for endpoints needs both DNS attributes of the VPC. With private DNS, all
# clients in the VPC send this traffic to the endpoint. Clients that a security group or
# network ACL blocks lose access to the service.
# Rules: G-DNSATTR
begin vpc-attribute/dns-support 'DNS support is enabled for the VPC'
recall id_vpc_attribute_dns_support find_1
if [[ -n $id ]]; then
  same
else
  deleted vpc-0a1b2c3d4e5f60001
fi
id_vpc_attribute_dns_support=$id

# --- vpc-attribute/dns-hostnames ---
# DNS hostnames are enabled for the VPC.
# Why: Private DNS for endpoints needs both DNS attributes of the VPC. It can take minutes
# until the names resolve to the private addresses.
# Rules: G-DNSATTR
begin vpc-attribute/dns-hostnames 'DNS hostnames are enabled for the VPC'
recall id_vpc_attribute_dns_hostnames find_2
if [[ -n $id ]]; then
  same
else
  deleted vpc-0a1b2c3d4e5f60001
fi
id_vpc_attribute_dns_hostnames=$id

# --- security-group/endpoints ---
# Create a security group for the endpoints.
# Why: The endpoints' network interfaces need a security group that allows TCP 443 from the
# workload. A separate group leaves existing groups unchanged.
# Rules: G-SG443
begin security-group/endpoints 'Create a security group for the endpoints'
recall id_security_group_endpoints find_3
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_security_group_endpoints find_3; }
  change InvalidGroup.Duplicate yes ec2 create-security-group \
    --description 'HTTPS to VPC endpoints, made by PrivateLink Wizard' \
    --group-name privatelink-wizard-endpoints \
    --tag-specifications 'ResourceType=security-group,Tags=[{Key=ManagedBy,Value=privatelink-wizard},{Key=Name,Value=privatelink-wizard-endpoints}]' \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query GroupId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_security_group_endpoints=$id

# --- security-group-rule/endpoints/in/10.0.0.0/16 ---
# Allow TCP 443 from 10.0.0.0/16 to the endpoints' group.
# Why: Endpoints listen on TCP 443, and a security group without rules allows no inbound
# traffic. Private DNS changes the path for the whole VPC. 7 network interfaces of other
# clients would be blocked without this rule, so it allows the whole VPC.
# Rules: G-SG443, G-SHUTOUT
begin security-group-rule/endpoints/in/10.0.0.0/16 "Allow TCP 443 from 10.0.0.0/16 to the endpoints' group"
recall id_security_group_rule_endpoints_in_10_0_0_0_16 find_4
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_security_group_rule_endpoints_in_10_0_0_0_16 find_4; }
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "$id_security_group_endpoints" \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/16","Description":"HTTPS from the VPC"}],"ToPort":443}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_security_group_rule_endpoints_in_10_0_0_0_16=$id

# --- endpoint/s3 ---
# Create the s3 gateway endpoint in 1 route table.
# Why: Used for Amazon ECR image layers and for files in Amazon S3. Tasks pull private
# images from Amazon ECR. Without internet access, this needs both ECR endpoints and the S3
# gateway endpoint. Found: web:7 pulls
# 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2. A gateway endpoint adds a route
# and has no hourly price. Amazon ECR needs it for image layers.
# Rules: G-TYPE, E-ECRPAIR
begin endpoint/s3 'Create the s3 gateway endpoint in 1 route table'
token="wizard-$run-5"
recall id_endpoint_s3 find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_s3 find_5; }
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --route-table-ids rtb-0a1b2c3d4e5f61001 \
    --service-name com.amazonaws.us-east-1.s3 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard s3"}]}]' \
    --vpc-endpoint-type Gateway \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query VpcEndpoint.VpcEndpointId
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_s3=$id
wait_available endpoint/s3 "$id_endpoint_s3"

# --- endpoint/ecr.api ---
# Create the ecr.api interface endpoint in us-east-1a, us-east-1b, us-east-1c.
# Why: Used for the Amazon ECR API: credentials and image manifests. Tasks pull private
# images from Amazon ECR. Without internet access, this needs both ECR endpoints and the S3
# gateway endpoint. Found: web:7 pulls
# 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2. Ping does not test an interface
# endpoint: test TCP 443. Each endpoint provides 10 Gbps per Availability Zone and scales up
# to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, E-ECRPAIR
begin endpoint/ecr.api 'Create the ecr.api interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
token="wizard-$run-6"
recall id_endpoint_ecr_api find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_ecr_api find_5; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name com.amazonaws.us-east-1.ecr.api \
    --subnet-ids subnet-0a1b2c3d4e5f61001 subnet-0a1b2c3d4e5f61002 subnet-0a1b2c3d4e5f61003 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard ecr.api"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_ecr_api=$id

# --- endpoint/ecr.dkr ---
# Create the ecr.dkr interface endpoint in us-east-1a, us-east-1b, us-east-1c.
# Why: Used for downloads of images from Amazon ECR. Tasks pull private images from Amazon
# ECR. Without internet access, this needs both ECR endpoints and the S3 gateway endpoint.
# Found: web:7 pulls 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2. Ping does not
# test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per Availability
# Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, E-ECRPAIR
begin endpoint/ecr.dkr 'Create the ecr.dkr interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
token="wizard-$run-7"
recall id_endpoint_ecr_dkr find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_ecr_dkr find_5; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name com.amazonaws.us-east-1.ecr.dkr \
    --subnet-ids subnet-0a1b2c3d4e5f61001 subnet-0a1b2c3d4e5f61002 subnet-0a1b2c3d4e5f61003 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard ecr.dkr"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_ecr_dkr=$id

# --- endpoint/secretsmanager ---
# Create the secretsmanager interface endpoint in us-east-1a, us-east-1b, us-east-1c.
# Why: Used for secrets and registry credentials. Tasks read secrets from Secrets Manager
# when they start. Found: web:7 reads secretsmanager secret:prod/web/db-AbCdEf. Ping does
# not test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per
# Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, E-SECRETS
begin endpoint/secretsmanager 'Create the secretsmanager interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
token="wizard-$run-8"
recall id_endpoint_secretsmanager find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_secretsmanager find_5; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name com.amazonaws.us-east-1.secretsmanager \
    --subnet-ids subnet-0a1b2c3d4e5f61001 subnet-0a1b2c3d4e5f61002 subnet-0a1b2c3d4e5f61003 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard secretsmanager"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
  search_again() { return 0; }
  if [[ -z $id ]]; then # AWS reports that it exists
    same
  fi
fi
id_endpoint_secretsmanager=$id

# --- endpoint/logs ---
# Create the logs interface endpoint in us-east-1a, us-east-1b, us-east-1c.
# Why: Used for CloudWatch Logs and the awslogs driver. Tasks write to CloudWatch Logs.
# Without a connection to it they may not start, or lose their logs. Found: container web of
# web:7. Ping does not test an interface endpoint: test TCP 443. Each endpoint provides 10
# Gbps per Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, E-LOGS
begin endpoint/logs 'Create the logs interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
token="wizard-$run-9"
recall id_endpoint_logs find_5
if [[ -n $id ]]; then
  same
else
  search_again() { recall id_endpoint_logs find_5; }
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "$token" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name com.amazonaws.us-east-1.logs \
    --subnet-ids subnet-0a1b2c3d4e5f61001 subnet-0a1b2c3d4e5f61002 subnet-0a1b2c3d4e5f61003 \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard logs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query VpcEndpoint.VpcEndpointId
  retry_on=''
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
  endpoint/ecr.dkr "$id_endpoint_ecr_dkr" \
  endpoint/secretsmanager "$id_endpoint_secretsmanager" \
  endpoint/logs "$id_endpoint_logs"

# --- Verification ---
doing='verifying the result'
say "$doing"

# measure makes each call once and evaluates all its claims.
measure() {
  verdicts=''
  failed=0
  unproven=0
  ask ec2 describe-vpc-attribute \
    --attribute enableDnsSupport \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query "[
  [EnableDnsSupport.Value && 'yes' || 'no']
]"
  claim 1 1 vpc-attribute/dns-support yes 'DNS support is enabled for the VPC'
  ask ec2 describe-vpc-attribute \
    --attribute enableDnsHostnames \
    --vpc-id vpc-0a1b2c3d4e5f60001 \
    --query "[
  [EnableDnsHostnames.Value && 'yes' || 'no']
]"
  claim 1 1 vpc-attribute/dns-hostnames yes 'DNS hostnames are enabled for the VPC'
  ask ec2 describe-vpc-endpoints \
    --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 \
    --query "[
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_s3'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api'].[(to_string(length([SubnetIds][]))=='3' && to_string(length([NetworkInterfaceIds][]))=='3' && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-0a1b2c3d4e5f61001', ',', 'subnet-0a1b2c3d4e5f61002', ',', 'subnet-0a1b2c3d4e5f61003', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_api' && Groups[?GroupId=='$id_security_group_endpoints']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_dkr'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_dkr'].[(to_string(length([SubnetIds][]))=='3' && to_string(length([NetworkInterfaceIds][]))=='3' && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-0a1b2c3d4e5f61001', ',', 'subnet-0a1b2c3d4e5f61002', ',', 'subnet-0a1b2c3d4e5f61003', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_dkr' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_ecr_dkr' && Groups[?GroupId=='$id_security_group_endpoints']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_secretsmanager'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_secretsmanager'].[(to_string(length([SubnetIds][]))=='3' && to_string(length([NetworkInterfaceIds][]))=='3' && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-0a1b2c3d4e5f61001', ',', 'subnet-0a1b2c3d4e5f61002', ',', 'subnet-0a1b2c3d4e5f61003', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_secretsmanager' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_secretsmanager' && Groups[?GroupId=='$id_security_group_endpoints']] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs'].State | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs'].[(to_string(length([SubnetIds][]))=='3' && to_string(length([NetworkInterfaceIds][]))=='3' && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61001') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61002') && contains([SubnetIds][], 'subnet-0a1b2c3d4e5f61003') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', 'subnet-0a1b2c3d4e5f61001', ',', 'subnet-0a1b2c3d4e5f61002', ',', 'subnet-0a1b2c3d4e5f61003', ')'])][] | [0]],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs' && PrivateDnsEnabled] && 'yes' || 'no'],
  [VpcEndpoints[?VpcEndpointId=='$id_endpoint_logs' && Groups[?GroupId=='$id_security_group_endpoints']] && 'yes' || 'no']
]"
  claim 1 17 endpoint/s3 available 'endpoint s3 is available'
  claim 2 17 endpoint/ecr.api available 'endpoint ecr.api is available'
  claim 3 \
    17 \
    endpoint/ecr.api \
    yes \
    'endpoint ecr.api has an interface in us-east-1a, us-east-1b, us-east-1c'
  claim 4 17 endpoint/ecr.api yes 'private DNS of endpoint ecr.api is on'
  claim 5 \
    17 \
    endpoint/ecr.api \
    yes \
    'endpoint ecr.api has security group privatelink-wizard-endpoints'
  claim 6 17 endpoint/ecr.dkr available 'endpoint ecr.dkr is available'
  claim 7 \
    17 \
    endpoint/ecr.dkr \
    yes \
    'endpoint ecr.dkr has an interface in us-east-1a, us-east-1b, us-east-1c'
  claim 8 17 endpoint/ecr.dkr yes 'private DNS of endpoint ecr.dkr is on'
  claim 9 \
    17 \
    endpoint/ecr.dkr \
    yes \
    'endpoint ecr.dkr has security group privatelink-wizard-endpoints'
  claim 10 17 endpoint/secretsmanager available 'endpoint secretsmanager is available'
  claim 11 \
    17 \
    endpoint/secretsmanager \
    yes \
    'endpoint secretsmanager has an interface in us-east-1a, us-east-1b, us-east-1c'
  claim 12 17 endpoint/secretsmanager yes 'private DNS of endpoint secretsmanager is on'
  claim 13 \
    17 \
    endpoint/secretsmanager \
    yes \
    'endpoint secretsmanager has security group privatelink-wizard-endpoints'
  claim 14 17 endpoint/logs available 'endpoint logs is available'
  claim 15 \
    17 \
    endpoint/logs \
    yes \
    'endpoint logs has an interface in us-east-1a, us-east-1b, us-east-1c'
  claim 16 17 endpoint/logs yes 'private DNS of endpoint logs is on'
  claim 17 \
    17 \
    endpoint/logs \
    yes \
    'endpoint logs has security group privatelink-wizard-endpoints'
  ask ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-0a1b2c3d4e5f64001 \
    --query "[
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no'],
  [SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no']
]"
  claim 1 \
    5 \
    endpoint/s3 \
    yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to Amazon S3'
  claim 2 \
    5 \
    endpoint/ecr.api \
    yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to ecr.api'
  claim 3 \
    5 \
    endpoint/ecr.dkr \
    yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to ecr.dkr'
  claim 4 \
    5 \
    endpoint/secretsmanager \
    yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to secretsmanager'
  claim 5 \
    5 \
    endpoint/logs \
    yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to logs'
  ask ec2 describe-route-tables \
    --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 \
    --query "[
  [RouteTables[?RouteTableId=='rtb-0a1b2c3d4e5f61001'].Routes[] | [?State=='active' && GatewayId=='$id_endpoint_s3'] && 'yes' || 'no']
]"
  claim 1 1 endpoint/s3 yes 'route table rtb-0a1b2c3d4e5f61001 sends s3 to the endpoint'
  ask ec2 describe-security-group-rules \
    --filters "Name=group-id,Values=$id_security_group_endpoints" \
    --query "[
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no'],
  [SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no']
]"
  claim 1 \
    4 \
    endpoint/ecr.api \
    yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to ecr.api (tcp 443 from 10.0.0.0/16)'
  claim 2 \
    4 \
    endpoint/ecr.dkr \
    yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to ecr.dkr (tcp 443 from 10.0.0.0/16)'
  claim 3 \
    4 \
    endpoint/secretsmanager \
    yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to secretsmanager (tcp 443 from 10.0.0.0/16)'
  claim 4 \
    4 \
    endpoint/logs \
    yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to logs (tcp 443 from 10.0.0.0/16)'
  ask ec2 describe-network-acls \
    --filters Name=vpc-id,Values=vpc-0a1b2c3d4e5f60001 \
    --query "[
  [NetworkAcls[?Associations[?SubnetId=='subnet-0a1b2c3d4e5f61001']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]],
  [NetworkAcls[?Associations[?SubnetId=='subnet-0a1b2c3d4e5f61002']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]],
  [NetworkAcls[?Associations[?SubnetId=='subnet-0a1b2c3d4e5f61003']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]]
]"
  acl_claim 1 \
    3 \
    endpoint/ecr.api \
    'the network ACL of subnet app-a (subnet-0a1b2c3d4e5f61001) allows the traffic between the workload and the endpoints' \
    'out 443-443 10.0.16.0/20' \
    'in 32768-60999 10.0.16.0/20' \
    'out 443-443 10.0.32.0/20' \
    'in 32768-60999 10.0.32.0/20' \
    'in 443-443 10.0.16.0/20' \
    'out 32768-60999 10.0.16.0/20' \
    'in 443-443 10.0.32.0/20' \
    'out 32768-60999 10.0.32.0/20' \
    'out 443-443 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16' \
    'in 32768-60999 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16'
  acl_claim 2 \
    3 \
    endpoint/ecr.api \
    'the network ACL of subnet app-b (subnet-0a1b2c3d4e5f61002) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/20' \
    'out 32768-60999 10.0.0.0/20' \
    'out 443-443 10.0.0.0/20' \
    'in 32768-60999 10.0.0.0/20' \
    'out 443-443 10.0.32.0/20' \
    'in 32768-60999 10.0.32.0/20' \
    'in 443-443 10.0.32.0/20' \
    'out 32768-60999 10.0.32.0/20' \
    'out 443-443 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16' \
    'in 32768-60999 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16'
  acl_claim 3 \
    3 \
    endpoint/ecr.api \
    'the network ACL of subnet app-c (subnet-0a1b2c3d4e5f61003) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/20' \
    'out 32768-60999 10.0.0.0/20' \
    'in 443-443 10.0.16.0/20' \
    'out 32768-60999 10.0.16.0/20' \
    'out 443-443 10.0.0.0/20' \
    'in 32768-60999 10.0.0.0/20' \
    'out 443-443 10.0.16.0/20' \
    'in 32768-60999 10.0.16.0/20' \
    'out 443-443 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16' \
    'in 32768-60999 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16'
}

verify measure 2 4
say '  not verified  endpoint/logs: Inside the VPC: that the private names resolve to the endpoint addresses and TCP 443 answers. Only a client in the VPC can test this.'

# --- Result ---
result vpc-attribute/dns-support "$id_vpc_attribute_dns_support"
result vpc-attribute/dns-hostnames "$id_vpc_attribute_dns_hostnames"
result security-group/endpoints "$id_security_group_endpoints"
result security-group-rule/endpoints/in/10.0.0.0/16 "$id_security_group_rule_endpoints_in_10_0_0_0_16"
result endpoint/s3 "$id_endpoint_s3"
result endpoint/ecr.api "$id_endpoint_ecr_api"
result endpoint/ecr.dkr "$id_endpoint_ecr_dkr"
result endpoint/secretsmanager "$id_endpoint_secretsmanager"
result endpoint/logs "$id_endpoint_logs"
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
