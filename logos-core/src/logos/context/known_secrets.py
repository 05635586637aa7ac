"""The secrets that this process knows, and how each of them may be written."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator

MASK = "***"

SHORTEST = 4
"""A shorter value is not looked for: with each ``ab`` masked no text could be read, and such a key protects nothing."""

_SHORTEST_FORM = 8
"""A shorter encoded form is not looked for."""

_SHORTEST_CUT = 16
"""Parts are looked for of a value that is at least so long: half of it may still be worth something."""

_PIECE = 8

_FRAME = re.compile(r"-{5}(?:BEGIN|END)[^-]{0,80}-{5}")
"""The first and the last line of every private key: were they known, no other key would be found by them."""


class KnownSecrets:
    """Values to be masked wherever they occur: as they are, encoded, escaped, or cut. Any thread may use it.

    Parameters
    ----------
    values:
        Known from the start.
    """

    def __init__(self, values: Collection[str] = ()) -> None:
        self._lock = threading.Lock()
        self._values: frozenset[str] = frozenset()
        self._forms: tuple[str, ...] = ()
        self._pieces: frozenset[str] = frozenset()
        for value in values:
            self.add(value)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def add(self, value: str) -> None:
        """Know one more value."""
        if value in self._values or len(value) < SHORTEST or not value.strip(MASK):
            return
        with self._lock:
            self._values |= {value}
            # The longest first: a form must not be hit in the middle by a shorter one.
            forms = set(_forms_of(value))
            self._forms = tuple(sorted(forms.union(self._forms), key=lambda form: (-len(form), form)))
            self._pieces |= {piece for form in forms for piece in _pieces_of(form)}

    def mask(self, text: str) -> str:
        """Return a text with every known value masked, and with long parts of values that were cut."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return _without_pieces(text, self._pieces) if self._pieces else text


KNOWN = KnownSecrets()
"""What the process knows: every secret that was handed out, and what its environment names as one."""


def _forms_of(value: str) -> Iterator[str]:
    """Yield a value as it may be written in addresses, JSON, headers and tracebacks."""
    import json  # noqa: PLC0415 - as the two below: a program without secrets starts without them
    from html import escape  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    yield value
    raw = value.encode("utf-8", "surrogatepass")
    escaped = value.encode("unicode_escape").decode("ascii")
    texts = [
        *(quote(raw, safe=safe) for safe in ("", "/", "/:+=~-._!*'()")),
        *(quote_plus(raw), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]),
        *(json.dumps(json.dumps(value))[3:-3], repr(value)[1:-1], repr(raw)[2:-1], escaped, escape(value)),
    ]
    # A private key is printed line by line, and many write its line ends as two signs.
    lines = _FRAME.sub("", value.replace("\\n", "\n")).splitlines()
    texts += [line for line in map(str.strip, lines) if len(line) >= _SHORTEST_FORM]
    texts += [text.replace("%", "%25") for text in texts if "%" in text]
    for text in texts:
        if text != value and len(text) >= SHORTEST and text.strip("-* "):
            yield text
            yield _small_escapes(text)
    yield from (form for form in _encoded(raw) if len(form) >= _SHORTEST_FORM)


def _small_escapes(text: str) -> str:
    """Return a text with the hex digits behind each percent sign in small letters."""
    head, *rest = text.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])


def _encoded(raw: bytes) -> Iterator[str]:
    from base64 import b64encode, urlsafe_b64encode  # noqa: PLC0415 - as above

    yield raw.hex()
    yield raw.hex().upper()
    # Where the value stands in something longer, such as ``user:password``, its bytes begin at one of three places
    # within the groups of base64; only the letters that depend on nothing else are looked for.
    for offset in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            whole = encode(b"\0" * offset + raw).decode().rstrip("=")
            certain = (offset + len(raw)) * 8 // 6
            yield whole[-(-offset * 8 // 6) : certain]


def _pieces_of(value: str) -> Iterator[str]:
    for word in _FRAME.sub(" ", value).split():
        if len(word) >= _SHORTEST_CUT:
            yield from (word[place : place + _PIECE] for place in range(len(word) - _PIECE + 1))


def _without_pieces(text: str, pieces: frozenset[str]) -> str:
    """Mask what is left of a value that was cut, as by a limit of a message's length or by the end of a line."""
    places = [place for place in range(len(text) - _PIECE + 1) if text[place : place + _PIECE] in pieces]
    if not places:
        return text
    parts: list[str] = []
    end = 0
    for place in places:
        if place > end or not parts:
            parts.append(text[end:place])
            parts.append(MASK)
        end = place + _PIECE
    return "".join([*parts, text[end:]])
