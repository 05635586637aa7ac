#!/usr/bin/env bash
# Cross each limit of a config, and every guard's at once; see docs/REHEARSALS.md.
#
#   scripts/live/rehearse_guards.sh                                 every guard of the default config
#   scripts/live/rehearse_guards.sh drawdown                        one guard
#   scripts/live/rehearse_guards.sh all --config configs/paper.yaml the limits of a config of yours

source "$(dirname "$0")/common.sh"

run "guards-${1:-all}" "$LOGOS" rehearse "${1:-all}" "${@:2}"
