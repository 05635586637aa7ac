"""``logos config`` and ``logos doctor`` through the installed program."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import sysconfig
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from logos.context.clock import SystemClock

Run = Callable[..., subprocess.CompletedProcess[str]]

GOOD = """\
session: {name: good}
feed: {plugin: replay, path: bundled, symbols: [DEMO]}
broker: {fees: {maker_bps: "2", taker_bps: "10"}}
strategies:
  - {plugin: sma_cross, name: trend, params: {fast: 5, slow: 15}}
guards:
  - {plugin: drawdown, max: "0.05"}
  - {plugin: kill_switch, file: stop/KILL}
"""
WRONG = """\
sesion: {name: x}
feed: {plugin: replay, path: bundled, symbols: [DEM]}
broker: {plugin: paper, dry_run: false}
strategies: [{plugin: sma_crss, note: AKIAIOSFODNN7EXAMPLE}]
"""


@pytest.fixture
def configs(workspace: Path) -> Path:
    """Return the workspace with a sound and a wrong config in it."""
    (workspace / "good.yaml").write_text(GOOD, encoding="utf-8")
    (workspace / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    return workspace


@pytest.fixture
def on_a_terminal(workspace: Path, offline_environment: dict[str, str]) -> Callable[..., str]:
    """Return a function that runs ``logos`` on a terminal of a width, and returns what it shows."""

    def run(width: int, *arguments: str) -> str:
        own, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        program = Path(sysconfig.get_path("scripts")) / "logos"
        environment = {**offline_environment, "LOGOS_HOME": str(workspace), "TERM": "xterm-256color"}
        environment.pop("COLUMNS", None)
        process = subprocess.Popen(
            [str(program), *arguments], stdin=other, stdout=other, stderr=other, env=environment, cwd=workspace
        )
        os.close(other)
        shown = b""
        while True:
            try:
                piece = os.read(own, 65_536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            shown += piece
        os.close(own)
        assert process.wait(timeout=60) == 0, shown.decode()
        return shown.decode().replace("\r", "")

    return run


def test_a_sound_config_is_checked_with_exit_code_0_and_leaves_nothing_behind(logos_cli: Run, configs: Path) -> None:
    done = logos_cli("config", "check", "good.yaml")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("good.yaml: can be used: 1 symbol, 6,439 bars, 1 pair, 2 guards;")
    assert sorted(path.name for path in configs.iterdir()) == ["good.yaml", "wrong.yaml"]


def test_all_that_is_wrong_is_told_at_once_with_exit_code_2(logos_cli: Run, configs: Path) -> None:
    done = logos_cli("config", "check", "wrong.yaml")

    assert done.returncode == 2
    for text in (
        "sesion (line 1): unknown section. Did you mean 'session'?",
        "feed.symbols[0] (line 2): no instrument 'DEM' is known. Did you mean 'DEMO'?",
        "broker.dry_run (line 3): false is refused: this release sends no order to a venue",
        "strategies[0].plugin (line 4): strategy 'sma_crss' is not installed. Did you mean sma_cross?",
        "strategies[0].note (line 4): its value looks like a key or a secret",
    ):
        assert text in done.stdout
    assert "AKIA" not in done.stdout + done.stderr


def test_a_machine_reads_the_same_on_one_line(logos_cli: Run, configs: Path) -> None:
    found = json.loads(logos_cli("config", "check", "wrong.yaml", "--json").stdout.splitlines()[-1])

    assert found["sound"] is False
    assert {one["path"] for one in found["problems"]} >= {"sesion", "broker.dry_run", "strategies[0].note"}
    assert all(set(one) == {"path", "line", "message", "hint"} for one in found["problems"])
    missing = logos_cli("config", "check", "none.yaml", "--json")
    assert missing.returncode == 2
    assert "does not exist" in json.loads(missing.stdout)["problems"][0]["message"]


def test_what_the_check_refuses_a_session_refuses_too(logos_cli: Run, configs: Path) -> None:
    (configs / "good.yaml").write_text(GOOD.replace("stop/KILL", "wrong.yaml/KILL"), encoding="utf-8")

    checked, traded = logos_cli("config", "check", "good.yaml"), logos_cli("trade", "--config", "good.yaml")

    assert (checked.returncode, traded.returncode) == (2, 2)
    for text in (checked.stdout, traded.stderr):
        assert "the kill file wrong.yaml/KILL cannot be written" in text
    assert not (configs / "runs").exists()


def test_live_is_refused_with_everything_that_it_would_need(logos_cli: Run, configs: Path) -> None:
    done = logos_cli("config", "check", "good.yaml", "--live")

    assert done.returncode == 2
    assert "--live: it would need --i-acknowledge-risk" in done.stdout
    assert "a live session needs every guard, and lacks exposure, max_notional" in done.stdout


def test_the_module_is_a_door_to_the_check(configs: Path, offline_environment: dict[str, str]) -> None:
    for name, code in (("good.yaml", 0), ("wrong.yaml", 2)):
        command = [sys.executable, "-m", "logos.config_validate", name]
        done = subprocess.run(
            command, cwd=configs, env=offline_environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == code, done.stderr
        assert done.stdout.startswith(name)


def test_the_resolved_config_is_a_config_with_the_same_digest(logos_cli: Run, configs: Path) -> None:
    shown = logos_cli("config", "show", "good.yaml").stdout
    plain = logos_cli("config", "show", "good.yaml", "--plain").stdout
    (configs / "again.yaml").write_text(shown, encoding="utf-8")
    first, again = (
        json.loads(logos_cli("config", "show", name, "--json").stdout) for name in ("good.yaml", "again.yaml")
    )

    assert yaml.safe_load(shown) == yaml.safe_load(plain) == first["config"]
    assert first["digest"] == again["digest"]
    assert "#" not in plain
    assert first["origins"]["strategies[0].params.fast"] == {"source": "file", "name": "", "line": 5}
    assert first["origins"]["broker.cash"]["source"] == "default"


def test_each_value_is_shown_with_where_it_comes_from(logos_cli: Run, configs: Path) -> None:
    lines = logos_cli("config", "show", "good.yaml", env={"LOGOS_SEED": "9"}).stdout.splitlines()
    told = {line.partition(": ")[0].strip(): line for line in lines}

    assert told["seed"].split("#")[0].strip() == "seed: 9"
    assert told["seed"].endswith("# environment: LOGOS_SEED")
    assert told["fast"].endswith("# line 5")
    assert told["cash"].endswith("# default")
    assert told["tick"].endswith("# known instrument")
    columns = {line.index("#") for line in lines[1:] if "#" in line}
    assert len(columns) == 1


def test_the_session_is_drawn_from_its_bars_to_its_artifacts(logos_cli: Run, configs: Path) -> None:
    done = logos_cli("config", "explain", "good.yaml")
    heads = [line.split(":")[0].split("  ")[0] for line in done.stdout.splitlines() if line[:1].isalpha()]

    assert done.returncode == 0
    order = ["session", "feed", "strategy trend", "allocator", "position manager", "guard", "broker", "ledger"]
    assert [head for head in dict.fromkeys(heads) if head in order] == order
    assert "broker: paper  (logos-brokers 0.1.0)" in done.stdout
    assert "runs/live/KILL, stop/KILL" in done.stdout
    assert "6,439 bars" in done.stdout


def test_a_machine_reads_the_seats_with_every_value_and_its_origin(logos_cli: Run, configs: Path) -> None:
    found = json.loads(logos_cli("config", "explain", "good.yaml", "--json").stdout)
    seats = {seat["seat"]: seat for seat in found["seats"]}

    assert (seats["broker"]["plugin"], seats["broker"]["distribution"]) == ("paper", "logos-brokers")
    fast = next(value for value in seats["strategy trend"]["values"] if value["key"] == "params.fast")
    assert fast == {
        "key": "params.fast",
        "value": "5",
        "path": "strategies[0].params.fast",
        "origin": {"source": "file", "name": "", "line": 5},
    }
    assert found["sound"] is True


def test_a_config_that_cannot_be_used_is_not_drawn(logos_cli: Run, configs: Path) -> None:
    assert logos_cli("config", "explain", "wrong.yaml").returncode == 2
    assert logos_cli("config", "show", "wrong.yaml").returncode == 2


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_the_picture_has_boxes_that_fit(on_a_terminal: Any, configs: Path, width: int) -> None:

    shown = on_a_terminal(width, "config", "explain", "good.yaml")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.splitlines()]

    assert max(map(len, lines)) <= width
    assert any("feed: replay" in line and line.startswith("\u256d") for line in lines)
    assert any("logos-core" in line and line.startswith("\u2570") for line in lines)


def test_the_doctor_finds_a_sound_machine(logos_cli: Run, configs: Path) -> None:
    done = logos_cli("doctor")
    names = {line.split()[0] for line in done.stdout.splitlines()[1:]}

    assert done.returncode == 0, done.stdout
    assert {"python", "namespace", "distribution", "plugins", "workspace", "disk", "clock", "secrets"} <= names
    assert "failed" not in done.stdout
    assert sorted(path.name for path in configs.iterdir()) == ["good.yaml", "wrong.yaml"]


def test_the_doctor_looks_at_a_config_too(logos_cli: Run, configs: Path) -> None:
    good, wrong = logos_cli("doctor", "good.yaml"), logos_cli("doctor", "wrong.yaml", "--json")

    assert good.returncode == 0
    assert "good.yaml: can be used" in good.stdout
    assert wrong.returncode == 2
    found = json.loads(wrong.stdout)
    assert found["sound"] is False
    assert found["config"]["problems"]


def test_the_doctor_ends_with_4_where_something_failed(logos_cli: Run, workspace: Path) -> None:
    (workspace / "runs").write_text("in the way")
    (workspace / ".env").write_text("this is no line of variables\n")
    done = logos_cli("doctor", "--json", env={"LOGOS_OFFLINE": "perhaps"})

    assert done.returncode == 4
    verdicts = {one["name"]: one["verdict"] for one in json.loads(done.stdout)["checks"]}
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == {
        "workspace",
        "secrets",
        "environment",
    }


def test_the_doctor_warns_of_what_an_operator_should_see(logos_cli: Run, workspace: Path) -> None:
    (workspace / ".env").write_text("ACME_API_KEY=very-secret-indeed\n")
    (workspace / ".env").chmod(0o644)
    (workspace / "runs/live/sessions/20260101-000000-x").mkdir(parents=True)
    (workspace / "runs/live/KILL").touch()
    (workspace / "logos.py").touch()
    done = logos_cli("doctor", "--json")

    assert done.returncode == 0
    checks = json.loads(done.stdout)["checks"]
    warned = {one["name"]: one for one in checks if one["verdict"] == "warning"}
    assert set(warned) == {"namespace", "secrets", "kill file", "sessions"}
    assert "chmod 600" in warned["secrets"]["hint"]
    assert "very-secret-indeed" not in done.stdout


DRY = """\
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD]}}
broker: {{plugin: ccxt, exchange: binance, base_url: "{address}", cash: "100000"}}
strategies: [{{plugin: sma_cross}}]
guards: [{{plugin: max_notional, limit: "96000"}}]
"""
SECRET = "K-4f1d8c-the-right-one"


def test_what_the_venue_will_replace_is_told_and_which_variables_are_read(logos_cli: Run, configs: Path) -> None:
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    (configs / "dry.yaml").write_text(DRY.format(address="http://127.0.0.1:9"), encoding="utf-8")
    (configs / ".env").write_text(f"BINANCE_API_KEY={SECRET}\n", encoding="utf-8")

    shown = logos_cli("config", "show", "dry.yaml")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert "# broker reads BINANCE_API_KEY, from .env" in lines
    assert "# broker reads BINANCE_API_SECRET, not set" in lines
    for key, origin in (("lot", "known instrument"), ("min_notional", "known instrument"), ("taker_bps", "default")):
        (line,) = [line for line in lines if line.strip().startswith(f"{key}:")]
        assert line.endswith(f"# {origin} until the venue is asked")
    plain = logos_cli("config", "show", "dry.yaml", "--plain").stdout
    assert yaml.safe_load(shown.stdout) == yaml.safe_load(plain)
    explained = logos_cli("config", "explain", "dry.yaml")
    assert explained.returncode == 2, "a variable is not set"
    assert re.search(r"reads +BINANCE_API_KEY, from \.env", explained.stdout)
    assert "default until the venue is asked" in explained.stdout
    assert SECRET not in shown.stdout + plain + explained.stdout + explained.stderr


def test_with_a_probe_the_terms_of_the_venue_are_shown_as_the_venue_s(
    logos_cli: Run, configs: Path, venues: Any
) -> None:
    pytest.importorskip("ccxt", reason="the extra ccxt is not installed")
    venue = venues.binance(SystemClock().now)
    venue.serve("BTC/USD", venues.walk("BTC/USD", 5))
    (configs / ".env").write_text(f"BINANCE_API_KEY={venue.right}\nBINANCE_API_SECRET={venue.secret}\n")
    (configs / "dry.yaml").write_text(DRY.format(address=venue.url), encoding="utf-8")

    shown = logos_cli("config", "show", "dry.yaml", "--probe")
    assert shown.returncode == 0, shown.stderr
    given = [line.split(":")[0].strip() for line in shown.stdout.splitlines() if line.endswith("# venue: ccxt:binance")]
    assert {"lot", "min_notional", "maker_bps", "taker_bps"} <= set(given)
    assert "until the venue is asked" not in shown.stdout
    (configs / "shown.yaml").write_text(shown.stdout, encoding="utf-8")
    again = logos_cli("config", "show", "shown.yaml", "--plain").stdout
    assert again == logos_cli("config", "show", "dry.yaml", "--probe", "--plain").stdout
    found = json.loads(logos_cli("config", "show", "dry.yaml", "--probe", "--json").stdout)
    assert found["origins"]["broker.fees.taker_bps"] == {"source": "venue", "name": "ccxt:binance", "line": None}
    assert {"path": "broker", "name": "BINANCE_API_KEY", "where": "from .env"} in found["variables"]
    explained = logos_cli("config", "explain", "dry.yaml", "--probe")
    assert explained.returncode == 0, explained.stdout
    assert "venue: ccxt:binance" in explained.stdout
    assert venue.taken == []

    venue.revoke()
    refused = logos_cli("config", "show", "dry.yaml", "--probe")
    assert refused.returncode == 2
    assert refused.stdout == ""
    failed = logos_cli("config", "explain", "dry.yaml", "--probe")
    assert failed.returncode == 2
    assert "failed at the venue:" in failed.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("config", "check", "told.yaml"),
        ("config", "show", "told.yaml"),
        ("config", "explain", "told.yaml"),
        ("doctor", "told.yaml"),
        ("trade", "--config", "told.yaml"),
    ],
)
def test_a_secret_of_the_file_is_masked_though_no_part_asks_for_it(
    logos_cli: Run, configs: Path, command: tuple[str, ...]
) -> None:
    (configs / ".env").write_text(f"this line is no variable\nBINANCE_API_KEY={SECRET}\n", encoding="utf-8")
    (configs / "told.yaml").write_text(GOOD.replace("broker: {", f"broker: {{cash: {SECRET}, "), encoding="utf-8")

    done = logos_cli(*command)
    assert done.returncode == 2
    assert "expected a decimal" in done.stdout + done.stderr
    assert "right-one" not in done.stdout + done.stderr
