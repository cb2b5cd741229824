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

subnets=(subnet-0a1b2c3d4e5f61001 subnet-0a1b2c3d4e5f61002 subnet-0a1b2c3d4e5f61003)
vpc='vpc-0a1b2c3d4e5f60001'
account='123456789012'
region='us-east-1'

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

# usage shows the comment at the top of the script.
usage() { sed -n '/^$/q; 3,$s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

say() {
  printf '%s\n' "$*" >&2 || true
  log "$*"
}

# log TEXT: adds lines to the file of --log.
log() {
  local line time
  if [[ -n $log_file ]]; then
    time=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    while IFS= read -r line; do
      printf '%s  %s\n' "$time" "$line"
    done <<<"$*" >>"$log_file" || true
  fi
}

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
  local code=$? stopped=$signal
  signal='' # what must not remain is reverted completely
  trap - EXIT INT TERM HUP
  if [[ $undo == yes ]]; then
    trap ':' INT TERM HUP # a signal ends only the call
    (take_back) || say "Not done: $back"
    trap - INT TERM HUP
  fi
  if [[ -n $errors ]]; then
    rm -f "$errors" "$drafted" "$answered"
  fi
  if [[ $mode == apply && $records != *$'\n'* ]]; then
    rm -f "$record_file" # it has only the name of the plan
  fi
  if [[ $code -ne 0 && -n $doing ]]; then
    say ''
    say "Stopped at: $doing${stopped:+ ($stopped)}"
    if [[ -n $made && $mode == undo ]]; then
      say "Reverted in this run so far:$made"
    elif [[ -n $made ]]; then
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
    case $mode in
      undo) say 'Run it again with --undo to revert the rest.' ;;
      apply) say 'It is safe to run this script again: it finds existing resources and creates only what is missing.' ;;
    esac
  fi
  if [[ $json == yes ]]; then
    print_json "$code"
  fi
  exit "$code"
}

# print_json CODE: prints the result as JSON.
print_json() {
  local change result resource line separator=''
  printf '{"account":"%s","region":"%s","vpc":"%s","mode":"%s","changes":[' "$account" "$region" "$vpc" "${mode// /-}"
  while IFS=$'\t' read -r change result resource; do
    if [[ -n $change ]]; then
      printf '%s{"id":%s,"result":%s,"resource":%s}' "$separator" "$(json_text "$change")" "$(json_text "$result")" "$(json_text "$resource")"
      separator=','
    fi
  done <<<"$results"
  printf '],"checks":['
  separator=''
  while IFS=$'\t' read -r change result resource line; do
    if [[ -n $change ]]; then
      printf '%s{"change":%s,"result":%s,"text":%s,"found":%s}' "$separator" "$(json_text "$change")" "$(json_text "$result")" "$(json_text "$resource")" "$(json_text "$line")"
      separator=','
    fi
  done <<<"$checks"
  printf '],"counts":{"created":%d,"changed":%d,"exists":%d,"differs":%d,"verified":%d,"failed":%d,"not_verified":%d},"exit":%d}\n' \
    "$new" "$changed" "$existing" "$differences" "$verified" "$failed" "$unproven" "$1"
}

# json_text TEXT: prints the text as JSON, byte by byte.
json_text() {
  local LC_ALL=C i one text='"'
  for ((i = 0; i < ${#1}; i++)); do
    one=${1:i:1}
    case $one in
      '"' | \\) text+="\\$one" ;;
      [$'\001'-$'\037'])
        printf -v one '\\u%04x' "'$one"
        text+=$one
        ;;
      *) text+=$one ;;
    esac
  done
  printf '%s"' "$text"
}

# aws_cli makes a call. The CLI makes a call without an answer again, even one that AWS applied. A
# call that changes something is therefore made once: the next run finds what it created. The function
# passes the endpoint URL and Region with each call, because older versions of the CLI do
# not read AWS_ENDPOINT_URL.
aws_cli() {
  if [[ $once == yes ]]; then
    local -x AWS_MAX_ATTEMPTS=1
  fi
  if [[ -n $log_file ]]; then
    log "$(shown "$@")"
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

# shown ARGUMENTS: prints the command of a call, quoted for a shell, on one line.
shown() {
  local word text='aws'
  for word in "$@" --region "$region"; do
    case $word in
      '(Unsuccessful['* | '(failures['*) text=${text% --query} ;; # only the script reads that
      '' | *[!A-Za-z0-9_./:,@%+=-]*) text+=" '${word//\'/\'\\\'\'}'" ;;
      *) text+=" $word" ;;
    esac
  done
  printf '%s' "${text//$'\n'/ }"
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
  local delay=2 code
  while true; do
    code=0
    if [[ $once == yes ]]; then
      send "$@" || code=$?
    else
      reply=$(aws_cli "$@" 2>"$errors") || code=$?
    fi
    problem=$(<"$errors")
    if [[ $code -eq 0 && $once == yes && $reply == 'An error occurred ('* ]]; then # AWS answered with the status 200, but did not do it
      problem=$reply
      code=254
    fi
    if [[ $code -eq 0 ]]; then
      if [[ -n $problem && $problem != "$warned" ]]; then
        say "$problem" # a warning of the CLI, shown once
        warned=$problem
      fi
      return 0
    fi
    case $problem in
      *'(RequestLimitExceeded)'* | *'(Throttling)'* | *'(ThrottlingException)'* | *'(ThrottledException)'* | *'(TooManyRequestsException)'* | *'(PriorRequestNotComplete)'*)
        if [[ $delay -gt 64 ]]; then
          return "$code"
        fi
        say "  AWS limits the rate of calls; trying again in $delay seconds"
        sleep "$delay"
        delay=$((delay * 2))
        ;;
      *) return "$code" ;;
    esac
  done
}

