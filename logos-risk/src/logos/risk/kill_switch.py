"""The kill switch: a file whose presence halts the session."""

from __future__ import annotations

from logos.context.parts import PartContext
from logos.risk.config import KillSwitchConfig
from logos.session.seats import Envelope, Guard, SessionView


class KillSwitch(Guard):
    """Names the file that halts a session.

    The runner watches the file, also while a feed is silent, and halts within a second of seeing it; with or without
    this guard it watches ``runs/live/KILL``. The guard adds its own file to the watch and the switch to the report.
    It costs nothing per bar.

    Parameters
    ----------
    kill_file:
        What the runner adds to the files it watches, relative to the workspace.
    """

    def __init__(self, kill_file: str) -> None:
        self.kill_file = kill_file

    def envelope(self) -> Envelope:
        """Return that there is no limit: the guard itself never speaks."""
        return Envelope()

    def headroom(self, session: SessionView) -> str:  # noqa: ARG002 - the file's name is all there is to say
        """Return the file as the config names it, so that the summary is the same in every folder."""
        return f"halts when {self.kill_file} exists"


def open_kill_switch(config: KillSwitchConfig, context: PartContext) -> KillSwitch:  # noqa: ARG001 - the runner watches
    """Build the guard from its config."""
    return KillSwitch(config.file)
