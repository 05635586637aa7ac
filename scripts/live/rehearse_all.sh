#!/usr/bin/env bash
# Every rehearsal: the guards of a config, then a crash of a session of that config.
#
#   scripts/live/rehearse_all.sh [--config FILE]
#
# The session that is killed is a new one. Ends with the first exit code that is not 0.

source "$(dirname "$0")/common.sh"

run all "$LOGOS" rehearse all "$@"
run session "$LOGOS" trade "$@" || [ $? -eq 3 ] # a guard may halt it: that session can be killed too
run all-crash "$LOGOS" rehearse crash latest
