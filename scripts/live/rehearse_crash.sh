#!/usr/bin/env bash
# Kill a session of yours in the middle of its writes, resume it, compare the bytes; see docs/REHEARSALS.md.
#
#   scripts/live/rehearse_crash.sh                     the latest session, 25 kills
#   scripts/live/rehearse_crash.sh ID --sample 100     another one
#   scripts/live/rehearse_crash.sh ID --every          in every write

source "$(dirname "$0")/common.sh"

run crash "$LOGOS" rehearse crash "${@:-latest}"
run crash-replay "$LOGOS" replay "${1:-latest}" --verify
run crash-audit "$LOGOS" audit "${1:-latest}"
