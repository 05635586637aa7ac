#!/usr/bin/env bash
# Put the kill file in front of a session that starts, and of one whose feed is silent; see docs/REHEARSALS.md.
#
#   scripts/live/rehearse_kill_switch.sh [--config FILE]

source "$(dirname "$0")/common.sh"

run kill-switch "$LOGOS" rehearse kill_switch "$@"
