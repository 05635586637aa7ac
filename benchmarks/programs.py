"""The programs that are compared: where each comes from, which script runs it, and what it can do."""

import subprocess
import sys
from pathlib import Path

import attrs

HERE = Path(__file__).resolve().parent


@attrs.frozen
class Mode:
    """One way in which a program does a part of the comparison; its script is called with the argument."""

    part: str
    argument: str
    how: str


@attrs.frozen(kw_only=True)
class Peer:
    """A program other than Logos. Its environment is the folder ``v_<key>``."""

    key: str
    name: str
    requirements: tuple[str, ...]
    modes: tuple[Mode, ...] = ()
    start: tuple[str, ...] = ()
    """A command of the environment whose time to start is taken."""

    @property
    def script(self) -> Path:
        """The script that runs this program."""
        return HERE / "peers" / f"run_{self.key}.py"

    def environment(self, folder: Path) -> Path:
        """Return where its environment is, or should be."""
        return folder / f"v_{self.key}"

    def python(self, folder: Path) -> Path:
        """Return its interpreter."""
        return self.environment(folder) / "bin" / "python"


PEERS = (
    Peer(
        key="backtesting",
        name="backtesting.py",
        requirements=("backtesting",),
        modes=(Mode("run", "run", "bar by bar, statistics included"),),
        start=("python", "-c", "import backtesting"),
    ),
    Peer(
        key="nautilus",
        name="nautilus_trader",
        requirements=("nautilus_trader",),
        modes=(Mode("run", "run", "events"), Mode("ten", "ten", "events")),
        start=("python", "-c", "import nautilus_trader.backtest.engine"),
    ),
    Peer(
        key="backtrader",
        name="backtrader",
        requirements=("backtrader", "numpy", "pandas"),
        modes=(Mode("run", "run", "bar by bar"), Mode("ten", "ten", "bar by bar")),
        start=("btrun", "--help"),
    ),
    Peer(
        key="vectorbt",
        name="vectorbt",
        requirements=("vectorbt",),
        modes=(
            Mode("run", "run", "arrays, later calls"),
            Mode("ten", "ten", "arrays, later calls"),
            Mode("sweep", "sweep", "all pairs at once, later calls"),
        ),
        start=("python", "-c", "import vectorbt"),
    ),
    Peer(
        key="raptorbt",
        name="raptorbt",
        requirements=("raptorbt", "numpy", "pandas"),
        modes=(
            Mode("run", "array", "arrays"),
            Mode("run", "class", "class strategy"),
            Mode("sweep", "sweep", "a batch of arrays"),
        ),
        start=("python", "-c", "import raptorbt"),
    ),
    Peer(
        key="pybroker",
        name="lib-pybroker",
        requirements=("lib-pybroker",),
        modes=(Mode("run", "run", "bar by bar"), Mode("ten", "ten", "bar by bar")),
        start=("python", "-c", "import pybroker"),
    ),
    Peer(
        key="zipline",
        name="zipline-reloaded",
        requirements=("zipline-reloaded",),
        modes=(Mode("run", "run", "events, sums by hand"), Mode("ten", "ten", "events, sums by hand")),
        start=("zipline", "--help"),
    ),
    Peer(key="freqtrade", name="freqtrade", requirements=("freqtrade",), start=("freqtrade", "--help")),
)


def install(folder: Path, peers: tuple[Peer, ...]) -> None:
    """Make the environments that are not there yet; one that fails leaves none behind and is told by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for peer in peers:
        home = peer.environment(folder)
        ready = home / "ready"
        if ready.exists():
            continue
        print(f"installing {peer.name}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        command = [str(peer.python(folder)), "-m", "pip", "install", "--quiet", "--prefer-binary", *peer.requirements]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["no reason given"]
            print(f"{peer.name} could not be installed: {lines[-1]}", flush=True)
            peer.python(folder).unlink()
        else:
            ready.touch()


def present(folder: Path | None, peers: tuple[Peer, ...]) -> tuple[list[Peer], list[str]]:
    """Return the peers that have an environment, and the names of those left out."""
    here = [peer for peer in peers if folder is not None and peer.python(folder).exists()]
    return here, [peer.name for peer in peers if peer not in here]