# ask ARGUMENTS: makes a call that must succeed.
ask() { read_or '' "$@"; }

# read_or CODES ARGUMENTS: makes a reading call. The answer is empty if AWS returns one of the error CODES.
read_or() {
  local codes=$1 code=0
  shift
  try "$@" || code=$?
  [[ $code -eq 0 ]] && return 0
  reply=''
  if ! listed "$codes"; then
    say "$problem"
    stop 1 "The call was: aws $1 $2"
  fi
}

# listed CODES: whether $problem has one of the error CODES.
listed() {
  local one
  for one in $1; do
    if [[ $problem == *"($one)"* ]]; then
      return 0
    fi
  done
  return 1
}

# found VALUE: whether a value of an answer is set.
found() {
  case $1 in
    '' | None | False | null | false) return 1 ;;
  esac
  return 0
}

# valid ID: ends the script if AWS returned something that is not an id.
valid() {
  if ! found "$1" || [[ $1 == *[!A-Za-z0-9._:/+=@,-]* ]]; then
    stop 1 "AWS returned an invalid id: $1"
  fi
}

# list NAME CODES ARGUMENTS: reads a list of the account into $rows_NAME, unless it was read and nothing was changed
# since. Each line is the name of a row and its values, separated by tabs. A list that needs the id of something that
# does not exist yet is empty. CODES are the error codes that mean the same.
list() {
  local name=$1 codes=$2
  shift 2
  [[ " $current " == *" $name "* ]] && return 0
  reply=''
  case "${*:1:$#-1}" in
    *"$unknown"*) ;;
    *)
      read_or "$codes" "$@"
      current="$current $name"
      ;;
  esac
  printf -v "rows_$name" '%s' "$reply"
}

