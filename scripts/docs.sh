#!/usr/bin/env bash
# Writes the parts of the documentation that are created from the program:
#   lists      the lists in docs/answers.md, docs/permissions.md, docs/rules.md and the sample policies
#   schemas    docs/answers.schema.json, docs/check.schema.json, docs/doctor.schema.json, docs/overview.schema.json and docs/plan.schema.json
#   samples    docs/samples: a plan and a script for the sandbox
#   log        docs/samples/endpoints.log: the output of that script (about two minutes)
#   pictures   docs/*.svg: six screens
#   frames     the screens in docs/first-vpc.md
# Usage: scripts/docs.sh [schemas] [lists] [samples] [log] [pictures] [frames]; without arguments, all of them.
# Needs Go; the log also needs the AWS CLI, and the pictures tmux.
set -euo pipefail
cd "$(dirname "$0")/.."

work="$(mktemp -d)"
served='' # process id of the sandbox
socket="wizard-docs-$$"
cleanup() {
  [ -z "$served" ] || kill "$served" 2>/dev/null || true
  tmux -L "$socket" kill-server 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# A version of the working copy would change the samples with every commit.
build() { [ -x "$work/wizard" ] || go build -buildvcs=false -o "$work/wizard" ./cmd/wizard; }

lists() {
  go test . -count=1 -run 'TestPermissions|TestAnswersReference' -update
  go test ./internal/plan -count=1 -run 'TestRulesDoc' -update
}

frames() { go test ./cmd/wizard -count=1 -run "TestFramesOfFirstVPC" -update; }

schemas() { go test ./internal/answers ./internal/check ./internal/doctor ./internal/plan -count=1 -run 'TestSchema$' -update; }

samples() { go test . -count=1 -run 'TestSamples' -update; }

log() {
  build
  local port=4599
  "$work/wizard" sandbox serve --scenario closed --addr "127.0.0.1:$port" >"$work/served" 2>&1 &
  served=$!
  for _ in $(seq 100); do
    grep -q "$port" "$work/served" && break
    sleep 0.1
  done
  # Nothing of this computer may reach the log: no profile, no proxy, no credentials.
  (cd docs/samples && env -i PATH="$PATH" HOME="$work" LANG=C.UTF-8 \
    AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any \
    AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true \
    bash endpoints.sh --record "$work/record" >"$work/log" 2>&1)
  kill "$served"
  served=''
  mv "$work/log" docs/samples/endpoints.log
}

# wizard ARGUMENT... starts the wizard in a terminal of its own.
wizard() {
  tmux -L "$socket" kill-server 2>/dev/null || true
  tmux -L "$socket" -f /dev/null new-session -d -x 100 -y 30 -s docs \
    "env -i PATH=$PATH HOME=$work TERM=tmux-256color COLORTERM=truecolor LANG=C.UTF-8 AWS_EC2_METADATA_DISABLED=true $work/wizard $*"
  tmux -L "$socket" set-option -g default-terminal tmux-256color
}

# shows TEXT waits until the screen shows a text.
shows() {
  for _ in $(seq 300); do
    if tmux -L "$socket" capture-pane -p -t docs | grep -qF -- "$1"; then
      return
    fi
    sleep 0.1
  done
  echo "the screen does not show: $1"
  tmux -L "$socket" capture-pane -p -t docs
  return 1
}

# press KEY... sends keys.
press() { tmux -L "$socket" send-keys -t docs "$@"; }

# shot NAME writes the screen to docs/NAME.svg.
shot() {
  sleep 1 # until the screen no longer changes
  tmux -L "$socket" capture-pane -e -p -t docs >"$work/$1.ans"
  # With the name of a font that freeze does not embed, the SVG stays small.
  "$work/freeze" "$work/$1.ans" --output "docs/$1.svg" --background '#0d1117' --padding 16 \
    --font.family "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" \
    --font.size 14 --line-height 1.3
}

pictures() {
  build
  # freeze turns colored text into an SVG. It is a tool of this script and not a dependency
  # of the program, so its version is pinned here.
  GOBIN="$work" go install github.com/charmbracelet/freeze@v0.2.2
  wizard
  shows 'What should the wizard do?'
  shot first
  wizard --sandbox=closed --speed=2
  shows 'What do you run in the VPC?'
  press Enter
  shows 'Which ECS service'
  shot service
  press Enter
  shows 'Review the plan now'
  press Enter
  shows 'Plan for prod'
  shot review
  press m
  shows 'after the plan'
  press p
  shot map
  press Escape
  shows 'Plan for prod'
  press Enter
  shows 'Enter alone: Back'
  press Right
  press Enter
  shows 'is pending'
  shot progress
  shows 'Applied. '
  shot result
}

[ "$#" -gt 0 ] || set -- schemas lists samples log pictures frames
for part in "$@"; do
  case "$part" in
  lists | schemas | samples | log | pictures | frames) "$part" ;;
  *) echo "usage: scripts/docs.sh [schemas] [lists] [samples] [log] [pictures] [frames]" >&2 && exit 2 ;;
  esac
done
