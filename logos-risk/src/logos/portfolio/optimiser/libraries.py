"""The optional libraries of the optimisers: imported when a solver is named, never before."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from logos.portfolio.optimiser.problem import NoAnswerError

REMEDY = "pip install 'logos-risk[convex]'"


def library(name: str) -> ModuleType:
    """Import a library of the extra ``convex``.

    Raises
    ------
    NoAnswerError
        It is not installed, or cannot be loaded here.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise NoAnswerError(f"{error.name} is not installed", hint=f"{REMEDY} brings it") from error
    except (ImportError, OSError) as error:
        raise NoAnswerError(f"{name} cannot be loaded: {error}", hint=f"{REMEDY} may mend it") from error
