"""The console script's first step, outside the namespace that it checks.

``logos`` is a namespace that several distributions share. Any regular package or module of that name hides
all of it, so this module looks first, and names the culprit.
"""

from __future__ import annotations

import gc
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

# Starting makes objects that stay, by the hundred thousand; looking through them for garbage takes a tenth of a start.
_GARBAGE_THRESHOLD = 50_000


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_GARBAGE_THRESHOLD, *gc.get_threshold()[1:])
    spec = find_spec("logos")
    if spec is None or spec.origin is not None or spec.submodule_search_locations is None:
        sys.stderr.write(explain(spec))
        sys.exit(2)
    from logos.cli import app  # noqa: PLC0415 - only once the namespace is known to be whole

    app.main()


def explain(spec: ModuleSpec | None) -> str:
    """Return what hides the namespace ``logos`` and how to remove it."""
    if spec is None or spec.origin is None:
        return "error: the package 'logos' is not there\nhint: run: pip install --force-reinstall logos-core\n"
    owner = _owner(Path(spec.origin))
    found = f"error: {spec.origin} owns the name 'logos' and hides every part of this program\n"
    if owner is None:
        return f"{found}hint: no installed distribution owns that file: rename it, or take its folder off PYTHONPATH\n"
    return f"{found}hint: it belongs to the distribution {owner!r}; run: pip uninstall {owner}\n"


def _owner(origin: Path) -> str | None:
    """Return the distribution that installed a file."""
    from importlib.metadata import distributions  # noqa: PLC0415 - slow, and only for an error

    for distribution in distributions():
        for file in distribution.files or ():
            if file.parts[0] in {"logos", "logos.py"} and Path(str(file.locate())).resolve() == origin.resolve():
                return distribution.name
    return None
