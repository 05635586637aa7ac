"""``logos sweep`` from the shell: the same table everywhere, after kills and interrupts too, and quick to start."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from logos.context.clock import SystemClock

CONFIG = """\
session: {name: demo, seed: 3}
feed: {plugin: replay, path: bundled, symbols: [DEMO]}
broker: {plugin: paper, cash: "100000", fees: {maker_bps: "2", taker_bps: "2"}, slippage_bps: "1"}
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 10, slow: 50}}
allocator: {plugin: equal_weight, invest: "0.95"}
guards:
  - {plugin: drawdown, max: "0.2", daily: "0.1"}
"""
GRID = ("--param", "fast=10:40:10", "--param", "slow=20:80:20", "--no-plots")
BEGIN = ("sweep", "--config", "demo.yaml")
PATIENCE = 60.0

Logos = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def logos(workspace: Path, logos_cli: Logos) -> Logos:
    """Return the command line in a workspace with a config."""
    (workspace / "demo.yaml").write_text(CONFIG, encoding="utf-8")
    return logos_cli


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode in {0, 130}, done.stdout + done.stderr
    value: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return value


def tables(workspace: Path, value: dict[str, object]) -> dict[str, bytes]:
    folder = workspace / str(value["path"])
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_the_same_sweep_has_the_same_table_on_every_executor(workspace: Path, logos: Logos) -> None:
    found = []
    for executor in (("inline",), ("processes", "--workers", "1"), ("dask", "--workers", "1")):
        done = answer(logos(*BEGIN, *GRID, "--json", "--executor", *executor))
        assert done["trials"]["refused"] == 4  # type: ignore[index]
        assert not (workspace / str(done["path"]) / "bars").exists()
        found.append(tables(workspace, done))
    assert found[0] == found[1] == found[2]
    assert set(found[0]) == {"results.parquet", "returns.parquet"}


def begun(workspace: Path, environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start a sweep and return it once its first trials are on the disk."""
    program = Path(sysconfig.get_path("scripts")) / "logos"
    process = subprocess.Popen(
        [str(program), *arguments],
        cwd=workspace,
        env={**environment, "LOGOS_HOME": str(workspace)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    sizes = {path: path.stat().st_size for path in workspace.glob("runs/sweeps/*/trials.jsonl")}
    clock = SystemClock()
    limit = clock.monotonic() + PATIENCE
    while process.poll() is None and clock.monotonic() < limit:
        if any(path.stat().st_size > sizes.get(path, 0) for path in workspace.glob("runs/sweeps/*/trials.jsonl")):
            break
        clock.sleep(0.002)
    return process


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_a_sweep_killed_again_and_again_ends_as_if_nobody_had_touched_it(
    workspace: Path, logos: Logos, offline_environment: dict[str, str], executor: str
) -> None:
    slow = (*GRID, "--engine", "streaming")
    wanted = tables(workspace, answer(logos(*BEGIN, *slow, "--json")))
    where = ("--executor", executor, *(() if executor == "inline" else ("--workers", "1")))
    arguments = (*BEGIN, *slow, *where)
    kills = 0
    for _ in range(3):
        process = begun(workspace, offline_environment, *arguments)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        kills += process.returncode == -signal.SIGKILL
        arguments = ("sweep", "--resume", "latest", "--no-plots", *where)
    assert kills >= 2
    done = answer(logos("sweep", "--resume", "latest", "--no-plots", "--json"))
    assert done["status"] == "completed"
    assert tables(workspace, done) == wanted
    assert done["trials"]["counted_on_these_bars"] == 12  # type: ignore[index]


def test_an_interrupt_leaves_a_valid_part_and_says_how_to_go_on(
    workspace: Path, logos: Logos, offline_environment: dict[str, str]
) -> None:
    slow = (*GRID, "--engine", "streaming")
    wanted = tables(workspace, answer(logos(*BEGIN, *slow, "--json")))
    process = begun(workspace, offline_environment, *BEGIN, *slow)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert "interrupted" in out
    assert "Go on with: logos sweep --resume " in out
    sweep_id = out.rsplit("--resume ", 1)[1].split()[0]
    summary = json.loads((workspace / "runs" / "sweeps" / sweep_id / "summary.json").read_bytes())
    assert summary["status"] == "interrupted"
    done = answer(logos("sweep", "--resume", sweep_id, "--no-plots", "--json"))
    assert tables(workspace, done) == wanted


def test_people_are_told_what_was_found(logos: Logos) -> None:
    done = logos(*BEGIN, *GRID)
    assert done.returncode == 0, done.stderr
    for part in (
        "12 of 16 combinations tried, 4 refused; 12 different configs counted on these very bars so far.",
        "The best neighbourhoods, and the peak",
        "Runs by engine: ",
        "A trial's value is sharpe over all the bars traded on.",
        " MB",
        "The deflated Sharpe ratio is",
        "The probability of overfitting cannot be estimated: it takes 12 trading days",
        "Results in runs/sweeps/",
        "Next: put ",
    ):
        assert part in done.stdout
    assert "Simulated bars" in done.stderr


def test_values_outside_of_strategies_can_be_varied(logos: Logos) -> None:
    params = ("--param", "allocator.invest=0.5,0.95", "--param", "broker.slippage_bps=0:2:1", "--no-plots")
    done = answer(logos(*BEGIN, *params, "--json", "--objective", "total_return"))
    peak = done["peak"]
    assert peak["params"]["broker.slippage_bps"] == "0"  # type: ignore[index]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sweep",), "a sweep needs a config, or one to go on with"),
        (("sweep", "--config", "demo.yaml"), "a sweep needs a parameter to vary"),
        ((*BEGIN, "--param", "fsat=1:5"), "Did you mean 'fast'?"),
        ((*BEGIN, "--param", "fast=1:5", "--method", "gird"), "Did you mean 'grid'?"),
        ((*BEGIN, "--param", "fast=60:70:5"), "every combination is refused"),
        ((*BEGIN, "--param", "fast=1:5", "--executor", "inlin"), "executor 'inlin' is not installed"),
        (("sweep", "--resume", "nothing"), "there is no sweep in"),
        (("sweep", "--resume", "latest", "-c", "demo.yaml"), "Leave out --config"),
        ((*BEGIN, "--param", "fast=1:5", "--walk-forward", "0"), "--walk-forward is 0"),
        ((*BEGIN, "--param", "fast=1:5", "--walk-forward", "-3"), "--walk-forward is -3"),
        ((*BEGIN, "--param", "fast=1:5", "--walk-forward", "9999"), "The most that fit: --walk-forward "),
        (("sweep", "--resume", "latest", "--param", "fast=1:5"), "Leave out --param"),
        (("sweep", "--resume", "latest", "--method", "grid", "--walk-forward", "2"), "--method and --walk-forward"),
        ((*BEGIN, "--param", "fast=1:5", "--method", "random", "--trials", "0"), "--trials is 0"),
        ((*BEGIN, "--param", "fast=1:5", "--engine", "warp"), "there is no engine 'warp'"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_to_do(logos: Logos, arguments: tuple[str, ...], said: str) -> None:
    done = logos(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sweep_without_plots_loads_no_plotting_and_no_pandas(workspace: Path, logos: Logos) -> None:
    assert logos("--version").returncode == 0
    program = (
        "import sys; from logos.cli.app import run; "
        "code = run(sys.argv[1:]); "
        "heavy = ('pandas', 'matplotlib', 'plotly', 'rich', 'distributed'); "
        "print(code, [name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *BEGIN, *GRID],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout + done.stderr
