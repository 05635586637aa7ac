"""The key and the secret of a venue: told where they are missing, and not used where they cannot be meant."""

from __future__ import annotations

import re

from logos.brokers.errors import CredentialsError
from logos.context.secrets import Secrets
from logos.domain.errors import InputError

_PLAIN = re.compile(r"[!-~]+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [ -~\r\n]+")


def refuse_one_variable(names: tuple[str, str]) -> None:
    """Refuse a config that reads the key and the secret from one variable.

    Raises
    ------
    InputError
        Where it does.
    """
    if names[0] == names[1]:
        raise InputError(
            f"key_env and secret_env are both {names[0]}, and a key is not its own secret",
            hint="Name two variables, one that holds the key and one that holds the secret",
        )


def credentials_of(
    venue: str, secrets: Secrets, names: tuple[str, str], *, private_keys: bool = False
) -> tuple[str, str]:
    """Return the key and the secret, revealed.

    Parameters
    ----------
    names:
        The variables that hold them.
    private_keys:
        Whether the secret may be a private key of several lines, or one in one line: a backslash and an n for a break.

    Raises
    ------
    CredentialsError
        Where one is not set, or holds a character that none has: the HTTP library would repeat it in its complaint.
    """
    held = [secrets.get(name) for name in names]
    missing = [name for name, value in zip(names, held, strict=True) if value is None]
    if missing:
        raise CredentialsError(
            venue,
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
            hint="Write it into .env in the workspace, or set it in the environment",
        )
    key, secret = (value.reveal() for value in held if value is not None)
    if private_keys:
        secret = secret.replace("\\n", "\n")
    for name, value in zip(names, (key, secret), strict=True):
        has_lines = private_keys and name == names[1] and _PRIVATE_KEY.fullmatch(value)
        if not (has_lines or _PLAIN.fullmatch(value)):
            raise CredentialsError(
                venue,
                f"{name} holds a blank, a line break or another character that none has",
                hint="Copy it again from where the venue gave it out",
            )
    return key, secret
