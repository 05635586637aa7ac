"""What strategies share: parameters with bounds that a person and a program can read."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, cast

import attrs

from logos.domain.errors import InputError

T = TypeVar("T")

_KIND_NAMES: Mapping[type, str] = {int: "int", Decimal: "decimal", bool: "bool", str: "text"}
_KIND_TEXTS: Mapping[type, str] = {
    int: "a whole number",
    Decimal: "a decimal number, in quotes",
    bool: "true or false",
    str: "a text",
}


@attrs.frozen(kw_only=True)
class ParameterInfo:
    """One parameter of a strategy.

    Attributes
    ----------
    type:
        ``int``, ``decimal``, ``bool`` or ``text``; the Python type's name for any other.
    default:
        ``None`` where the parameter is required.
    low, high:
        The bounds, both allowed; ``None`` for none.
    doc:
        What it means, with its unit.
    """

    name: str
    type: str
    default: Any
    required: bool
    low: Any
    high: Any
    doc: str


def parameter(default: T, *, low: T | None = None, high: T | None = None, doc: str = "") -> T:
    """Return the attrs field of a strategy parameter that refuses a wrong type and a value out of bounds.

    Parameters
    ----------
    default:
        An ``int``, ``Decimal``, ``bool`` or ``str``; every value must be of the same type.
    low, high:
        The least and the greatest value allowed.
    doc:
        What the parameter means, with its unit; better said in the docstring of the parameter class.
    """
    return attrs.field(
        default=default,
        validator=_bounded(type(default), low, high),
        metadata={"low": low, "high": high, "doc": doc},
    )


def _bounded(kind: type, low: Any, high: Any) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    def validate(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if type(value) is not kind or (isinstance(value, Decimal) and not value.is_finite()):
            raise InputError(f"{attribute.name} is {value!r}, and must be {_KIND_TEXTS[kind]}")
        if (low is not None and value < low) or (high is not None and value > high):
            raise InputError(f"{attribute.name} is {value}, and must be {_bounds_text(low, high)}")

    return validate


def _bounds_text(low: Any, high: Any) -> str:
    if low is None:
        return f"{high} or less"
    return f"{low} or more" if high is None else f"from {low} to {high}"


def describe(params: type) -> tuple[ParameterInfo, ...]:
    """Return the parameters of a strategy's parameter class, in the order in which they are declared.

    Parameters
    ----------
    params:
        Any attrs class. The bounds are those given to :func:`parameter`; the texts stand in the section
        ``Attributes`` of its docstring.
    """
    attrs.resolve_types(params)
    docs = _attribute_docs(params.__doc__ or "")
    return tuple(_info(field, docs.get(field.name, "")) for field in attrs.fields(params) if field.init)


def _attribute_docs(docstring: str) -> dict[str, str]:
    """Return the texts below each ``name:`` or ``name, name:`` of a docstring, on one line each."""
    docs: dict[str, str] = {}
    names: list[str] = []
    for line in inspect.cleandoc(docstring).splitlines():
        if not line.startswith(" "):
            names = [name.strip() for name in line[:-1].split(",")] if line.endswith(":") else []
            continue
        for name in names:
            docs[name] = f"{docs.get(name, '')} {line.strip()}".strip()
    return docs


def _info(field: attrs.Attribute[Any], doc: str) -> ParameterInfo:
    required = field.default is attrs.NOTHING
    kind = cast("type", field.type)
    return ParameterInfo(
        name=field.name,
        type=_KIND_NAMES.get(kind, getattr(kind, "__name__", str(kind))),
        default=None if required else field.default,
        required=required,
        low=field.metadata.get("low"),
        high=field.metadata.get("high"),
        doc=field.metadata.get("doc") or doc,
    )


def parse_parameters(params: type[T], texts: Mapping[str, str]) -> T:
    """Build a parameter object from texts, such as those of a command line; the rest keeps its default.

    Raises
    ------
    InputError
        For an unknown name, a missing one, a text that is not of the parameter's type, or a value out of bounds.
    """
    known = {info.name: info for info in describe(params)}
    for name in texts:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known) or 'none'}"
            raise InputError(f"{name!r} is not a parameter", hint=hint)
    missing = [info.name for info in known.values() if info.required and info.name not in texts]
    if missing:
        raise InputError(f"the parameter {missing[0]} has no default and was not given")
    return params(**{name: _parsed(known[name], text) for name, text in texts.items()})


def _parsed(info: ParameterInfo, text: str) -> Any:
    readers: dict[str, Callable[[str], Any]] = {"int": int, "decimal": Decimal, "bool": _truth, "text": str}
    if info.type not in readers:
        raise InputError(f"the parameter {info.name} is a {info.type}, which cannot be read from a text")
    try:
        return readers[info.type](text)
    except (ValueError, InvalidOperation) as error:
        kind = {"int": "a whole number", "decimal": "a decimal number", "bool": "true or false"}[info.type]
        raise InputError(f"{info.name} is {text!r}, and must be {kind}") from error


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"
