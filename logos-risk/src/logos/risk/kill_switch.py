"""The guard ``kill_switch``: names the file that stops the session."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.risk.config import KillSwitchConfig
from logos.session.seats import Guard, SessionView


class KillSwitch(Guard):
    """Names a kill file. The session's runner watches it, also while the feed is silent, and halts.

    The guard looks at nothing itself: a look at the disk for every bar would be slow, and a guard is a function of
    what it is shown. The runner watches a kill file of its own even where this guard is absent.

    Parameters
    ----------
    file:
        The file as the config names it.
    kill_file:
        The same file, resolved against the workspace.

    Attributes
    ----------
    kill_file:
        What the runner adds to the files it watches.
    """

    def __init__(self, file: str, kill_file: str) -> None:
        self._file = file
        self.kill_file = kill_file

    def headroom(self, session: SessionView) -> str:  # noqa: ARG002 - the file's name is all there is to say
        """Return the file as the config names it, so that the summary is the same in every folder."""
        return f"halts when {self._file} exists"


def open_kill_switch(config: KillSwitchConfig, context: PartContext) -> KillSwitch:
    """Build the guard from its config."""
    return KillSwitch(config.file, str(context.workspace / config.file))