# row_value LIST NAME [ID] WANT: sets $value to the value of a row. Of several ones, because the CLI reads each page of an
# answer on its own, it takes WANT, or the last one that is set.
row_value() {
  local rows=rows_$1 want="${!#}" line start=$2$'\t'
  if [[ $# -gt 3 ]]; then
    start=$start$3$'\t'
  fi
  value=''
  while IFS= read -r line; do
    if [[ $line == "$start"* ]]; then
      line=${line#"$start"}
      if [[ $line == "$want" ]] || { [[ -z $value || $value != "$want" ]] && found "$line"; }; then
        value=$line
      fi
    fi
  done <<<"${!rows}"
}

# place VARIABLE LIST CHANGE: sets VARIABLE to the id in the first row of a change that is as planned. It ends
# the script if something else is in the place of what the change needs.
place() {
  local rows=rows_$2 line differs='' start=$3$'\t'
  while IFS= read -r line; do
    [[ $line != "$start"* ]] && continue
    line=${line#"$start"}
    if [[ ${line#*$'\t'} == 'as planned' ]] && found "${line%%$'\t'*}"; then
      valid "${line%%$'\t'*}"
      printf -v "$1" '%s' "${line%%$'\t'*}"
      return 0
    fi
    # What should have the id of something that does not exist yet may belong to a run at the same time. It is compared
    # again when the id is known.
    if [[ ${line#*$'\t'} != 'as planned' && $line != *"$unknown"* ]] && found "${line#*$'\t'}"; then
      line=${line/$'\t'/: }
      differs="$differs; ${line#-: }"
    fi
  done <<<"${!rows}"
  [[ -z $differs ]] && return 0
  say "  $3: the account differs from the plan: ${differs:2}. Create a new plan."
  if [[ $mode == apply || $mode == 'dry run' ]]; then
    exit 1
  fi
  differing="$differing $3 "
}

# keep VARIABLE CHANGE SUMMARY WHAT: reports a resource that the plan keeps. It ends the script if WHAT does not exist.
keep() {
  begin exists "$2" "$3"
  id=${!1}
  if [[ $id != "$unknown" ]]; then
    same
    return 0
  fi
  if [[ $mode == check ]]; then
    differ differs "$4 does not exist any more or cannot be used."
    return 0
  fi
  stop 1 "  $4 does not exist any more or cannot be used, but the plan keeps it. The account has changed: create a new plan."
}

# begin RESULT CHANGE SUMMARY [COST]: reports the next change. RESULT is what becomes of it: created, changed, run or exists. COST
# is what it adds to the monthly bill, or unknown.
begin() {
  op=$1
  row=$2
  step=''
  cost=${4:-}
  doing="$2: $3"
  id=''
  look_in=''
  say "$doing"
}

# same reports that the resource of a change exists.
same() {
  say "  exists: $id"
  note exists
}

# note RESULT: adds the current change to the results, and in a run to the record.
note() {
  results="$results$row"$'\t'"$1"$'\t'"${id/#"$unknown"/}"$'\n'
  case $1 in
    created) new=$((new + 1)) ;;
    changed | run) changed=$((changed + 1)) ;;
    exists) existing=$((existing + 1)) ;;
    'would run') ;; # no difference between the account and the plan
    *) differences=$((differences + 1)) ;;
  esac
  if [[ $mode == apply ]]; then
    record "$1"
  fi
}

# record EVENT: appends what became of the current change to the record of the script, which --undo reads. It does not
# repeat the last line of the change.
record() {
  local line=$1$'\t'$row$'\t'$id event change resource last=''
  while IFS=$'\t' read -r event change resource; do
    if [[ $change == "$row" ]]; then
      last=$event$'\t'$change$'\t'$resource
    fi
  done <<<"$records"
  if [[ $line != "$last" ]]; then
    printf '%s\n' "$line" >>"$record_file"
    records=$records$'\n'$line
  fi
}

# differ RESULT TEXT: reports a difference between the account and the plan. For --check.
differ() {
  say "  $2"
  id=$unknown
  note "$1"
}

# missing VARIABLE [LIST]: whether the resource of the current change must be created or changed. It is looked for
# again, because other runs may have created it after the comparison.
missing() {
  look_in=${2:-}
  variable=$1
  if [[ ${!1} == "$unknown" && $mode == apply ]]; then
    look_again
  fi
  id=${!1}
  if [[ $id != "$unknown" ]]; then
    same
    return 1
  fi
  if [[ $mode == check ]]; then
    if [[ $op == run ]]; then
      say '  This is not compared.'
    elif [[ " $differing " == *" $row "* ]]; then
      differ differs 'Something else is in its place.'
    else
      differ "would ${op%d}" "A run would ${op%d} it."
    fi
    return 1
  fi
  if [[ $mode == 'dry run' ]]; then
    note "would ${op%d}"
  fi
  id=''
}

# look_again reads the list of the current change.
look_again() {
  if [[ -n $look_in ]]; then
    "read_$look_in"
    place "$variable" "$look_in" "$row"
  fi
}

# change CODES DRY ARGUMENTS: makes a call that changes something. CODES are the error codes for a
# change that already exists. DRY shows whether AWS supports a dry run of the
# call. Other parts of AWS may not know a new or changed resource for a moment, so such calls are
# retried. $retry_on is a text in the error that shows this; it may be empty.
change() {
  make_change "$@"
  input=''
  retry_on=''
  if [[ -n $look_in ]]; then
    printf -v "$variable" '%s' "$id"
  fi
}

# make_change makes the call of change.
make_change() {
  local codes=$1 dry=$2 code=0 delay
  shift 2
  if [[ $mode != apply ]]; then
    rehearse "$dry" "$@"
    return 0
  fi
  id=''
  created=no
  if [[ -z $step ]]; then
    record began
  fi
  trying="aws $1 $2"
  once=yes
  try "$@" || code=$?
  for delay in 1 2 4 4 4; do
    [[ $code -eq 0 || -z $made || ($problem != *'.NotFound)'* && $problem != *'(NoSuchEntity)'* && (-z $retry_on || $problem != *"$retry_on"*)) ]] && break
    sleep "$delay"
    code=0
    try "$@" || code=$?
  done
  once=no
  if [[ $code -eq 0 ]]; then
    id=$reply
    valid "$id"
    trying=''
    created=yes
    current='' # every list may differ now
    made="$made
  $row $id"
    say "  done: $id"
    case $cost in
      '') ;;
      unknown) costs="$costs
  $row $id: price not known" ;;
      *) costs="$costs
  $row $id: about \$$cost per month" ;;
    esac
    cost=''
    if [[ -n $step ]]; then
      record "part $step"
    else
      note "$op"
    fi
    end_at_signal
    return 0
  fi
  if [[ $problem == *'An error occurred ('* ]]; then # AWS answered: the call was rejected, perhaps because somebody else created it
    local rejected=$problem
    trying=''
    if [[ -z $step ]]; then
      record reverted # it had no effect
    fi
    if [[ -n $look_in ]]; then
      current=''
      look_again
      id=${!variable}
      if [[ $id != "$unknown" ]]; then
        same
        return 0
      fi
      id=''
    fi
    problem=$rejected
    if listed "$codes"; then
      [[ -n $step ]] && return 0
      say "$problem"
      stop 1 'AWS reports that this already exists, but it cannot be found.'
    fi
  fi
  say "$problem"
  stop 1 "The call was: $(shown "$@")"
}

# end_at_signal ends the script if a signal came during the last call.
end_at_signal() {
  if [[ -n $signal ]]; then
    exit 130
  fi
}

# revert CODES BUSY ARGUMENTS: reverts what this script created. CODES are the error codes for something
# that does not exist. BUSY is the error code for something that is still in use; it may be empty.
revert() {
  local codes=$1 busy=$2 code=0 waited=0
  shift 2
  say "  $(shown "$@")"
  [[ $mode == 'undo dry run' ]] && return 0
  trying="aws $1 $2"
  once=yes
  while true; do
    code=0
    try "$@" || code=$?
    if [[ $code -eq 0 || -z $busy || $waited -ge 600 ]] || ! listed "$busy"; then
      break
    fi
    sleep 10
    waited=$((waited + 10))
  done
  once=no
  current=''
  if [[ $code -ne 0 ]] && listed "$codes"; then
    code=0
  fi
  if [[ $code -eq 0 || $problem == *'An error occurred ('* ]]; then # AWS answered
    trying=''
  fi
  if [[ $code -ne 0 ]]; then
    say "$problem"
    stop 1 "The call was: $(shown "$@"). Make it manually, or run again after that."
  fi
}

# rehearse DRY ARGUMENTS: shows a change, and asks AWS whether it would be allowed.
rehearse() {
  local dry=$1 code=0
  shift
  id=$unknown
  say "  $(shown "$@")"
  case "$dry $*" in
    no*)
      say '  AWS does not support a dry run of this call.'
      untried=$((untried + 1))
      return 0
      ;;
    *"$unknown"*)
      say '  This call cannot be tried before the resources that it needs are created.'
      untried=$((untried + 1))
      return 0
      ;;
  esac
  try "$@" --dry-run || code=$?
  if [[ $code -eq 0 ]]; then
    say '  The call was applied: this is not an AWS account but an emulator that ignores --dry-run.'
    refused=$((refused + 1))
  elif [[ $problem == *'(DryRunOperation)'* ]]; then
    say '  The call would succeed.'
  else
    say '  AWS would reject the call:'
    say "$problem"
    refused=$((refused + 1))
  fi
}

