"""What all contracts share: numbered cases, and the rules for a config class."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs

_CASE = re.compile(r"test_([a-z])(\d\d)_\w+")


class Contract:
    """A set of numbered cases. Subclass it under a name that starts with ``Test``, and say what is tested."""

    @classmethod
    def cases(cls) -> dict[str, str]:
        """Return the cases' ids, such as ``G-01``, and the names of their methods, in order."""
        found = ((_CASE.fullmatch(name), name) for name in dir(cls))
        return {f"{match[1].upper()}-{match[2]}": name for match, name in found if match}

    def failing(self) -> dict[str, str]:
        """Run every case, and return the ids of those that fail with what they say."""
        faults = {}
        for case, name in self.cases().items():
            try:
                getattr(self, name)()
            except Exception as error:  # noqa: BLE001 - a case that raises has failed, whatever it raised
                faults[case] = f"{type(error).__name__}: {error}"
        return faults


def check_config_class(config: type, case: str) -> None:
    """Assert that a config class is a frozen, keyword-only attrs class whose fields are all explained."""
    assert attrs.has(config), f"{case}: {config.__name__} is not an attrs class"
    fields = attrs.fields(config)
    own = [field for field in fields if field.init]
    assert all(field.kw_only for field in own), (
        f"{case}: {config.__name__} takes positional arguments; add kw_only=True"
    )
    frozen = _refuses_change(config)
    assert frozen, f"{case}: {config.__name__} can be changed; use attrs.frozen"
    # What a base class explains need not be said again.
    text = "\n".join(base.__doc__ or "" for base in config.__mro__ if attrs.has(base))
    for field in own:
        named = re.search(rf"^\s*([\w, ]+, )?{field.alias}(, [\w, ]+)?( : .*|:)$", text, re.MULTILINE)
        assert named, f"{case}: the docstring of {config.__name__} does not explain {field.alias}"


def _refuses_change(config: type) -> bool:
    blank: object = object.__new__(config)
    try:
        setattr(blank, "anything", None)  # noqa: B010 - a plain assignment is what a type checker refuses
    except attrs.exceptions.FrozenInstanceError:
        return True
    except AttributeError:
        return False
    return False


def check_json(state: Any, case: str) -> None:
    """Assert that a snapshot survives JSON unchanged, and that no binary float is in it."""
    back = json.loads(json.dumps(state, allow_nan=False))
    assert back == state, f"{case}: the snapshot comes back from JSON changed"
    assert not _has_float(state), f"{case}: the snapshot holds a binary float; amounts are whole numbers"


def through_json(state: Any) -> Any:
    """Return a snapshot as a restarted session reads it."""
    return json.loads(json.dumps(state))


def _has_float(state: Any) -> bool:
    if isinstance(state, float):
        return True
    if isinstance(state, dict):
        return any(_has_float(value) for value in state.values())
    return isinstance(state, (list, tuple)) and any(_has_float(value) for value in state)
