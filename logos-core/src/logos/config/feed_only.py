"""The feed of a config alone: for commands that ask a feed for bars and trade nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from logos.config import core_keys as keys
from logos.config.part_reading import Offers, PartReader, as_section, text_items
from logos.config.problems import item_path, problem_of, refuse
from logos.config.reading import Section, located, parse, read_file
from logos.config.records import PartSection
from logos.config.registry import InstrumentRegistry, read_instruments
from logos.config.sensitive import without_secrets
from logos.domain.errors import ConfigError
from logos.domain.instruments import Instrument
from logos.domain.times import parse_interval


@attrs.frozen(kw_only=True)
class FeedConfig:
    """What a config says about its feed.

    Attributes
    ----------
    known_instruments:
        Every instrument that the program and the config know, in name order.
    symbols:
        The feed's symbols in name order.
    interval:
        Length of a bar in seconds.
    """

    seed: int
    feed: PartSection
    known_instruments: Mapping[str, Instrument]
    symbols: tuple[str, ...]
    interval: int


def load_feed_config(
    origin: Path | str,
    registry: Offers,
    *,
    workspace: Path | None = None,
    default_seed: int = 0,
    source: str = "the config",
) -> FeedConfig:
    """Read ``feed:``, ``instruments:`` and the seed; the other sections are not looked at.

    Parameters
    ----------
    origin:
        The path of a YAML file, or YAML text.
    registry:
        The installed plugins.
    workspace:
        Where a relative path is looked for if it does not lead to a file from the current folder.
    default_seed:
        The seed where the config names none.
    source:
        What messages call a config that is given as text.

    Raises
    ------
    ConfigError
        With every problem of these sections.
    """
    root, source = _root(origin, workspace, source)
    cleaned, secrets = without_secrets(root)
    reader = PartReader(cleaned, registry)
    session = reader.keys(reader.optional("session"), keys.SessionKeys, "session", {"seed": default_seed})
    known, problems = read_instruments(cleaned.get("instruments"), "instruments")
    reader.problems += problems
    feed_keys, feed = reader.part("feed", reader.required("feed"), keys.FeedKeys, "feed")
    _check_symbols(reader, known)
    if secrets or reader.problems:
        told = {problem.path for problem in secrets}
        refuse(source, [*secrets, *(problem for problem in reader.problems if problem.path not in told)])
    assert session and feed_keys and feed  # noqa: PT018 -- whatever is missing has left a problem above
    return FeedConfig(
        seed=session.seed,
        feed=feed,
        known_instruments=known,
        symbols=tuple(sorted(feed_keys.symbols)),
        interval=parse_interval(feed_keys.interval),
    )


def load_instruments(origin: Path, *, workspace: Path | None = None) -> InstrumentRegistry:
    """Read ``instruments:`` of a config; the other sections are not looked at.

    Raises
    ------
    ConfigError
        With every problem of the section.
    """
    root, source = _root(origin, workspace, "")
    known, problems = read_instruments(root.get("instruments"), "instruments")
    if problems:
        refuse(source, problems)
    return known


def _root(origin: Path | str, workspace: Path | None, source: str) -> tuple[Section, str]:
    if isinstance(origin, str):
        return parse(origin, source), source
    return parse(read_file(located(origin, workspace)), str(origin)), str(origin)


def _check_symbols(reader: PartReader, known: InstrumentRegistry) -> None:
    """Keep a problem for each symbol that no instrument has; a faulty entry has told its own already."""
    entries = as_section(reader.root.get("instruments"))
    for symbol, index, line in text_items(as_section(reader.root.get("feed")), "symbols"):
        if symbol not in known and (entries is None or symbol not in entries.entries):
            try:
                known.require(symbol)
            except ConfigError as error:
                reader.problems.append(problem_of(error, item_path("feed.symbols", index), line))
