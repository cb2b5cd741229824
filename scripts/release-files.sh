#!/usr/bin/env bash
# Writes the files that a release has besides the program: completions and the manual page, as the program prints
# them. GoReleaser runs it before it builds (.goreleaser.yaml). Two runs for the same commit write the same bytes.
# Usage: scripts/release-files.sh VERSION DATE. The date is that of the commit, in RFC 3339. Both are in the manual page.
set -euo pipefail
cd "$(dirname "$0")/.."

version="$1" date="$2"
rm -rf release
mkdir -p release/completions release/man
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The flags of a release, so that Go compiles each package once for both.
CGO_ENABLED=0 GOOS='' GOARCH='' go build -trimpath -ldflags "-s -w -X main.version=$version -X main.date=$date" -o "$work/wizard" ./cmd/wizard
for completion in bash:wizard.bash zsh:_wizard fish:wizard.fish powershell:wizard.ps1; do
  "$work/wizard" completion "${completion%%:*}" >"release/completions/${completion#*:}"
done
"$work/wizard" man | gzip -n -9 >release/man/wizard.1.gz # -n: without the time
