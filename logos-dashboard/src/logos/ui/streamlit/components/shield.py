"""What draws a page or a panel so that whatever it raises becomes a card, and the rest of the page stands."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from streamlit.runtime.scriptrunner_utils.exceptions import ScriptControlException

from logos.domain.errors import LogosError
from logos.ui.streamlit.components.empty import error_card

_LOG = logging.getLogger("logos.dashboard")
_MOST_KINDS = 1_000
_TIMES: Counter[tuple[str, str, str, int]] = Counter()
"""How often the same has failed: what, with which error, and where it was raised."""


def shielded(draw: Callable[[], object], *, what: str) -> bool:
    """Draw something; where that raises, draw a card with the reason instead, and return false.

    Streamlit's own signals, such as for a rerun, pass. A ``KeyboardInterrupt`` is none of the terminal's: a page is
    drawn in a thread, and Ctrl-C reaches the main one alone.

    Parameters
    ----------
    what:
        What cannot be shown then, such as ``the page Risk``.
    """
    try:
        draw()
    except ScriptControlException:
        raise
    except BaseException as error:  # noqa: BLE001 - shown on the page, and logged with where it happened
        tell(error, what=what)
        return False
    return True


def tell(error: BaseException, *, what: str = "This panel") -> None:
    """Draw a card that says what cannot be shown and why, and log where it happened."""
    if isinstance(error, LogosError):
        error_card(f"{what} cannot be shown", error.message, error.hint)
        return
    _log(error, what)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    error_card(
        f"{what} cannot be shown", text, "The terminal in which the dashboard was started says where it happened."
    )


def _log(error: BaseException, what: str) -> None:
    """Log an error whole the first time, and how often it came again at every tenth, hundredth, thousandth time."""
    raised = error.__traceback__
    while raised is not None and raised.tb_next is not None:
        raised = raised.tb_next
    place = (raised.tb_frame.f_code.co_filename, raised.tb_lineno) if raised is not None else ("", 0)
    kind = (what, type(error).__name__, *place)
    if len(_TIMES) >= _MOST_KINDS and kind not in _TIMES:
        _TIMES.clear()
    _TIMES[kind] += 1
    times = _TIMES[kind]
    if times == 1:
        _LOG.error("%s cannot be shown", what, exc_info=error)
    elif str(times).strip("0") == "1":
        _LOG.error("%s cannot be shown: the same %s as before, %s times now", what, type(error).__name__, times)
