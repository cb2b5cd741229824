#!/bin/sh
# Restarts the Amazon ECS agent of a Linux host and waits until it answers. Run it as root.
# Prints one line: agent-restarted METHOD.
# Exit codes: 3 no agent was found, 4 the agent did not come back, 5 the restart failed.
set -eu

metadata=http://127.0.0.1:51678/v1/metadata

# The script calls only the agent on this host, so it uses no proxy. Not every wget supports
# no_proxy.
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

has() {
  command -v "$1" >/dev/null 2>&1
}

fail() {
  code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

# Standard output carries one line only, so the output of the commands goes to standard error.
try() {
  "$@" >&2 || fail 5 "Tried: $*. It failed with exit code $?, and the agent may be stopped now. See $log, fix the problem, then run this script again."
}

# A unit that is neither enabled nor active does not run the agent: the package can be installed
# while the agent was started with docker run.
runs() {
  case $(systemctl is-active "$1" 2>/dev/null) in
    active | activating | deactivating | reloading | failed) return 0 ;;
  esac
  systemctl is-enabled "$1" >/dev/null 2>&1
}

unit=
if has systemctl; then
  for name in ecs.service amazon-ecs.service; do # its name on SUSE is amazon-ecs
    if runs "$name"; then
      unit=$name
      break
    fi
  done
fi

if [ -n "$unit" ]; then
  method=$unit
  log="journalctl -u $unit and /var/log/ecs"
  try systemctl restart "$unit"
elif has initctl && job=$(initctl status ecs 2>/dev/null); then
  method=upstart
  log=/var/log/ecs
  case $job in
    *start/*) try initctl stop ecs ;; # a stopped job cannot be stopped again
  esac
  try initctl start ecs
elif has docker && docker inspect --type container ecs-agent >/dev/null 2>&1; then
  method=docker
  log="docker logs ecs-agent"
  try docker stop ecs-agent
  try docker start ecs-agent
elif has apiclient; then
  fail 3 "No ECS agent was found. Tried: systemd, upstart, Docker. apiclient is installed, so this is a Bottlerocket host: change an ecs setting to restart its agent, or reboot it."
else
  fail 3 "No ECS agent was found. Tried: units ecs and amazon-ecs of systemd, job ecs of upstart, container ecs-agent of Docker. Restart the agent the same way it was started on this host, or reboot the host."
fi

answers() {
  if has curl; then
    curl -fsS -m 1 -o /dev/null "$metadata" 2>/dev/null
  else
    wget -q -t 1 -T 1 -O /dev/null "$metadata" 2>/dev/null
  fi
}

if has curl || has wget; then
  tries=1
  until answers; do
    if [ "$tries" -ge 30 ]; then
      fail 4 "The agent was restarted ($method), but $metadata did not answer within a minute. See $log. The agent answers after it has registered with ECS."
    fi
    tries=$((tries + 1))
    sleep 2
  done
else
  echo "Neither curl nor wget is installed, so this script could not check whether the agent is back. Check agentConnected in ECS instead." >&2
fi

echo "agent-restarted $method"