# judge CHANGE ID WANT NEVER: reads the state of ID from the lines in $states, each an id and a state. It adds unfinished
# states to $pending, and the states in NEVER, which are final failures, to $broken.
judge() {
  local one rest state='' more=''
  while read -r one rest; do
    if [[ $one == "$2" && -z $state ]]; then
      state=$rest
    elif [[ $one == "$2" && -n $rest ]]; then
      more=": $rest"
    fi
  done <<<"$states"
  state=${state:-$absent}
  [[ $state == "$3" ]] && return 0
  case " $4 " in
    *" ${state:-unknown} "*) broken="$broken
  $1 ($2) is $state$more" ;;
    *) pending="$pending
  $1 ($2) is ${state:-not listed yet}$more" ;;
  esac
}

# patience EVERY: waits before the next look at something that is not ready. It reports what is pending when that changes,
# and every minute.
patience() {
  if [[ $pending != "$told" || $((waited - told_at)) -ge 60 ]]; then
    say "  not ready after $waited seconds:$pending"
    told=$pending
    told_at=$waited
  fi
  sleep "$1"
  waited=$((waited + $1))
}

# wait_gone LIST STATES WANT NEVER LIMIT EVERY CHANGE ID [CHANGE ID]...: as wait_for, for what is being deleted. AWS may show it no longer.
wait_gone() {
  local i some=no
  for ((i = 8; i <= $#; i += 2)); do
    [[ ${!i} == "$unknown" ]] && continue # it was not reverted
    some=yes
  done
  [[ $some == no ]] && return 0
  absent=$3
  wait_for "$@"
  absent=''
}

# wait_for LIST STATES WANT NEVER LIMIT EVERY CHANGE ID [CHANGE ID]...: waits until all of these are in the state WANT. STATES is the
# name of the rows with states. NEVER are final failures, LIMIT and EVERY are seconds.
wait_for() {
  local list=$1 name=$2 want=$3 never=$4 limit=$5 every=$6 rows=rows_$1 told='' told_at=0 waited=0 i line
  shift 6
  [[ $mode != apply && $mode != undo ]] && return 0
  doing="waiting until everything is $want"
  while true; do
    "read_$list"
    states=''
    while IFS= read -r line; do
      if [[ $line == "$name"$'\t'* ]]; then
        states="$states${line#*$'\t'}"$'\n'
      fi
    done <<<"${!rows}"
    pending=''
    broken=''
    for ((i = 1; i < $#; i += 2)); do
      judge "${!i}" "${@:i+1:1}" "$want" "$never"
    done
    if [[ -n $broken ]]; then
      stop 1 "These will never be $want:$broken"
    fi
    [[ -z $pending ]] && return 0
    if [[ $waited -ge $limit ]]; then
      stop 1 "After $waited seconds these are still not $want:$pending"
    fi
    if [[ $waited -eq 0 ]]; then
      say "$doing"
    fi
    patience "$every"
    current=''
  done
}

# verify FUNCTION [SECONDS]...: checks again after these pauses while a check fails, because AWS shows some
# changes with a delay.
verify() {
  local delay change result text value
  for delay in "${@:2}" 0; do
    verified=0
    failed=0
    unproven=0
    checks=''
    "$1"
    [[ $failed -eq 0 || $delay -eq 0 || $mode == check ]] && break
    say "  AWS does not show every change yet; checking again in $delay seconds"
    sleep "$delay"
    current=''
  done
  while IFS=$'\t' read -r change result text value; do
    case $result in
      '') ;;
      verified) say "  verified      $change: $text" ;;
      'not verified') say "  not verified  $change: $text${value:+ ($value)}" ;;
      *) say "  FAILED        $change: $text (found: $value)" ;;
    esac
  done <<<"$checks"
}

# check LIST NAME [ID] CHANGE WANT TEXT: checks whether the value of a row is WANT.
check() {
  local list=$1
  if [[ $# -gt 5 ]]; then
    row_value "$1" "$2" "$3" "$5"
    shift
  else
    row_value "$1" "$2" "$4"
  fi
  [[ " $current " != *" $list "* ]] && value='undecided: what this check needs does not exist'
  conclude "$3" "$4" "$5"
}

# conclude CHANGE WANT TEXT: compares the $value of a check with what it should be.
conclude() {
  case "$unchanged " in
    *" $1 "*) value=$2 ;; # its value was compared
  esac
  case $value in
    "$2")
      verified=$((verified + 1))
      checks="$checks$1"$'\t'verified$'\t'"$3"$'\t'$'\n'
      ;;
    undecided*)
      unproven=$((unproven + 1))
      checks="$checks$1"$'\t''not verified'$'\t'"$3"$'\t'"$value"$'\n'
      ;;
    *)
      failed=$((failed + 1))
      checks="$checks$1"$'\t'failed$'\t'"$3"$'\t'"${value:-nothing}; expected: $2"$'\n'
      ;;
  esac
}

# not_verified CHANGE TEXT: adds a check that this script cannot make.
not_verified() {
  unproven=$((unproven + 1))
  checks="$checks$1"$'\t''not verified'$'\t'"$2"$'\t'$'\n'
}

# some_recorded ends the script if the record is empty.
some_recorded() {
  if [[ $records != *$'\n'* ]]; then # only the name of the plan, or nothing
    [[ -s $record_file ]] || rm -f "$record_file"
    doing=''
    stop 2 "$record_file has no record of a run of this script. Nothing was changed. Use --record FILE if the record is in another file."
  fi
}

