#!/usr/bin/env bash
# Prints what CHANGELOG.md says about a version, without its heading: the notes of the release. It fails if the version
# has no heading "## VERSION" or nothing below it. A prerelease, such as 0.2.0-rc.1, has the notes of its version.
# The notes of a release are not a file of the repository: GitHub shows each end of a line in them, so the lines of a
# paragraph are joined, and links to files lead to those of the tag.
# Usage: scripts/release-notes.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."

notes="$(awk -v version="${1%%-*}" '
  /^## /{on = $2 == version; next}
  !on {next}
  /^[^ ]/ && !/^[-#]/ && paragraph != "" {$0 = "  " $0}
  /^  /{sub(/^ +/, ""); paragraph = paragraph " " $0; next}
  {if (begun) print paragraph; paragraph = $0; begun = 1}
  END {if (begun) print paragraph}' CHANGELOG.md |
  sed -E "s#\]\(([^)#:]+[)\#])#](https://github.com/privatelink-wizard/privatelink-wizard/blob/v$1/\1#g")"
[[ $notes = *[![:space:]]* ]] || { echo "CHANGELOG.md has no notes for $1" >&2; exit 1; }
printf '%s\n' "$notes"
