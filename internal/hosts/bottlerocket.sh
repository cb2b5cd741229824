#!/bin/sh
# Restarts the Amazon ECS agent of a Bottlerocket host and waits until it is back. To be run
# in the control container, where Run Command lands: it has apiclient, no systemctl, no docker.
# Prints one line: agent-restarted apiclient.
# Exit codes: 3 no Bottlerocket, 4 the agent was not seen to come back, 5 apiclient failed.
#
# Bottlerocket restarts ecs.service when an ecs setting is committed, also where the value is
# the one it had. So the log level is set to what it is, and nothing changes but the agent.
# apiclient does not wait for the service. But this container shares the network of the host:
# after a restart it is another socket that listens on the port of the agent.
set -eu

fail() {
  code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

# The inode of the socket that listens (state 0A) on port 51678, which is C9DE.
listener() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ address _ state _ _ _ _ _ inode _; do
    case $address/$state in
      *:C9DE/0A) echo "$inode" ;;
    esac
  done
}

command -v apiclient >/dev/null 2>&1 ||
  fail 3 "No ECS agent was found. Tried: apiclient, which is not here, so this is not the control container of a Bottlerocket host. Reboot the host to restart its agent."

level=$(apiclient raw -u '/settings?keys=settings.ecs.loglevel' | sed -n 's/.*"loglevel" *: *"\([a-z]*\)".*/\1/p')
case $level in
  crit | error | warn | info | debug) ;;
  *) fail 5 "Tried: apiclient raw -u '/settings?keys=settings.ecs.loglevel'. It gave no log level of the agent. Reboot the host to restart its agent." ;;
esac

before=$(listener)
apiclient set "settings.ecs.loglevel=$level" >&2 ||
  fail 5 "Tried: apiclient set settings.ecs.loglevel=$level. It failed with exit code $?. Reboot the host to restart its agent."

tries=1
while now=$(listener); [ -z "$now" ] || [ "$now" = "$before" ]; do
  if [ "$tries" -ge 30 ]; then
    fail 4 "Tried: apiclient set settings.ecs.loglevel=$level, which restarts the agent. Within a minute no new agent listened on port 51678. Reboot the host to restart its agent."
  fi
  tries=$((tries + 1))
  sleep 2
done

echo "agent-restarted apiclient"
