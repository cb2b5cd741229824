#!/bin/sh
# Looks up names from inside a Linux host and tries TCP port 443 of each. Changes nothing.
# Prints one line a name:
#   resolved NAME ADDRESS,ADDRESS... tcp-ok|tcp-failed|tcp-untried
#   unresolved NAME
# and one more, answers NAME, where the port answered.
# Exit codes: 0 it looked, whatever it saw; 6 it could not look.
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
  echo "Names cannot be looked up here. Tried: getent, nslookup, host; and awk, sort, tr to read what they say. Install getent (glibc) and awk on this host, or look from another one." >&2
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
    # The addresses before the first Name are those of the server that was asked.
    nslookup) nslookup "$1" 2>/dev/null | awk '/^Name:/ { answer = 1 } answer && /^Address/ { sub(/^Address[^:]*:[ \t]*/, ""); print $1 }' ;;
    host) host "$1" 2>/dev/null | awk '/ has (IPv6 )?address / { print $NF }' ;;
  esac | sort -u | tr '\n' ','
}

# Whether the port answers is asked, not what is said on it: no certificate is judged, and
# no proxy is asked on the way.
dial() {
  case $dialer in
    bash) timeout 5 bash -c ": </dev/tcp/$1/443" ;; # Inside lets no name pass that means more to a shell
    curl)
      curl -sS --noproxy '*' -o /dev/null -m 5 --connect-timeout 5 "https://$1"
      case $? in
        0 | 35 | 51 | 52 | 56 | 60) return 0 ;; # connected, whatever came after it
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
