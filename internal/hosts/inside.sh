#!/bin/sh
# Looks up names on a Linux host and tests TCP port 443 of each. Changes nothing.
# Prints one line for each name:
#   resolved NAME ADDRESS,ADDRESS... tcp-ok|tcp-failed|tcp-untried
#   unresolved NAME
# and a second line, answers NAME, if the port answered.
# Exit codes: 0 the lookups ran, with any result; 6 the lookups could not run.
set -u
LC_ALL=C
export LC_ALL

set -- NAMES

has() {
  command -v "$1" >/dev/null 2>&1
}

resolver=
for tool in getent nslookup host; do
  if has "$tool"; then
    resolver=$tool
    break
  fi
done
if [ -z "$resolver" ] || ! has awk || ! has sort || ! has tr; then
  echo "Names cannot be looked up here. Tried: getent, nslookup, host; and awk, sort, tr to read their output. Install getent (glibc) and awk on this host, or use another host." >&2
  exit 6
fi

dialer=
if has bash && has timeout; then
  dialer=bash
elif has curl; then
  dialer=curl
elif has nc; then
  dialer=nc
fi

addresses() {
  case $resolver in
    getent) { getent ahosts "$1" || getent hosts "$1"; } 2>/dev/null | awk '{ print $1 }' ;;
    # The addresses before the first Name are those of the DNS server.
    nslookup) nslookup "$1" 2>/dev/null | awk '/^Name:/ { answer = 1 } answer && /^Address/ { sub(/^Address[^:]*:[ \t]*/, ""); print $1 }' ;;
    host) host "$1" 2>/dev/null | awk '/ has (IPv6 )?address / { print $NF }' ;;
  esac | sort -u | tr '\n' ','
}

# Tests only whether the port accepts a connection: it checks no certificate and uses no proxy.
dial() {
  case $dialer in
    bash) timeout 5 bash -c ": </dev/tcp/$1/443" ;; # safe: Inside rejects names with special characters
    curl)
      curl -sS --noproxy '*' -o /dev/null -m 5 --connect-timeout 5 "https://$1"
      case $? in
        0 | 35 | 51 | 52 | 56 | 60) return 0 ;; # connected; later errors do not matter
        *) return 1 ;;
      esac
      ;;
    nc) nc -z -w 5 "$1" 443 ;;
  esac >/dev/null 2>&1
}

for name do
  found=$(addresses "$name")
  found=${found%,}
  if [ -z "$found" ]; then
    echo "unresolved $name"
  elif [ -z "$dialer" ]; then
    echo "resolved $name $found tcp-untried"
  elif dial "$name" </dev/null; then
    echo "resolved $name $found tcp-ok"
    echo "answers $name"
  else
    echo "resolved $name $found tcp-failed"
  fi
done
exit 0
