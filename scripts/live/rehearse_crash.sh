#!/usr/bin/env bash
# Kill a session of yours in the middle of its writes, resume it, compare the bytes; see docs/REHEARSALS.md.
#
#   scripts/live/rehearse_crash.sh                     the latest session, 25 kills
#   scripts/live/rehearse_crash.sh --sample 100        the latest, 100 kills
#   scripts/live/rehearse_crash.sh ID --sample 100     another one
#   scripts/live/rehearse_crash.sh ID --every          in every write

source "$(dirname "$0")/common.sh"

session=latest
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    session=$1
    shift
fi

run crash "$LOGOS" rehearse crash "$session" "$@"
run crash-replay "$LOGOS" replay "$session" --verify
run crash-audit "$LOGOS" audit "$session"
