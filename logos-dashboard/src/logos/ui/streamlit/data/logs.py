"""The end of a log, read from its end, masked, and searched by a pattern that cannot hang."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from logos.context.redaction import MASK, redact_text
from logos.ui.streamlit.data.caching import ByStamp
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import Stamp, stamp_of

MOST_LINES = 300
_BLOCK_BYTES = 64 << 10
_MOST_BYTES = 2 << 20
_LONGEST = 2_000
"""Longer lines are cut to so many characters before they are shown or searched."""

_MOST_OBJECTS = 3
"""So many objects of a list are told one by one, where they are small: the causes of a halt are one or two."""

_DEEPEST = 5
"""Of objects within objects, no more than so many are looked into."""

_CAUSE = frozenset({"at", "guard", "reason"})
_CUT = " …"
_FRAME = re.compile(r"-----(BEGIN|END)[A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)?-----")
"""The first line of a private key, or its last."""

_TOO_LONG = b"(a line of more than two million bytes)\n"


@attrs.frozen(kw_only=True)
class LogLine:
    """One line.

    Attributes
    ----------
    text:
        What is searched, masked and cut: of a line of a Logos log the four that follow and all of its values in full,
        else the line itself.
    at, level, event, values:
        What a line of a Logos log says: wall clock, ``info`` and so on, what happened, and with what values as text.
        All but ``event`` are empty for any other line.
    """

    text: str
    at: str = ""
    level: str = ""
    event: str
    values: str = ""


def tail_of(path: Path) -> Reading[tuple[LogLine, ...]]:
    """Return the last lines of a log, oldest first; a last line that is still being written waits.

    Lines before a rotation are taken from the file that it left.
    """
    reading = _TAILS.of(path, missing="there is no log yet")
    if reading.value is None or len(reading.value) >= MOST_LINES:
        return reading
    older = path.with_name(f"{path.name}.1")
    before = _TAILS.of(older) if stamp_of(older) is not None else None
    if before is None or not before.value:
        return reading
    lines = (*before.value, *reading.value)[-MOST_LINES:]
    return attrs.evolve(reading, value=lines)


def matching(lines: Sequence[LogLine], pattern: str) -> Reading[tuple[LogLine, ...]]:
    """Return the lines in which a pattern is found, small and capital letters alike.

    Patterns are those of RE2, whose search takes time in proportion to the text whatever the pattern is. There are no
    look-around and no back-references.
    """
    if not pattern:
        return Reading.ok(tuple(lines))
    try:
        found = pc.match_substring_regex(
            pa.array([line.text for line in lines], pa.string()), pattern, ignore_case=True
        )
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        told = str(error).removeprefix("Invalid regular expression: ")
        return Reading.damaged(f"the pattern cannot be used: {told}", "Such as `error|warning` or `order_\\d+`")
    return Reading.ok(tuple(line for line, hit in zip(lines, found.to_pylist(), strict=True) if hit))


def _read(path: Path, stamp: Stamp) -> Reading[tuple[LogLine, ...]]:
    if not path.is_file():
        return Reading.damaged(f"{path.name} is not a file")
    try:
        data = _tail(path, stamp.size)
    except FileNotFoundError:
        return Reading.damaged(f"{path.name} was removed while it was read")
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror or error}")
    lines = _without_private_keys(data.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")[:-1])
    return Reading.ok(tuple(map(_line, _without_values([one for one in lines[-MOST_LINES:] if one.strip()]))))


def _tail(path: Path, size: int) -> bytes:
    """Return so many bytes from the end that they hold enough lines; the first line is whole."""
    data = b""
    with path.open("rb") as file:
        start = size
        while start > 0 and len(data) < _MOST_BYTES and data.count(b"\n") <= MOST_LINES:
            step = min(_BLOCK_BYTES, start)
            start -= step
            file.seek(start)
            data = file.read(step) + data
    if start:  # not from the middle of a line: what would mask a secret in it may stand before
        _, newline, data = data.partition(b"\n")
        return data or _TOO_LONG if newline else _TOO_LONG
    return data


def _without_private_keys(lines: list[str]) -> list[str]:
    """Return the lines with private keys masked from their first line to their last, or to the end.

    The tail may start inside one: then everything up to its last line is masked. A line of a Logos log stands for
    itself, for there a key is on one line; one may stand between those of a key that another program writes.
    """
    if not any(_FRAME.search(line) for line in lines):
        return lines
    plain = [None if _object(line) is not None else line for line in lines]
    first = next((found[1] for line in plain if line is not None for found in _FRAME.finditer(line)), "BEGIN")
    inside, shown = first == "END", [MASK] if first == "END" else []
    for line, text in zip(lines, plain, strict=True):
        if text is None:
            shown.append(line)
            continue
        began_inside = inside
        kept, inside = _outside_keys(text, inside=inside)
        if kept or not began_inside:
            shown.append(kept)
    return shown


def _outside_keys(text: str, *, inside: bool) -> tuple[str, bool]:
    """Return what of a line is outside of private keys, a mask in place of each, and whether one goes on behind it."""
    kept, at = "", 0
    for frame in _FRAME.finditer(text):
        if frame[1] == "BEGIN" and not inside:
            kept += text[at : frame.start()] + MASK
        inside, at = frame[1] == "BEGIN", frame.end()
    return (kept if inside else kept + text[at:].rstrip("\r")), inside


def _without_values(lines: list[str]) -> list[str]:
    """Return the lines with secrets masked whose name stands on the line before; a line of a Logos log is whole."""
    shown: list[str] = []
    for whole, group in groupby(map(_printable, lines), key=lambda line: _object(line) is not None):
        each = list(group)
        shown += each if whole else redact_text("\n".join(each)).split("\n")
    return shown


def _printable(text: str) -> str:
    """Return a line without what moves a cursor or turns the direction of letters; no more than may be shown."""
    cut = text if _object(text) is not None else text.rstrip("\r")[: 2 * _LONGEST]
    return "".join(sign if sign.isprintable() else " " for sign in cut)


def _line(text: str) -> LogLine:
    found = _object(text)
    if found is None:
        shown = _shown(text)
        return LogLine(text=shown, event=shown)
    at, level = (_shown(str(found.pop(name, ""))) for name in ("timestamp", "level"))
    event = str(found.pop("event", ""))
    found.pop("session_id", None)
    values = _shown(" ".join(f"{name}={_compact(value)}" for name, value in found.items()))
    if set(found) == {"message"}:  # the event ``notice`` says it in a sentence
        values = _shown(str(found["message"]))
    event = _shown(event)
    text = f"{at} {level} {event} {values}"
    if any(_holds_others(value) for value in found.values()):  # what is left out above is found all the same
        text = f"{text} {_shown(' '.join(f'{name}={_whole(value)}' for name, value in found.items()))}"
    return LogLine(text=text, at=at, level=level, event=event, values=values)


def _compact(value: object) -> str:
    """Return a value of a line in few characters.

    Of a few small objects, such as the causes of a halt, their values; of any other list or object that holds others,
    how much there is of it.
    """
    if not _holds_others(value) or not isinstance(value, list | dict):
        return _whole(value)
    if isinstance(value, list) and len(value) <= _MOST_OBJECTS and not any(map(_holds_others, value)):
        return "; ".join(map(_cause_or_whole, value))
    return f"({len(value):,} {'entry' if len(value) == 1 else 'entries'})"


def _cause_or_whole(value: object) -> str:
    """Return what halted a session as its guard says it; anything else as it is."""
    if isinstance(value, dict) and set(value) == _CAUSE:
        return f"{value['guard']}: {value['reason']} (at {value['at']})"
    return _whole(value)


def _holds_others(value: object) -> bool:
    """Return whether a value is a list or an object with lists or objects in it."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(each, list | dict) for each in inside)


def _whole(value: object, depth: int = _DEEPEST) -> str:
    """Return a value with what is in it; nothing is escaped, for a secret would not be known again."""
    if isinstance(value, list | dict) and not depth:
        return "(more)"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_whole(each, depth - 1)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_whole(each, depth - 1) for each in value) + "]"
    return str(value)


def _object(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text) if text.startswith("{") and len(text) < _MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "event" in found else None


def _shown(text: str) -> str:
    masked = redact_text("".join(sign if sign.isprintable() else " " for sign in text[: 2 * _LONGEST]))
    return masked if len(masked) <= _LONGEST else masked[:_LONGEST] + _CUT


_TAILS: ByStamp[tuple[LogLine, ...]] = ByStamp(_read)
