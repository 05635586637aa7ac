"""Keep a process off the network: loopback and Unix sockets alone.

``tests/conftest.py`` runs this in the process of the tests. Python itself runs it at the start of every process that
has this folder on PYTHONPATH, which is how the programs that tests start are kept off too.
"""

import os
import sys

# The program's own door is shut as well: it then says what it will not ask, instead of running into this one.
os.environ.setdefault("LOGOS_OFFLINE", "1")  # noqa: TID251 - for this process and those that it starts

LOOPBACK = ("127.0.0.1", "::1", "localhost", "", None)
TO_ADDRESS = ("socket.connect", "socket.sendto", "socket.sendmsg")
OF_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


class OutsideRefusedError(RuntimeError):
    """A test was about to leave the machine. Not an OSError: no retry and no fallback may take it for bad weather."""


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Raise where a socket of this process is about to reach another machine; an audit hook."""
    if event in TO_ADDRESS:
        address = arguments[1]
        # The address of a Unix socket is a path, and a connected socket needs none.
        host = address[0] if isinstance(address, tuple) else None
    elif event in OF_NAMES:
        host = arguments[0]
    else:
        return
    if host not in LOOPBACK:
        message = f"{event} to {host!r}: tests run offline, only loopback may be reached"
        raise OutsideRefusedError(message)


sys.addaudithook(refuse_outside)
