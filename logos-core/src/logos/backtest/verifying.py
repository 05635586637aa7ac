"""Verifies a finished backtest: its journal's chain, its config, and every table by running it again."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import attrs

from logos.artifacts import schemas
from logos.artifacts.backtests import read_metrics
from logos.backtest.course import INTERRUPTED
from logos.backtest.folder_checks import Check, Event, added_checks, chain_check, file_check, own_checks, uncompared
from logos.backtest.running import run_backtest
from logos.backtest.setup import BacktestOutcome, BacktestSetup
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.domain.errors import ConfigError, IntegrityError
from logos.live.setup import plugins_of
from logos.plugins.offers import READY, Offer
from logos.plugins.parts import BacktestPart

CONFIG = "config"
BARS = "bars"


@attrs.frozen(kw_only=True)
class Verification:
    """What came of verifying a backtest.

    Attributes
    ----------
    status:
        How the run had ended.
    notes:
        What was not checked and why, and what explains a difference.
    uncompared:
        What else lies in the folder and was not looked at: its files, and folders of which nothing was, with a slash.
    """

    backtest_id: str
    status: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    uncompared: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing was found."""
        return not any(check.fault for check in self.checks)


def verify_backtest(setup: BacktestSetup, folder: Path) -> Verification:
    """Check the journal's chain and the config of a backtest, run it again, and compare what both runs wrote.

    The new run is thrown away and is not counted as a trial. What was interrupted is not run again: where it would
    stop is chance.

    Parameters
    ----------
    setup:
        The surroundings; relative paths of the config start from its workspace. Its output is not used.
    folder:
        The recorded backtest.

    Raises
    ------
    InputError
        Where the folder is no backtest.
    DataError
        Where its bars are gone.
    IntegrityError
        Where its figures, its config or what it was asked with cannot be read.
    """
    status = read_metrics(folder)["status"]
    chain, first = chain_check(folder)
    checks = [chain]
    notes: list[str] = []
    if first is not None:
        checks.append(_config_check(folder, first))
    if status == INTERRUPTED:
        notes.append(
            "the run was interrupted, and where a second one would stop is chance: only its chain and its config were "
            "checked"
        )
    elif chain.fault or first is None:
        notes.append("it was not run again, since its journal cannot be relied on")
    elif checks[-1].fault:
        notes.append("it was not run again, since its config.yaml is not the one that it ran with")
    else:
        again, remarks = _again(setup, folder, first)
        checks += again
        notes += remarks
    return Verification(
        backtest_id=folder.name,
        status=status,
        checks=tuple(checks),
        notes=tuple(notes),
        uncompared=tuple(
            uncompared(folder, {schemas.JOURNAL_FILE, schemas.CONFIG_FILE, *(check.name for check in checks)})
        ),
    )


def _config_check(folder: Path, first: Event) -> Check:
    """Hold ``config.yaml`` against what the journal's first line says of it."""
    try:
        found = hashlib.sha256((folder / schemas.CONFIG_FILE).read_bytes()).hexdigest()
    except OSError as error:
        return Check(name=CONFIG, records=0, what="files", fault=f"{schemas.CONFIG_FILE}: {error.strerror}")
    expected = first.get("config_sha256")
    fault = ""
    if found != expected:
        fault = f"{schemas.CONFIG_FILE} has the SHA-256 {found}, and the journal's first line says {expected}"
    return Check(name=CONFIG, records=1, what="files", fault=fault)


def _again(setup: BacktestSetup, folder: Path, first: Event) -> tuple[list[Check], list[str]]:
    """Run the config again and compare; return the checks, and what explains a difference."""
    config = _load(setup, folder)
    maker = _maker(setup, folder)
    asked = [] if maker is None else [f"{maker.name}.yaml"]
    with tempfile.TemporaryDirectory(prefix="logos-verify-") as scratch:
        apart = attrs.evolve(setup, output=Path(scratch))
        outcome = run_backtest(apart, config) if maker is None else _made_again(maker, apart, folder, config)
        if outcome.status == INTERRUPTED:
            raise KeyboardInterrupt
        checks = [
            _bars_check(first, outcome),
            *(_asked_check(name, folder, outcome.folder) for name in asked),
            *own_checks(folder, outcome.folder),
            *added_checks(folder, outcome.folder, asked),
        ]
    notes = []
    if first.get("plugins") != plugins_of(config):
        notes.append("the plugins' versions are not those that the backtest ran with")
    return checks, notes


def _load(setup: BacktestSetup, folder: Path) -> SessionConfig:
    try:
        return load_session_config(folder / schemas.CONFIG_FILE, setup.registry, workspace=setup.workspace)
    except ConfigError as error:
        raise _unusable(schemas.CONFIG_FILE, folder, error) from error


def _unusable(name: str, folder: Path, error: ConfigError) -> IntegrityError:
    return IntegrityError(
        f"{name} of backtest {folder.name} cannot be used",
        hint="A plugin that it names is gone, or another version of it is installed: install what it ran with",
        problems=error.problems,
    )


def _maker(setup: BacktestSetup, folder: Path) -> Offer | None:
    """Return what makes the whole folder again; ``None`` where a plain run does, or all that can be made is one."""
    for offer in setup.registry.offers(BacktestPart.kind):
        if offer.status == READY and (folder / f"{offer.name}.yaml").is_file():
            return offer
    return None


def _made_again(maker: Offer, setup: BacktestSetup, folder: Path, config: SessionConfig) -> BacktestOutcome:
    try:
        outcome: BacktestOutcome = maker.factory()(setup, folder, config)
    except ConfigError as error:
        raise _unusable(f"{maker.name}.yaml", folder, error) from error
    return outcome


def _asked_check(name: str, recorded: Path, again: Path) -> Check:
    """Compare the file that was asked with, which the journal does not seal: it must lead to the sealed config."""
    check, config = (file_check(one, recorded, again) for one in (name, schemas.CONFIG_FILE))
    if check.fault or not config.fault:
        return check
    return attrs.evolve(check, fault=f"{name} asks for another backtest: {config.fault}")


def _bars_check(first: Event, outcome: BacktestOutcome) -> Check:
    recorded, found = first.get("data_digest"), outcome.metrics["data_digest"]
    fault = "" if recorded == found else f"the data digest is {found} now, and was {recorded} when it ran"
    return Check(name=BARS, records=outcome.metrics["bars"], what="bars", fault=fault)
