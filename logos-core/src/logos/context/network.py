"""Whether an address may be asked: with ``LOGOS_OFFLINE=1``, only one of this machine."""

from __future__ import annotations

from logos.context.environment import OFFLINE_VARIABLE
from logos.context.parts import PartContext
from logos.domain.addresses import is_loopback
from logos.domain.errors import InputError


def refuse_network(context: PartContext, address: str, *, what: str) -> None:
    """Refuse to ask an address of another machine where the program is to stay offline.

    A part calls this where it connects, before it does: building it, a replay and a config that is only looked at
    need no leave.

    Parameters
    ----------
    address:
        The address that the config gives, such as its ``base_url``; empty for the venue's own.
    what:
        What wants to ask it, such as ``the feed ccxt``.

    Raises
    ------
    InputError
        Where the context is offline and the address is not one of this machine.
    """
    if not context.offline or is_loopback(address):
        return
    where = "an address of another machine" if address else "its venue over the network"
    raise InputError(
        f"{what} would ask {where}, and {OFFLINE_VARIABLE} is set",
        hint=f"Give it a base_url on 127.0.0.1, or unset {OFFLINE_VARIABLE}",
    )
