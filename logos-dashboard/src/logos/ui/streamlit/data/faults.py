"""Why a file cannot be read, in words that need no knowledge of Python, of Arrow or of where the workspace lies."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

from logos.context.redaction import redact_text
from logos.domain.errors import LogosError
from logos.ui.streamlit.data.readings import Reading

_COLUMN = re.compile(r"Column '([^']*)' in include_columns does not exist")
_VALUE = re.compile(r"Row #(\d+): CSV conversion error to (double|timestamp)")
_KINDS = {"double": "number", "timestamp": "time"}


def fault_of(error: Exception) -> str:
    """Return what is wrong with a file, as the end of a sentence.

    Parameters
    ----------
    error:
        What was raised while the file was opened, read as text, as JSON or as a table.
    """
    if isinstance(error, OSError):
        return error.strerror or "the system does not say why"
    if isinstance(error, UnicodeError):
        return "it is not text in UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"see line {error.lineno}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return _fault_of_table(str(error))


def _fault_of_table(text: str) -> str:
    """Return in other words what Arrow says of a table."""
    if found := _COLUMN.search(text):
        return f"it has no column {redact_text(found[1])}"
    if found := _VALUE.search(text):
        return f"line {found[1]} has a value that is no {_KINDS[found[2]]}"
    return "it has no line" if "Empty CSV" in text else "it holds no rows of comma-separated values"


def told_of(error: LogosError, folder: Path) -> str:
    """Return what an error of a reader of Logos says, masked, with files named as they are called in their folder.

    Parameters
    ----------
    folder:
        In which the file lies.
    """
    message, cause = error.message, error.__cause__
    if isinstance(cause, OSError | UnicodeError | json.JSONDecodeError):
        message = message.replace(str(cause), fault_of(cause))
    return redact_text(message.replace(f"{folder}/", "").replace(str(folder), folder.name))


def folder_fault(folder: Path) -> str:
    """Return why a folder cannot be listed where something else stands in its place; empty where none is there yet."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return ""
    except NotADirectoryError:
        return "a file stands where a folder above it belongs"
    except OSError as error:
        return fault_of(error)
    return "" if stat.S_ISDIR(found.st_mode) else "it is not a folder"


def out_of_reach(path: Path) -> str:
    """Return why a file that is there cannot be looked at, such as a link to itself; empty where none is there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a name with a zero byte in it
        return ""
    except OSError as error:
        return fault_of(error)
    return ""


def unlisted(root: Path, folder: Path, fault: str) -> Reading[Any]:
    """Return that a folder of a workspace cannot be listed."""
    told = f"{folder.relative_to(root)} cannot be listed: {fault}"
    return Reading.damaged(told, "Look at what stands there in the workspace, and at its permissions")
