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

# begun records that the current step must be reverted.
begun() {
  if [[ $mode == apply ]]; then
    undo=yes
  fi
}

# pause SECONDS: waits.
pause() {
  if [[ $mode == apply ]]; then
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

# elsewhere TOOL FIRST: ends the script, because the tool applies the current change and has not done so.
elsewhere() {
  if [[ $mode == apply ]]; then
    doing=''
    stop 1 "  $1 applies this change, and it is not applied. $2"
  fi
  say "  $1 applies this change."
}

# look_again reads the list of the current change.
look_again() {
  if [[ -n $look_in ]]; then
    "read_$look_in"
    place "$variable" "$look_in" "$row"
  fi
}

# seen VARIABLE LIST NAME: sets $id to what a part of a change needs. It is empty if that does not exist.
seen() {
  if [[ ${!1} == "$unknown" && $mode == apply ]]; then
    "read_$2"
    place "$1" "$2" "$3"
  fi
  id=${!1}
  if [[ $id == "$unknown" ]]; then
    id=''
  fi
}

# complete LIST NAME: whether all parts of the current change were applied before.
complete() {
  "read_$1"
  row_value "$1" "$2" ''
  found "$value"
}

# running VARIABLE [LIST NAME]: whether the parts of the current change are made now. --check only looks for the resource.
running() {
  before=$made
  variable=$1
  if [[ $mode == check && $op == run ]]; then
    say '  A run would do this.'
    id=''
    note 'would run'
  elif [[ $mode == check ]]; then
    if [[ $# -gt 1 ]]; then
      missing "$1" "$2" || return 1
    fi
    id=''
  fi
  [[ $mode != check ]]
}

# completed VARIABLE: reports the end of a change that consists of parts.
completed() {
  step=''
  id=${!1}
  if [[ $mode == check ]]; then
    return 0
  elif [[ $made == "$before" && $id != "$unknown" ]]; then
    note exists
  elif [[ $mode == apply ]]; then
    note "$op"
  else
    note "would ${op%d}"
  fi
}

# look ARGUMENTS: finds the id of a part of a change. $id is empty if it does not exist. The CLI
# reads each page of an answer on its own.
look() { seek '' "$@"; }

# seek CODES ARGUMENTS: as look. CODES are the error codes for a resource that does not exist.
seek() {
  local line
  id=''
  case "$*" in
    *"$unknown"*) return 0 ;; # needs something that a dry run did not create
  esac
  read_or "$@"
  while IFS= read -r line; do
    if found "$line"; then
      valid "$line"
      id=$line
      return 0
    fi
  done <<<"$reply"
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

# compare ARGUMENTS: another run may have created the same as this script at the same time. The call
# returns the one that all runs keep, or nothing while AWS does not show what this script created.
# Before the first call, what others created in the same second shows too. If all keep another one,
# it is in $id and $other.
compare() {
  local own=$id delay
  other=''
  [[ $mode != apply || $created == no ]] && return 0
  for delay in 2 2 4 8; do
    sleep "$delay"
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

# other_kept reports the resource of the other run instead of the own one, which was deleted again.
other_kept() {
  printf -v "$variable" '%s' "$other"
  made=${made%$'\n'*}
  if [[ $costs == *$'\n'"  $row "* ]]; then
    costs=${costs%$'\n'*}
  fi
  record "reverted${step:+ part $step}"
  if [[ -z $step ]]; then
    results=${results%"$row"$'\t'*}
    new=$((new - 1))
    note exists
  fi
  end_at_signal
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

# await CHANGE ID WANT NEVER LIMIT EVERY SOFT HELP ARGUMENTS: repeats the call until ID is in the
# state WANT. NEVER are final failures, LIMIT and EVERY are seconds. SOFT shows whether the script
# continues after LIMIT, HELP is what to check then. $absent is the state of what AWS no longer shows.
await() {
  wait_one "$@"
  absent=''
}

# wait_one is await, without the end.
wait_one() {
  local change=$1 id=$2 want=$3 never=$4 limit=$5 every=$6 soft=$7 help=$8 told='' told_at=0 waited=0
  shift 8
  [[ $mode != apply && $mode != undo ]] && return 0
  while true; do
    ask "$@"
    states=$reply
    pending=''
    broken=''
    judge "$change" "$id" "$want" "$never"
    if [[ -n $broken ]]; then
      stop 1 "This will never be $want:$broken"
    fi
    [[ -z $pending ]] && return 0
    [[ $waited -ge $limit && $soft == yes ]] && return 0
    if [[ $waited -ge $limit ]]; then
      stop 1 "After $waited seconds this is still not $want:$pending${help:+
$help}"
    fi
    patience "$every"
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

# check_found LIST CHANGE TEXT: checks whether the resource of a change exists as planned.
check_found() {
  local here=$unknown
  place here "$1" "$2"
  value=no
  if [[ $here != "$unknown" ]]; then
    value=yes
  fi
  conclude "$2" yes "$3"
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
