"""What ``logos config explain`` tells: the seats of a session in the order in which bars become fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.cli.config_output import health_records, origin_record, problem_records
from logos.cli.config_reading import failed_checks
from logos.cli.output import emit_json
from logos.config.origins import Origin, Source
from logos.config.problems import item_path
from logos.domain.times import time_text

if TYPE_CHECKING:
    from logos.assembly.checking import Checked
    from logos.cli.config_reading import ReadConfig
    from logos.config.records import PartSection
    from logos.plugins.offers import Offer

_ALWAYS_OPEN = "never closes"


@attrs.frozen(kw_only=True)
class Value:
    """One resolved value and where it comes from; no origin for what is not in the config."""

    key: str
    text: str
    path: str = ""
    origin: Origin | None = None


@attrs.frozen(kw_only=True)
class Seat:
    """One box of the picture.

    Attributes
    ----------
    role, plugin, owner:
        What the seat is, which plugin fills it, and the distribution and version that it comes from.
    gives:
        What leaves it for the next one.
    """

    role: str
    plugin: str = ""
    owner: str = ""
    values: tuple[Value, ...] = ()
    gives: str = ""


def print_session(read: ReadConfig, checked: Checked, *, as_json: bool) -> None:
    """Print the session that a config makes."""
    seats = tuple(seats_of(read, checked))
    if as_json:
        emit_json(_record(read, checked, seats))
        return
    from logos.cli.config_drawing import draw  # noqa: PLC0415 -- Rich takes long to load

    findings = (
        ("problems", checked.problems),
        ("failed at the venue", failed_checks(checked)),
        ("warnings", checked.warnings),
    )
    draw(read.tree.name, seats, findings)


def seats_of(read: ReadConfig, checked: Checked) -> Iterator[Seat]:
    """Yield the seats of a session from its bars to its artifacts."""
    config, teller = read.config, _Teller(read)
    yield Seat(role="session", values=teller.values("session", config.resolved["session"]))
    yield teller.seat("feed", config.feed, "bars", tuple(_instruments(read, checked)))
    last = len(config.strategies) - 1
    lookbacks = _lookbacks(checked)
    for index, entry in enumerate(config.strategies):
        values = teller.values(item_path("strategies", index), config.resolved["strategies"][index], ("plugin", "name"))
        if entry.name in lookbacks:
            values = (*values, Value(key="looks back", text=f"{lookbacks[entry.name]:,} bars"))
        gives = "signals" if index == last else ""
        name = f"strategy {entry.name}"
        yield Seat(role=name, plugin=entry.plugin, owner=_owner(entry.offer), values=values, gives=gives)
    yield teller.seat("allocator", config.allocator, "targets")
    yield teller.seat("position_manager", config.position_manager, "orders")
    if not config.guards:
        yield Seat(role="guards", plugin="none", gives="orders, unguarded")
    for index, guard in enumerate(config.guards):
        gives = "orders that every guard lets pass" if index == len(config.guards) - 1 else ""
        yield teller.seat("guard", guard, gives, path=item_path("guards", index))
    yield teller.seat("broker", config.broker, "fills", teller.values("currencies", config.resolved["currencies"]))
    yield Seat(role="ledger", values=(Value(key="keeps", text=_books(read)),), gives="records")
    yield Seat(role="artifacts", values=tuple(_artifacts(checked)))


@attrs.frozen
class _Teller:
    """Makes values of what a section resolved to."""

    read: ReadConfig

    def seat(self, role: str, section: PartSection, gives: str, more: tuple[Value, ...] = (), path: str = "") -> Seat:
        where = path or section.path
        values = self.values(where, _at(self.read.config.resolved, where), ("plugin",))
        reads = (Value(key="reads", text=str(one)) for one in self.read.variables if one.path == where)
        owner = _owner(section.offer)
        return Seat(
            role=role.replace("_", " "),
            plugin=section.plugin,
            owner=owner,
            values=(*values, *reads, *more),
            gives=gives,
        )

    def values(self, path: str, section: Mapping[str, Any], without: Iterable[str] = ()) -> tuple[Value, ...]:
        origins = self.read.origins
        return tuple(
            Value(key=found.removeprefix(f"{path}."), text=text, path=found, origin=origins.get(found))
            for found, text in _flat(path, section)
            if found.removeprefix(f"{path}.") not in without
        )


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(f"{path}.{key}", item)
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value)) or "none"
    elif isinstance(value, Mapping) or value is None:
        yield path, "none"
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    else:
        yield path, str(value)


def _at(resolved: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    name, _, number = path.partition("[")
    found = resolved[name]
    return found[int(number.rstrip("]"))] if number else found  # type: ignore[no-any-return]  # a section


def _owner(offer: Offer) -> str:
    return f"{offer.distribution} {offer.version}"


def _instruments(read: ReadConfig, checked: Checked) -> Iterator[Value]:
    """Yield each instrument: its values by where they come from, its calendar, and its bars."""
    reports = {report.symbol: report for report in checked.reports}
    for symbol in read.config.symbols:
        path = f"instruments.{symbol}"
        by_origin: dict[str, list[str]] = {}
        origins: dict[str, Origin] = {}
        for found, text in _flat(path, read.config.resolved["instruments"][symbol]):
            origin = read.origins.get(found, Origin(source=Source.DEFAULT))
            origins.setdefault(str(origin), origin)
            by_origin.setdefault(str(origin), []).append(f"{found.removeprefix(f'{path}.')} {text}")
        for index, (name, texts) in enumerate(by_origin.items()):
            yield Value(key="" if index else symbol, text=", ".join(texts), path=path, origin=origins[name])
        calendar = read.config.instruments[symbol].calendar or _ALWAYS_OPEN
        report = reports.get(symbol)
        if report is not None and report.first is not None and report.last is not None:
            text = f"{report.bars:,} bars, {time_text(report.first)} to {time_text(report.last)}"
        else:
            text = "bars as they come"
        yield Value(key="", text=f"market hours: {calendar}; {text}")


def _lookbacks(checked: Checked) -> dict[str, int]:
    if checked.assembly is None:
        return {}
    found: dict[str, int] = {}
    for state in checked.assembly.parts.pairs:
        found[state.pair.strategy] = max(found.get(state.pair.strategy, 0), state.strategy.lookback)
    return found


def _books(read: ReadConfig) -> str:
    account = read.config.account
    kind = "margin" if account.margin else "cash"
    return f"a {kind} account in {account.currency} with {account.decimals} decimals: positions, lots, PnL, fees"


def _artifacts(checked: Checked) -> Iterator[Value]:
    files = (schemas.JOURNAL_FILE, schemas.ORDERS_FILE, schemas.TRADES_FILE, schemas.SUMMARY_FILE)
    yield Value(key="written to", text=f"runs/live/sessions/<id>: {', '.join(files)} and more")
    watched = (paths.KILL_FILE, *(checked.assembly.kill_files if checked.assembly else ()))
    yield Value(key="stopped by", text=", ".join(dict.fromkeys(watched)))


def _record(read: ReadConfig, checked: Checked, seats: Iterable[Seat]) -> dict[str, Any]:
    return {
        "config": read.tree.name,
        "digest": read.config.digest,
        "seats": [
            {
                "seat": seat.role,
                "plugin": seat.plugin,
                "distribution": seat.owner.partition(" ")[0],
                "version": seat.owner.partition(" ")[2],
                "values": [
                    {
                        "key": value.key,
                        "value": value.text,
                        "path": value.path,
                        "origin": None if value.origin is None else origin_record(value.origin),
                    }
                    for value in seat.values
                ],
                "gives": seat.gives,
            }
            for seat in seats
        ],
        "sound": checked.sound,
        "problems": problem_records(checked.problems),
        "checks": health_records(checked.health[1:]),
        "warnings": problem_records(checked.warnings),
    }