# undone reports the end of an undo.
undone() {
  doing=''
  if [[ $mode == undo ]]; then
    say "Reverted: $changed."
  else
    say "Dry run: nothing was changed. A run with --undo would revert: $changed."
  fi
}

# print_results prints one line for each change: its name and the id of its resource.
print_results() {
  local change resource
  while IFS=$'\t' read -r change _ resource; do
    if [[ -n $change ]]; then
      printf '%s\t%s\n' "$change" "$resource"
    fi
  done <<<"$results"
}

# recorded VARIABLE CHANGE: sets VARIABLE to the id of a change in the record.
recorded() {
  local event change last
  printf -v "$1" '%s' "$unknown"
  while IFS=$'\t' read -r event change last; do
    if [[ $change == "$2" && -n $last ]]; then
      printf -v "$1" '%s' "$last"
    fi
  done <<<"$records"
}

# mine VARIABLE CHANGE [PART|LIST]: whether the record says that this script created or changed it, and did not revert it since. If a
# later run found another resource in its place, that one is not reverted. If the run ended before the answer to its call, LIST
# shows the resource. It sets the current change.
mine() {
  local event name last own='' answer=1 part='' lost=no
  case ${3:-} in
    [0-9]*) part=$3 ;;
  esac
  while IFS=$'\t' read -r event name last; do
    [[ $name != "$2" ]] && continue
    case "${part:+part $part}/$event" in
      /began)
        answer=0
        own=''
        ;;
      /created | /changed | /run | "part $part/part $part")
        answer=0
        own=$last
        ;;
      /exists)
        [[ $answer -eq 0 && -z $own ]] && own=$last
        [[ $last != "$own" ]] && answer=1
        ;;
      "/reverted" | "part $part/reverted part $part") answer=1 ;;
    esac
  done <<<"$records"
  if [[ $answer -eq 0 && -z $own && -z $part ]]; then
    printf -v "$1" '%s' "$unknown"
    if [[ -n ${3:-} ]]; then
      "read_$3"
      place "$1" "$3" "$2"
    fi
    [[ ${!1} == "$unknown" ]] && answer=1
    lost=yes
  fi
  if [[ $answer -eq 0 ]]; then
    begin reverted "$2" "revert${part:+ part $part}"
    if [[ $lost == yes ]]; then
      say '  The call that created it had no answer. Somebody else may have created it at that time.'
    fi
    step=$part
    id=${!1}
  else
    printf -v "$1" '%s' "$unknown" # so that nothing waits for its deletion
  fi
  return "$answer"
}

# reverted records that the current change was reverted.
reverted() {
  if [[ $mode == undo ]]; then
    record "reverted${step:+ part $step}"
    made="$made
  $row $id"
  fi
  results="$results$row"$'\t'reverted$'\t'"$id"$'\n'
  changed=$((changed + 1))
  end_at_signal
}

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
    [[ $direction != "$2" ]] && continue
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

