"""What the tests of rehearsals share: configs with limits, sessions, and packages with guards of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.live.launch import start
from logos.live.setup import Setup
from logos.plugins.registry import Registry, load_registry

CONFIG = """
session: {{name: reviewed, seed: 5}}
currencies: {{{currency}: {{decimals: {decimals}}}}}
instruments: {{Q: {{asset_class: crypto, currency: {currency}, tick: "1", lot: "1"}}}}
feed: {{plugin: replay, path: data/cache, symbols: [Q]}}
broker: {{plugin: paper, cash: "1000", currency: {currency}}}
strategies: [{{plugin: buy_and_hold}}]
guards:
{guards}
"""

LIMP = '''
from decimal import Decimal

import attrs

from logos.plugins import GuardPart, hookimpl
from logos.session.seats import Guard


@attrs.frozen(kw_only=True)
class Config:
    """How many orders.

    Attributes
    ----------
    most:
        How many.
    """

    most: int = 1
{hook}


class Limp(Guard):
    ordered_so_far = 0

    def judge(self, intent, session):
        {judge}

    def ordered(self, intent, session):
        self.ordered_so_far += 1


def build(config, context):
    return Limp()


@hookimpl
def logos_guards():
    yield GuardPart(name="limp", summary="A limit of its own", target="limp:build", config="limp:Config")
'''

HOOK = """
    def rehearsals(self, entry, terms):
        from logos.proofs.rehearsing.records import MIDNIGHT, Drill, closes, completed
        from logos.proofs.rehearsing.stage import A, B, session_of, strategy

        first, second = closes(MIDNIGHT, 0), closes(MIDNIGHT, 2)
        strategies = [strategy("first", A, (first, "1")), strategy("second", B, (second, "1"))]
        yield Drill(
            name="limp most",
            limit=f"most {self.most}",
            what="one order more than allowed",
            config=session_of(terms, guards=[entry], strategies=strategies),
            bars={A: dict.fromkeys(range(5), "1"), B: dict.fromkeys(range(5), "1")},
            expected=completed(orders="1 filled, 2 blocked by limp", positions=f"{A} 1"),
        )
"""

ACTS = 'return "enough" if self.ordered_so_far else None'
SLEEPS = "return None"


@pytest.fixture
def config_with(registry: Registry) -> Callable[..., SessionConfig]:
    """Return a function that loads a config with these guards."""

    def load(guards: str, *, currency: str = "USD", decimals: int = 8) -> SessionConfig:
        lines = "\n".join(f"  - {line.strip()}" for line in guards.strip().splitlines())
        return load_session_config(CONFIG.format(guards=lines, currency=currency, decimals=decimals), registry)

    return load


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no picture in this process."""
    monkeypatch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))


@pytest.fixture
def install_limp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """Return a function that installs a package with a guard; it returns the environment in which it is found."""

    def install(*, acts: bool, hook: bool, search: str) -> dict[str, str]:
        site = tmp_path / "site"
        info = site / "limp_guards-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: limp-guards\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[logos.v1]\nmain = limp\n")
        text = LIMP.replace("{hook}", HOOK if hook else "").replace("{judge}", ACTS if acts else SLEEPS)
        (site / "limp.py").write_text(text)
        return {"PYTHONPATH": f"{search}:{site}"}

    return install


@pytest.fixture
def run_session(workspace: Path) -> Callable[..., Path]:
    """Return a function that runs a session in the workspace and returns its folder."""

    def run(text: str) -> Path:
        registry = load_registry()
        setup = Setup(workspace=workspace, registry=registry)
        outcome = start(setup, load_session_config(text, registry, workspace=workspace))
        return setup.sessions / outcome.session_id

    return run
