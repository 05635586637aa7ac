"""The end of ``session.md``: what to type next, by how the session stopped."""

from __future__ import annotations

from collections.abc import Iterator

from logos.artifacts.markdown import bullets, code, fenced, literal
from logos.artifacts.venue_md import AtVenue

_AFTER_A_HALT = (
    "1. Read the causes above, and what led to them.",
    "2. Mend what they name; remove the kill file where there is one.",
    "3. Decide with whoever owns the risk. Only then clear the halt and go on, which changes no limit:",
)


def next_steps_section(session_id: str, status: str, at_venue: AtVenue | None = None) -> Iterator[str]:
    """Yield the blocks of the section."""
    yield "## Next steps"
    if at_venue is not None:
        yield from _at_the_venue(at_venue)
    yield from _go_on(session_id, status)
    yield "Run it again from this folder alone, and compare every artifact byte by byte:"
    yield fenced([f"logos replay {session_id} --verify"])
    yield "Rebuild the books from the trades alone, and check the journal's chain:"
    yield fenced([f"logos audit {session_id}"])
    yield "Name the first difference from a backtest of its own bars, or from another session, and its cause:"
    yield fenced([f"logos diff {session_id} --backtest"])
    yield "Kill it at its durable writes, resume it, and show that no order is lost or doubled:"
    yield fenced([f"logos rehearse crash {session_id}"])


def _at_the_venue(at_venue: AtVenue) -> Iterator[str]:
    if at_venue.unknown:
        yield f"What became of these orders is not known. Look for each by its name at {literal(at_venue.venue)} first:"
        yield bullets(map(code, at_venue.unknown))
    if at_venue.would_refuse:
        yield "Mend what the venue would have refused (see the dry-run above) before anything is traded there."


def _go_on(session_id: str, status: str) -> Iterator[str]:
    command = f"logos trade --resume {session_id}"
    if status == "completed":
        yield "The session is finished: there is nothing to resume. This command prints its summary again:"
        yield fenced([f"logos sessions show {session_id}"])
    elif status == "halted":
        yield "\n".join(_AFTER_A_HALT)
        yield fenced([f"{command} --clear-halt"])
    else:
        yield "Go on from where it stopped, to the same bytes as a session that never stopped:"
        yield fenced([command])