# check_acl LIST NAME CHANGE TEXT TRAFFIC...: checks what a network ACL allows. The row contains its entries.
check_acl() {
  local change=$3 text=$4
  row_value "$1" "$2" ''
  shift 4
  acl_result "$value" "$@"
  conclude "$change" allowed "$text"
}

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
  [['security-group-rule/endpoints/in/10.0.0.0/16', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] | [0].SecurityGroupRuleId) || 'None', 'as planned']],
  [['security-group-rule/endpoints/in/10.0.0.0/16', '-', (join('; ', [(SecurityGroupRules[?!IsEgress && Description=='HTTPS from the VPC'].[SecurityGroupRuleId, join(', ', [
    !IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16' || join('', ['it allows ', IpProtocol, ' ', to_string(FromPort || ''), '-', to_string(ToPort || ''), ' for ', CidrIpv4 || CidrIpv6 || PrefixListId || ReferencedGroupInfo.GroupId || '', ' (plan: tcp 443-443 for ', '10.0.0.0/16', '', '', ')'])][?type(@)=='string'])])[?[1]].join(': ', @)][])) || 'None']],
  [['endpoint/ecr.api group-rule', (SecurityGroupRules[?!IsEgress && IpProtocol=='tcp' && to_string(FromPort)=='443' && to_string(ToPort)=='443' && CidrIpv4=='10.0.0.0/16'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_vpc_endpoints() {
  local needs_1="(State=='available' || State=='pending') || join('', ['state is ', State || 'unknown', ' (plan: available)']),
    !RequesterManaged || 'an AWS service manages it (plan: one of this account)'"
  local needs_2="IpAddressType!='ipv6' || join('', ['address type is ', IpAddressType, ' (plan: ipv4)']),
    contains([SubnetIds][], '${subnets[0]}') && contains([SubnetIds][], '${subnets[1]}') && contains([SubnetIds][], '${subnets[2]}') || join('', ['subnets ', join(', ', sort([SubnetIds][])), ' (plan: ', '${subnets[0]}', ', ', '${subnets[1]}', ', ', '${subnets[2]}', ')']),
    contains([Groups[].GroupId][], '$id_security_group_endpoints') || join('', ['security groups ', join(', ', sort([Groups[].GroupId][])), ' (plan: ', '$id_security_group_endpoints', ')']),
    PrivateDnsEnabled || 'private DNS is off (plan: on)'"
  list ec2_vpc_endpoints '' ec2 describe-vpc-endpoints \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.s3' && VpcEndpointType=='Gateway' && State!='deleted' && State!='deleting'].['endpoint/s3', VpcEndpointId, join(', ', [
    contains([RouteTableIds][], 'rtb-0a1b2c3d4e5f61001') || join('', ['route tables ', join(', ', sort([RouteTableIds][])), ' (plan: ', 'rtb-0a1b2c3d4e5f61001', ')']),
    $needs_1,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 's3:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.ecr.api' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/ecr.api', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'ecr:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.ecr.dkr' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/ecr.dkr', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'dkr:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.secretsmanager' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/secretsmanager', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'secretsmanager:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[?ServiceName=='com.amazonaws.$region.logs' && VpcEndpointType=='Interface' && State!='deleted'].['endpoint/logs', VpcEndpointId, join(', ', [
    $needs_1,
    $needs_2,
    !([PolicyDocument || ''][?contains(@, 'Deny') || contains(@, 'Condition') || contains(@, 'arn:') || contains(@, 'logs:')]) || 'the policy restricts access (plan: full access)'][?type(@)=='string']) || 'as planned'],
  VpcEndpoints[].['state', VpcEndpointId, State],
  (VpcEndpoints[?LastError].[VpcEndpointId,join(': ',[LastError.Code || '',LastError.Message || ''])])[*].['state', [0], [1]],
  VpcEndpoints[].['interfaces', VpcEndpointId, (to_string(length([SubnetIds][]))=='3' && to_string(length([NetworkInterfaceIds][]))=='3' && contains([SubnetIds][], '${subnets[0]}') && contains([SubnetIds][], '${subnets[1]}') && contains([SubnetIds][], '${subnets[2]}') && 'yes') || join('', [join(',', sort([SubnetIds][])), ' with ', to_string(length([NetworkInterfaceIds][])), ' interfaces (plan: ', '${subnets[0]}', ',', '${subnets[1]}', ',', '${subnets[2]}', ')'])],
  VpcEndpoints[].['private-dns', VpcEndpointId, PrivateDnsEnabled && 'yes' || 'no'],
  VpcEndpoints[].['group-attached', VpcEndpointId, Groups[?GroupId=='$id_security_group_endpoints'] && 'yes' || 'no']
][]"
}

read_ec2_security_group_rules_2() {
  list ec2_security_group_rules_2 '' ec2 describe-security-group-rules \
    --filters Name=group-id,Values=sg-0a1b2c3d4e5f64001 \
    --query "[
  [['endpoint/s3 group-rule', (SecurityGroupRules[?IsEgress && IpProtocol=='-1' && CidrIpv4=='0.0.0.0/0'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_route_tables() {
  list ec2_route_tables '' ec2 describe-route-tables \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/s3 route', (RouteTables[?RouteTableId=='rtb-0a1b2c3d4e5f61001'].Routes[] | [?State=='active' && GatewayId=='$id_endpoint_s3'] && 'yes' || 'no') || 'None']]
][]"
}

read_ec2_network_acls() {
  list ec2_network_acls '' ec2 describe-network-acls \
    --filters "Name=vpc-id,Values=$vpc" \
    --query "[
  [['endpoint/ecr.api network-acl', (NetworkAcls[?Associations[?SubnetId=='${subnets[0]}']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']],
  [['endpoint/ecr.api network-acl 2', (NetworkAcls[?Associations[?SubnetId=='${subnets[1]}']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']],
  [['endpoint/ecr.api network-acl 3', (NetworkAcls[?Associations[?SubnetId=='${subnets[2]}']].join(' ', sort_by([Entries][], &RuleNumber)[].join('/', [Egress && 'out' || 'in', to_string(RuleNumber), RuleAction, Protocol, CidrBlock || Ipv6CidrBlock || '', (Protocol=='6' || Protocol=='17') && join('-', [to_string(PortRange.From || to_number('0')), to_string(PortRange.To || to_number('0'))]) || 'all'])) | [0]) || 'None']]
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
  recorded id_endpoint_ecr_dkr endpoint/ecr.dkr
  recorded id_endpoint_secretsmanager endpoint/secretsmanager
  recorded id_endpoint_logs endpoint/logs
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
  if mine id_endpoint_ecr_dkr endpoint/ecr.dkr ec2_vpc_endpoints; then
    revert InvalidVpcEndpointId.NotFound DependencyViolation ec2 delete-vpc-endpoints \
      --vpc-endpoint-ids "$id_endpoint_ecr_dkr" \
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
    endpoint/secretsmanager "$id_endpoint_secretsmanager" \
    endpoint/ecr.dkr "$id_endpoint_ecr_dkr" \
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
plan="$account $region vpc-0a1b2c3d4e5f60001 ecs-fargate"
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
id_endpoint_ecr_dkr=$unknown
id_endpoint_secretsmanager=$unknown
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
place id_endpoint_ecr_dkr ec2_vpc_endpoints endpoint/ecr.dkr
place id_endpoint_secretsmanager ec2_vpc_endpoints endpoint/secretsmanager
place id_endpoint_logs ec2_vpc_endpoints endpoint/logs

# --- Existing resources that the plan keeps ---
keep id_vpc_attribute_dns_support vpc-attribute/dns-support 'DNS support is enabled for the VPC' vpc-0a1b2c3d4e5f60001
keep id_vpc_attribute_dns_hostnames vpc-attribute/dns-hostnames \
  'DNS hostnames are enabled for the VPC' vpc-0a1b2c3d4e5f60001

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

# --- security-group-rule/endpoints/in/10.0.0.0/16 ---
# Why: Endpoints listen on TCP 443, and a security group without rules allows no inbound
# traffic. Private DNS changes the path for the whole VPC. 7 network interfaces of other
# clients would be blocked without this rule, so it allows the whole VPC.
# Rules: G-SG443, G-SHUTOUT
begin created security-group-rule/endpoints/in/10.0.0.0/16 "Allow TCP 443 from 10.0.0.0/16 to the endpoints' group"
if missing id_security_group_rule_endpoints_in_10_0_0_0_16 ec2_security_group_rules; then
  change InvalidPermission.Duplicate yes ec2 authorize-security-group-ingress \
    --group-id "$id_security_group_endpoints" \
    --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"10.0.0.0/16","Description":"HTTPS from the VPC"}],"ToPort":443}]' \
    --query 'SecurityGroupRules[0].SecurityGroupRuleId'
fi

# --- endpoint/s3 ---
# Why: Used for Amazon ECR image layers and for files in Amazon S3. Tasks pull private
# images from Amazon ECR. Without internet access, this needs both ECR endpoints and the S3
# gateway endpoint. Found: web:7 pulls
# 123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.2. A gateway endpoint adds a route
# and has no hourly price. Amazon ECR needs it for image layers.
# Rules: G-TYPE, E-ECRPAIR
begin created endpoint/s3 'Create the s3 gateway endpoint in 1 route table'
if missing id_endpoint_s3 ec2_vpc_endpoints; then
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-5" \
    --route-table-ids rtb-0a1b2c3d4e5f61001 \
    --service-name "com.amazonaws.$region.s3" \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard s3"}]}]' \
    --vpc-endpoint-type Gateway \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/secretsmanager ---
# Why: Used for secrets and registry credentials. Tasks read secrets from Secrets Manager
# when they start. Found: web:7 reads secretsmanager secret:prod/web/db-AbCdEf. Ping does
# not test an interface endpoint: test TCP 443. Each endpoint provides 10 Gbps per
# Availability Zone and scales up to 100 Gbps, with packets of up to 8,500 bytes.
# Rules: G-TYPE, E-SECRETS
begin created endpoint/secretsmanager 'Create the secretsmanager interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
if missing id_endpoint_secretsmanager ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-8" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.secretsmanager" \
    --subnet-ids "${subnets[@]}" \
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
    --client-token "wizard-$run-9" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.logs" \
    --subnet-ids "${subnets[@]}" \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard logs"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

wait_for ec2_vpc_endpoints state available 'failed rejected expired deleting deleted partial pendingAcceptance' 600 2 \
  endpoint/s3 "$id_endpoint_s3"

# --- endpoint/ecr.api ---
# Why: Used for the Amazon ECR API: credentials and image manifests.
# Rules: G-TYPE, E-ECRPAIR
begin created endpoint/ecr.api 'Create the ecr.api interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
if missing id_endpoint_ecr_api ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-6" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.ecr.api" \
    --subnet-ids "${subnets[@]}" \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard ecr.api"}]}]' \
    --vpc-endpoint-type Interface \
    --vpc-id "$vpc" \
    --query VpcEndpoint.VpcEndpointId
fi

# --- endpoint/ecr.dkr ---
# Why: Used for downloads of images from Amazon ECR.
# Rules: G-TYPE, E-ECRPAIR
begin created endpoint/ecr.dkr 'Create the ecr.dkr interface endpoint in us-east-1a, us-east-1b, us-east-1c' 21.90
if missing id_endpoint_ecr_dkr ec2_vpc_endpoints; then
  retry_on=enableDnsHostnames
  change '' yes ec2 create-vpc-endpoint \
    --client-token "wizard-$run-7" \
    --ip-address-type ipv4 \
    --private-dns-enabled \
    --security-group-ids "$id_security_group_endpoints" \
    --service-name "com.amazonaws.$region.ecr.dkr" \
    --subnet-ids "${subnets[@]}" \
    --tag-specifications '[{"ResourceType":"vpc-endpoint","Tags":[{"Key":"ManagedBy","Value":"privatelink-wizard"},{"Key":"Name","Value":"privatelink-wizard ecr.dkr"}]}]' \
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
  endpoint/ecr.dkr "$id_endpoint_ecr_dkr" \
  endpoint/secretsmanager "$id_endpoint_secretsmanager" \
  endpoint/logs "$id_endpoint_logs"

# --- Verification ---
doing='verifying the result'
say "$doing"

check_all() {
  read_ec2_vpc_attribute
  read_ec2_vpc_attribute_2
  read_ec2_vpc_endpoints
  read_ec2_security_group_rules_2
  read_ec2_route_tables
  read_ec2_security_group_rules
  read_ec2_network_acls
  check ec2_vpc_attribute 'vpc-attribute/dns-support dns-attribute' vpc-attribute/dns-support yes \
    'DNS support is enabled for the VPC'
  check ec2_vpc_attribute_2 'vpc-attribute/dns-hostnames dns-attribute' vpc-attribute/dns-hostnames yes \
    'DNS hostnames are enabled for the VPC'
  check ec2_vpc_endpoints state "$id_endpoint_s3" endpoint/s3 available 'endpoint s3 is available'
  check ec2_security_group_rules_2 'endpoint/s3 group-rule' endpoint/s3 yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to Amazon S3'
  check ec2_route_tables 'endpoint/s3 route' endpoint/s3 yes \
    'route table rtb-0a1b2c3d4e5f61001 sends s3 to the endpoint'
  check ec2_vpc_endpoints state "$id_endpoint_ecr_api" endpoint/ecr.api available 'endpoint ecr.api is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_ecr_api" endpoint/ecr.api yes \
    'endpoint ecr.api has an interface in us-east-1a, us-east-1b, us-east-1c'
  check ec2_vpc_endpoints private-dns "$id_endpoint_ecr_api" endpoint/ecr.api yes \
    'private DNS of endpoint ecr.api is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_ecr_api" endpoint/ecr.api yes \
    'endpoint ecr.api has security group privatelink-wizard-endpoints'
  check ec2_security_group_rules 'endpoint/ecr.api group-rule' endpoint/ecr.api yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to ecr.api (tcp 443 from 10.0.0.0/16)'
  check ec2_security_group_rules_2 'endpoint/s3 group-rule' endpoint/ecr.api yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to ecr.api'
  check ec2_vpc_endpoints state "$id_endpoint_ecr_dkr" endpoint/ecr.dkr available 'endpoint ecr.dkr is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_ecr_dkr" endpoint/ecr.dkr yes \
    'endpoint ecr.dkr has an interface in us-east-1a, us-east-1b, us-east-1c'
  check ec2_vpc_endpoints private-dns "$id_endpoint_ecr_dkr" endpoint/ecr.dkr yes \
    'private DNS of endpoint ecr.dkr is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_ecr_dkr" endpoint/ecr.dkr yes \
    'endpoint ecr.dkr has security group privatelink-wizard-endpoints'
  check ec2_security_group_rules 'endpoint/ecr.api group-rule' endpoint/ecr.dkr yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to ecr.dkr (tcp 443 from 10.0.0.0/16)'
  check ec2_security_group_rules_2 'endpoint/s3 group-rule' endpoint/ecr.dkr yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to ecr.dkr'
  check ec2_vpc_endpoints state "$id_endpoint_secretsmanager" endpoint/secretsmanager available \
    'endpoint secretsmanager is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_secretsmanager" endpoint/secretsmanager yes \
    'endpoint secretsmanager has an interface in us-east-1a, us-east-1b, us-east-1c'
  check ec2_vpc_endpoints private-dns "$id_endpoint_secretsmanager" endpoint/secretsmanager yes \
    'private DNS of endpoint secretsmanager is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_secretsmanager" endpoint/secretsmanager yes \
    'endpoint secretsmanager has security group privatelink-wizard-endpoints'
  check ec2_security_group_rules 'endpoint/ecr.api group-rule' endpoint/secretsmanager yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to secretsmanager (tcp 443 from 10.0.0.0/16)'
  check ec2_security_group_rules_2 'endpoint/s3 group-rule' endpoint/secretsmanager yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to secretsmanager'
  check ec2_vpc_endpoints state "$id_endpoint_logs" endpoint/logs available 'endpoint logs is available'
  check ec2_vpc_endpoints interfaces "$id_endpoint_logs" endpoint/logs yes \
    'endpoint logs has an interface in us-east-1a, us-east-1b, us-east-1c'
  check ec2_vpc_endpoints private-dns "$id_endpoint_logs" endpoint/logs yes 'private DNS of endpoint logs is on'
  check ec2_vpc_endpoints group-attached "$id_endpoint_logs" endpoint/logs yes \
    'endpoint logs has security group privatelink-wizard-endpoints'
  check ec2_security_group_rules 'endpoint/ecr.api group-rule' endpoint/logs yes \
    'privatelink-wizard-endpoints allows traffic from sg-0a1b2c3d4e5f64001 to logs (tcp 443 from 10.0.0.0/16)'
  check ec2_security_group_rules_2 'endpoint/s3 group-rule' endpoint/logs yes \
    'prod-app (sg-0a1b2c3d4e5f64001) allows outbound TCP 443 to logs'
  check_acl ec2_network_acls 'endpoint/ecr.api network-acl' endpoint/ecr.api \
    'the network ACL of subnet app-a (subnet-0a1b2c3d4e5f61001) allows the traffic between the workload and the endpoints' \
    'out 443-443 10.0.16.0/20' 'in 32768-60999 10.0.16.0/20' \
    'out 443-443 10.0.32.0/20' 'in 32768-60999 10.0.32.0/20' \
    'in 443-443 10.0.16.0/20' 'out 32768-60999 10.0.16.0/20' \
    'in 443-443 10.0.32.0/20' 'out 32768-60999 10.0.32.0/20' \
    'out 443-443 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16' \
    'in 32768-60999 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16'
  check_acl ec2_network_acls 'endpoint/ecr.api network-acl 2' endpoint/ecr.api \
    'the network ACL of subnet app-b (subnet-0a1b2c3d4e5f61002) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/20' 'out 32768-60999 10.0.0.0/20' \
    'out 443-443 10.0.0.0/20' 'in 32768-60999 10.0.0.0/20' \
    'out 443-443 10.0.32.0/20' 'in 32768-60999 10.0.32.0/20' \
    'in 443-443 10.0.32.0/20' 'out 32768-60999 10.0.32.0/20' \
    'out 443-443 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16' \
    'in 32768-60999 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16'
  check_acl ec2_network_acls 'endpoint/ecr.api network-acl 3' endpoint/ecr.api \
    'the network ACL of subnet app-c (subnet-0a1b2c3d4e5f61003) allows the traffic between the workload and the endpoints' \
    'in 443-443 10.0.0.0/20' 'out 32768-60999 10.0.0.0/20' \
    'in 443-443 10.0.16.0/20' 'out 32768-60999 10.0.16.0/20' \
    'out 443-443 10.0.0.0/20' 'in 32768-60999 10.0.0.0/20' \
    'out 443-443 10.0.16.0/20' 'in 32768-60999 10.0.16.0/20' \
    'out 443-443 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16' \
    'in 32768-60999 16.182.0.0/16 18.34.0.0/19 3.5.0.0/19 52.216.0.0/15 54.231.0.0/16'
  not_verified endpoint/logs \
    'Inside the VPC: that the private names resolve to the endpoint addresses and TCP 443 answers. Only a client in the VPC can test this.'
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
