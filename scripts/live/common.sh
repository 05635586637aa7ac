# Sourced by the rehearsals: a folder for their logs, and what runs one command and keeps what it says.
#
#   LOGOS   the program; by default the logos that is first on the path
#   LOGS    where logs go; by default runs/rehearsals/logs in the workspace

set -euo pipefail

LOGOS=${LOGOS:-logos}
LOGS=${LOGS:-${LOGOS_HOME:-.}/runs/rehearsals/logs}
mkdir -p "$LOGS"

# run NAME COMMAND...: run a command, show what it says, keep it in NAME.log, and end with its exit code.
run() {
    local name=$1
    shift
    echo "== $name: $*"
    "$@" 2>&1 | tee "$LOGS/$name.log"
}
