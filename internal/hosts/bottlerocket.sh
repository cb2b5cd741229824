#!/bin/sh
# Restarts the Amazon ECS agent of a Bottlerocket host and waits until it is back. Run it in
# the control container, which Run Command uses: it has apiclient, but no systemctl and no docker.
# Prints one line: agent-restarted apiclient.
# Exit codes: 3 not Bottlerocket, 4 the agent did not come back, 5 apiclient failed.
#
# Bottlerocket restarts ecs.service when an ecs setting is committed, even if the value stays
# the same. So the script sets the log level to its current value, and only the agent restarts.
# apiclient does not wait for the service. But this container shares the network of the host:
# after a restart, a new socket listens on the agent's port.
set -eu

fail() {
  code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

# Prints the inode of the socket that listens (state 0A) on port 51678, which is C9DE in
# hexadecimal.
listener() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r _ address _ state _ _ _ _ _ inode _; do
    case $address/$state in
      *:C9DE/0A) echo "$inode" ;;
    esac
  done
}

command -v apiclient >/dev/null 2>&1 ||
  fail 3 "No ECS agent was found. Tried: apiclient, which is not installed, so this is not the control container of a Bottlerocket host. Reboot the host to restart its agent."

level=$(apiclient raw -u '/settings?keys=settings.ecs.loglevel' | sed -n 's/.*"loglevel" *: *"\([a-z]*\)".*/\1/p')
case $level in
  crit | error | warn | info | debug) ;;
  *) fail 5 "Tried: apiclient raw -u '/settings?keys=settings.ecs.loglevel'. It returned no log level for the agent. Reboot the host to restart its agent." ;;
esac

before=$(listener)
apiclient set "settings.ecs.loglevel=$level" >&2 ||
  fail 5 "Tried: apiclient set settings.ecs.loglevel=$level. It failed with exit code $?. Reboot the host to restart its agent."

tries=1
while now=$(listener); [ -z "$now" ] || [ "$now" = "$before" ]; do
  if [ "$tries" -ge 30 ]; then
    fail 4 "Tried: apiclient set settings.ecs.loglevel=$level, which restarts the agent. No new agent listened on port 51678 within a minute. Reboot the host to restart its agent."
  fi
  tries=$((tries + 1))
  sleep 2
done

echo "agent-restarted apiclient"
