"""docs/PLUGINS.md keeps up with the code: every hook with its exact signature, every kind and field of a part."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import attrs
import pytest

from logos.context.parts import PartContext
from logos.plugins.hookspecs import Events, Offers
from logos.plugins.parts import HOOKS_OF_PARTS, Part

HOOKS = {
    name: function
    for specification in (Offers, Events)
    for name, function in vars(specification).items()
    if name.startswith("logos_")
}


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    """Return the guide's text."""
    return (repository / "docs" / "PLUGINS.md").read_text(encoding="utf-8")


def written(name: str) -> str:
    """Return a hook as it must be written in the guide: as a plugin implements it, without self."""
    signature = inspect.signature(HOOKS[name])
    _self, *parameters = signature.parameters.values()
    arguments = ", ".join(f"{parameter.name}: {parameter.annotation}" for parameter in parameters)
    return f"{name}({arguments}) -> {signature.return_annotation}"


def test_there_are_hooks() -> None:
    assert {"logos_guards", "logos_hookspecs", "logos_order_event"} <= set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_heading_with_its_exact_signature(name: str, guide: str) -> None:
    assert f"#### `{written(name)}`" in guide.splitlines()


def test_the_guide_has_no_heading_for_a_hook_that_is_gone(guide: str) -> None:
    headings = re.findall(r"^#### `(logos_\w+)\(", guide, flags=re.MULTILINE)
    assert sorted(headings) == sorted(HOOKS)


def test_every_kind_of_part_stands_beside_its_hook(guide: str) -> None:
    rows = [line for line in guide.splitlines() if line.startswith("| ")]
    for hook, part in HOOKS_OF_PARTS.items():
        assert any(f"`{part.kind}`" in row and f"`{hook}`" in row and f"`{part.__name__}`" in row for row in rows), hook


@pytest.mark.parametrize("record", [Part, PartContext], ids=lambda record: record.__name__)
def test_every_field_is_explained(record: type, guide: str) -> None:
    rows = [line for line in guide.splitlines() if line.startswith("| `")]
    missing = [field.name for field in attrs.fields(record) if not any(f"`{field.name}`" in row for row in rows)]
    assert missing == []
