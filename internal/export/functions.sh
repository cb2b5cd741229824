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
