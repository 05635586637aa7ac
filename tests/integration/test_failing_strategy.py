"""A strategy that raises ends the program with its name, and the log says where."""

from __future__ import annotations

PLUGIN = """
from logos.plugins import StrategyPart, hookimpl

@hookimpl
def logos_strategies():
    yield StrategyPart(name="bomb", summary="Raises at its third bar", target="acme_bomb_work:Bomb")
"""
WORK = """
class Bomb:
    lookback = 1

    def __init__(self, config, context):
        self.bars = 0

    def on_bar(self, bar):
        self.bars += 1
        if self.bars == 3:
            raise RuntimeError("the third bar")
        return None
"""
CONFIG = """
session: {name: bomb, seed: 7}
instruments: {ABC: {asset_class: crypto, tick: "0.01", lot: "1", currency: USD}}
feed: {plugin: replay, path: bars, symbols: [ABC]}
broker: {plugin: paper, cash: "10000"}
strategies: [{plugin: bomb, name: fuse}]
allocator: {plugin: fixed_quantity, quantity: "10"}
guards: []
"""


def test_the_command_line_names_the_part_without_a_traceback_which_the_log_has(
    workspace, tmp_path, logos_cli, offline_environment
) -> None:
    site = tmp_path / "site"
    info = site / "acme_bomb-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-bomb\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text("[logos.v1]\nmain = acme_bomb\n")
    (site / "acme_bomb.py").write_text(PLUGIN)
    (site / "acme_bomb_work.py").write_text(WORK)
    (workspace / "bars" / "crypto").mkdir(parents=True)
    rows = "".join(f"2024-03-04T14:3{minute}:00Z,10.00,10.00,10.00,10.00,100\n" for minute in range(5))
    (workspace / "bars" / "crypto" / "ABC-1m.csv").write_text("timestamp,open,high,low,close,volume\n" + rows)
    (workspace / "session.yaml").write_text(CONFIG)

    search = f"{offline_environment['PYTHONPATH']}:{site}"
    done = logos_cli("trade", "--config", "session.yaml", env={"PYTHONPATH": search})
    assert done.returncode == 1, done.stderr
    assert "error: strategy fuse on ABC failed: RuntimeError: the third bar\n" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (folder,) = (workspace / "runs/live/sessions").iterdir()
    log = (folder / "logs" / "run.log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "acme_bomb_work.py" in log
