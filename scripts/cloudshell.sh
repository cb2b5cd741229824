# Writes a masked snapshot of the account in AWS CloudShell, with nothing installed. docs/snapshots.md shows the lines below. They are one
# subshell: nothing runs before all of them are pasted, and an error does not close the terminal.
# shellcheck shell=sh
(
  set -eu
  version=0.2.0
  from=${WIZARD_RELEASES:-https://github.com/privatelink-wizard/privatelink-wizard/releases/download}/v$version
  fail() { echo "$*" >&2; exit 1; }
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "There is no release for $(uname -m)." ;;
  esac
  archive=privatelink-wizard_${version}_linux_$arch.tar.gz
  mkdir -p "$HOME/privatelink-wizard-$version"
  cd "$HOME/privatelink-wizard-$version"
  for file in "$archive" checksums.txt; do
    curl -fsSLo "$file" "$from/$file" || fail "Cannot download $from/$file. Nothing was run."
  done
  while read -r sum name; do
    [ "$name" != "$archive" ] || echo "$sum  $name"
  done <checksums.txt | sha256sum --check || fail "$archive is not the file of the release. Nothing was run."
  tar -xzf "$archive" wizard
  snapshot=$HOME/snapshot-$(date -u +%Y%m%dT%H%M%SZ).json.gz
  ./wizard snapshot --mask --out "$snapshot"
  echo "Download with Actions, Download file, and send: $snapshot"
  echo "Download, keep, and never send: $HOME/wizard-legend.json"
)
