#!/usr/bin/env bash
# Prints what CHANGELOG.md says about a version, without its heading: the notes of the release. It fails if the version
# has no heading "## VERSION" or nothing below it.
# Usage: scripts/release-notes.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."

notes="$(awk -v version="$1" '/^## /{on = $2 == version; next} on' CHANGELOG.md)"
[[ $notes = *[![:space:]]* ]] || { echo "CHANGELOG.md has no notes for $1" >&2; exit 1; }
printf '%s\n' "$notes"
