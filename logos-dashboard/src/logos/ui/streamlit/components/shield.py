"""What draws a page or a panel so that whatever it raises becomes a card, and the rest of the page stands."""

from __future__ import annotations

import logging
from collections.abc import Callable

from streamlit.runtime.scriptrunner_utils.exceptions import ScriptControlException

from logos.domain.errors import LogosError
from logos.ui.streamlit.components.empty import error_card

_LOG = logging.getLogger("logos.dashboard")


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
    _LOG.error("%s cannot be shown", what, exc_info=error)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    error_card(
        f"{what} cannot be shown", text, "The terminal in which the dashboard was started says where it happened."
    )
