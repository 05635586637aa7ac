"""Drills in which a real program is stopped: by the kill file in silence, by a signal, by a kill, by a full disk."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from logos import paths
from logos.artifacts import schemas
from logos.artifacts.readers import read_state
from logos.context.clock import Clock
from logos.domain.errors import LogosError
from logos.live.setup import Setup
from logos.plugins.registry import Registry
from logos.proofs.rehearsing.faults import put_kill_file
from logos.proofs.rehearsing.observing import events, observe
from logos.proofs.rehearsing.programs import Program
from logos.proofs.rehearsing.records import (
    INTERRUPTED,
    MIDNIGHT,
    OBEYED,
    ORDER_IDS,
    PROOFS,
    Drill,
    Facts,
    Result,
    closes,
    completed,
    halted,
)
from logos.proofs.rehearsing.running import judged
from logos.proofs.rehearsing.stage import CONFIG, A, Terms, lay, session_of, strategy
from logos.session.guarding import KILL_SWITCH

WITHIN = "while the feed is silent"
EACH_ONCE = "each order once, each id once"

_TRADE = ("trade", "--config", CONFIG)
_RESUME = ("trade", "--resume", "latest")
_HALFWAY = 20
_SILENCE = 300
"""Seconds for which the feed hangs: longer than a program is waited for, so what ends it comes from outside."""

_PROMISED = 1.0
"""Seconds in which a session promises to obey; a loaded machine may take longer, and nothing is wrong then."""

_LATEST = 30.0
"""Seconds after which something is wrong on any machine."""

_BARS = 60
_SMALL_DISK = 20_000
"""Bytes that a file may have: enough for what a session begins with, too few for its account."""

_FULL_BARS = 400
_ORDERS = "1-3 filled"

Act = Callable[[Program, Drill], tuple[Facts, str]]
Guards = Sequence[Mapping[str, Any]]


@attrs.frozen(kw_only=True)
class Stop:
    """A drill, and what is done to its program: it answers with further facts and a note."""

    drill: Drill
    act: Act


def run_stop(stop: Stop, folder: Path, registry: Registry, clock: Clock) -> Result:
    """Lay out a drill's workspace, let its program run and be stopped, and compare what is found.

    Parameters
    ----------
    folder:
        The workspace to make.
    """
    lay(stop.drill, folder)
    program = Program(workspace=folder, clock=clock)
    try:
        found, note = stop.act(program, stop.drill)
        setup = Setup(workspace=folder, registry=registry, clock=clock, observers=registry.observers.silenced())
        code = int(found["exit"])
        happened = {**found, **observe(setup, program.session, code)}
    except LogosError as error:
        return judged(stop.drill, {"error": f"{type(error).__name__}: {error}"}, None)
    finally:
        program.stop()
    happened.pop("exit")
    return judged(stop.drill, happened, program.session, note)


def stops(terms: Terms, guards: Guards, kill_file: str) -> Iterator[Stop]:
    """Yield every drill that needs a program of its own."""
    switch = [guard for guard in guards if str(guard["plugin"]).endswith(KILL_SWITCH)]
    yield Stop(drill=_idle(terms, switch, kill_file), act=_kill_while_idle)
    for name, number in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM)):
        yield Stop(
            drill=_interrupted(
                terms,
                switch,
                name=f"{name}, then a resume",
                what=f"{name} reaches the program between two bars; then the session is resumed",
                interrupted="paused, exit 3",
            ),
            act=_interrupting(number),
        )
    yield Stop(
        drill=_interrupted(
            terms,
            switch,
            name="crash, then a resume",
            what="SIGKILL ends the program between two bars; then the session is resumed",
            interrupted="running, killed by SIGKILL",
        ),
        act=_interrupting(signal.SIGKILL),
    )
    yield Stop(drill=_full_disk(terms, switch), act=_fill_disk)
    yield Stop(drill=_no_folder(terms, switch), act=_block_folder)


def _idle(terms: Terms, switch: Guards, kill_file: str) -> Drill:
    expected = halted(KILL_SWITCH, at=closes(MIDNIGHT, 4), orders="1 filled", positions=f"{A} 1", proofs=PROOFS)
    return Drill(
        name="kill file while the feed is silent",
        guard=KILL_SWITCH,
        limit=kill_file,
        what="five bars, then a poll that hangs; the file appears in the silence",
        config=session_of(
            terms,
            guards=switch,
            strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))],
            feed={"plugin": "scripted", "hang": _SILENCE},
        ),
        bars={A: dict.fromkeys(range(5), "1")},
        expected={OBEYED: WITHIN, **expected},
        kill_file=kill_file,
    )


def _kill_while_idle(program: Program, drill: Drill) -> tuple[Facts, str]:
    program.begin(*_TRADE)
    program.wait_for(lambda: program.holds(schemas.ACCOUNT_FILE, "\n", 6))
    put_kill_file(program.workspace / drill.kill_file)
    obeyed = program.wait_for(lambda: program.holds(schemas.LOG_FILE, "session_halted"))
    ended = obeyed + program.wait_for(lambda: False)
    code = program.end()
    late = f", more than the {_PROMISED:g} s promised: was the machine busy?" if obeyed > _PROMISED else ""
    note = f"halted {obeyed:.2f} s after the file appeared{late}; the program ended after {ended:.2f} s"
    return {OBEYED: WITHIN if obeyed < _LATEST else f"after {obeyed:.0f} s", "exit": str(code)}, note


def _interrupted(terms: Terms, switch: Guards, *, name: str, what: str, interrupted: str) -> Drill:
    moments = ((5, "1"), (25, "0"), (45, "1"))
    return Drill(
        name=name,
        what=what,
        config=session_of(
            terms,
            guards=switch,
            strategies=[strategy("in-and-out", A, *((closes(MIDNIGHT, minute), value) for minute, value in moments))],
            feed={"plugin": "scripted", "hang": _SILENCE, "hang_at": closes(MIDNIGHT, _HALFWAY - 1)},
        ),
        bars={A: dict.fromkeys(range(_BARS), "1")},
        expected={INTERRUPTED: interrupted, ORDER_IDS: EACH_ONCE, **completed(orders=_ORDERS, positions=f"{A} 1")},
    )


def _interrupting(number: signal.Signals) -> Act:
    def act(program: Program, _drill: Drill) -> tuple[Facts, str]:
        program.begin(*_TRADE)
        program.wait_for(lambda: program.holds(schemas.ACCOUNT_FILE, "\n", 1 + _HALFWAY))
        program.send(number)
        code = program.end()
        state = read_state(program.session)
        ending = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        found = {INTERRUPTED: f"{state['status']}, {ending}", "exit": str(program.run(*_RESUME))}
        note = f"its last snapshot stood at {state['clock']}"
        return {**found, ORDER_IDS: order_ids(program.session)}, note

    return act


def _full_disk(terms: Terms, switch: Guards) -> Drill:
    return Drill(
        name="full disk, then a resume",
        what=f"no file may grow beyond {_SMALL_DISK:,} bytes, as on a disk that is full; then the session is resumed",
        config=session_of(terms, guards=switch, strategies=[strategy("holder", A, (closes(MIDNIGHT, 5), "1"))]),
        bars={A: dict.fromkeys(range(_FULL_BARS), "1")},
        expected={
            INTERRUPTED: "running, exit 1, the file is named",
            ORDER_IDS: EACH_ONCE,
            **completed(orders="1 filled", positions=f"{A} 1"),
        },
    )


def _fill_disk(program: Program, _drill: Drill) -> tuple[Facts, str]:
    program.most_bytes = _SMALL_DISK
    code = program.run(*_TRADE)
    said = "the file is named" if f"cannot write {program.session}" in program.said else "no file is named"
    status = read_state(program.session)["status"]
    program.most_bytes = 0
    found = {INTERRUPTED: f"{status}, exit {code}, {said}", "exit": str(program.run(*_RESUME))}
    return {**found, ORDER_IDS: order_ids(program.session)}, ""


def _no_folder(terms: Terms, switch: Guards) -> Drill:
    return Drill(
        name="a folder that cannot be made",
        what="a file stands where the sessions' folder should be; then it is taken away",
        config=session_of(terms, guards=switch, strategies=[strategy("holder", A, (closes(MIDNIGHT, 0), "1"))]),
        bars={A: dict.fromkeys(range(5), "1")},
        expected={INTERRUPTED: "exit 1, the folder is named", **completed(orders="1 filled", positions=f"{A} 1")},
    )


def _block_folder(program: Program, _drill: Drill) -> tuple[Facts, str]:
    blocked = paths.sessions_dir(program.workspace)
    blocked.parent.mkdir(parents=True)
    blocked.touch()
    code = program.run(*_TRADE)
    said = "the folder is named" if str(blocked) in program.said else "no folder is named"
    blocked.unlink()
    return {INTERRUPTED: f"exit {code}, {said}", "exit": str(program.run(*_TRADE))}, ""


def order_ids(folder: Path) -> str:
    """Return whether each order was intended once, under an id of its own."""
    intents = [event for event in events(folder) if event["type"] in {"intent", "blocked"}]
    numbers = [event["order_id"] for event in intents]
    names = {event["client_order_id"] for event in intents}
    if numbers == list(range(1, len(numbers) + 1)) and len(names) == len(numbers):
        return EACH_ONCE
    return f"orders {numbers}, {len(names)} ids"
