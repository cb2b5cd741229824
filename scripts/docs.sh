#!/usr/bin/env bash
# Writes the parts of the documentation that are created from the program:
#   lists      the lists in docs/permissions.md, docs/rules.md and the sample policies
#   schemas    docs/answers.schema.json and docs/plan.schema.json
#   samples    docs/samples: a plan and a script for the sandbox
#   log        docs/samples/endpoints.log: the output of that script (about two minutes)
#   picture    docs/review.svg: the review screen
# Usage: scripts/docs.sh [lists] [schemas] [samples] [log] [picture]; without arguments, all of them.
# Needs Go; the log also needs the AWS CLI, and the picture tmux.
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
  go test . -count=1 -run 'TestPermissions' -update
  go test ./internal/plan -count=1 -run 'TestRulesDoc' -update
}

schemas() { go test ./internal/answers ./internal/plan -count=1 -run 'TestSchema$' -update; }

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
    bash endpoints.sh >"$work/log" 2>&1)
  kill "$served"
  served=''
  mv "$work/log" docs/samples/endpoints.log
}

picture() {
  build
  # freeze turns colored text into an SVG. It is a tool of this script and not a dependency
  # of the program, so its version is pinned here.
  GOBIN="$work" go install github.com/charmbracelet/freeze@v0.2.2
  local screen=(tmux -L "$socket")
  "${screen[@]}" -f /dev/null new-session -d -x 100 -y 30 -s docs \
    "env -i PATH=$PATH HOME=$work TERM=tmux-256color COLORTERM=truecolor LANG=C.UTF-8 AWS_EC2_METADATA_DISABLED=true $work/wizard --sandbox=closed"
  "${screen[@]}" set-option -g default-terminal tmux-256color
  # Enter accepts the default of each step until the sidebar shows Review as the current step.
  local before='' now=''
  for _ in $(seq 300); do
    now="$("${screen[@]}" capture-pane -p -t docs)"
    if grep -q '^▸ Review' <<<"$now"; then
      break
    fi
    if [ "$now" = "$before" ] && grep -q '▸' <<<"$now"; then
      "${screen[@]}" send-keys -t docs Enter
      sleep 0.5
    fi
    before="$now"
    sleep 0.3
  done
  grep -q '^▸ Review' <<<"$now" || { echo "the review screen did not appear:"; echo "$now"; return 1; }
  sleep 2 # until the screen no longer changes
  "${screen[@]}" capture-pane -e -p -t docs >"$work/review.ans"
  # With the name of a font that freeze does not embed, the SVG stays small.
  "$work/freeze" "$work/review.ans" --output docs/review.svg --background '#0d1117' --padding 16 \
    --font.family "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" \
    --font.size 14 --line-height 1.3
}

[ "$#" -gt 0 ] || set -- lists schemas samples log picture
for part in "$@"; do
  case "$part" in
  lists | schemas | samples | log | picture) "$part" ;;
  *) echo "usage: scripts/docs.sh [lists] [schemas] [samples] [log] [picture]" >&2 && exit 2 ;;
  esac
done
