"""A section of a config into its attrs class, with every problem in it.

Single values go through the one cattrs converter (``leaves``). The classes and collections around them are walked
here and not by cattrs, for three reasons: cattrs stops at the unknown keys of a class before it looks at the values,
it keeps neither the line of a value nor the message of a validator, and it reports the first failing validator only.
"""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

import attrs

from logos.config.leaves import CONVERTER, described, is_enum, is_leaf
from logos.config.problems import item_path, key_path, nearest, problem_of, shortened
from logos.config.reading import Listing, Node, Scalar, Section, plain
from logos.domain.errors import InputError, LogosError, PluginError, Problem

_T = TypeVar("_T")
_FAULTY: Final = object()
_REFUSALS = (ValueError, TypeError, ArithmeticError, LookupError)
_LISTS = (list, tuple, frozenset, set, collections.abc.Sequence, collections.abc.Collection, collections.abc.Set)
_MAPPINGS = (dict, collections.abc.Mapping)
_UNIONS = (typing.Union, types.UnionType)


def structure(
    node: Node,
    cls: type[_T],
    path: str,
    *,
    fixed: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    neighbours: Collection[str] = (),
) -> tuple[_T | None, list[Problem]]:
    """Structure a section into an attrs class.

    Parameters
    ----------
    node:
        The section as it was read.
    cls:
        An attrs class.
    path:
        Where the section stands, for the problems.
    fixed:
        Fields that the caller sets and the file must not.
    defaults:
        Values of fields that the file leaves out; they come before the class's own.
    neighbours:
        Keys of the same section that somebody else reads: valid names to suggest, no fields.

    Returns
    -------
    The instance and no problems, or ``None`` and all problems.

    Raises
    ------
    PluginError
        Where the class itself cannot be used.
    """
    walk = _Walk(tuple(neighbours))
    value = walk.section(node, cls, path, fixed or {}, defaults or {})
    return (None if walk.problems else value), walk.problems


def fields_of(cls: type) -> dict[str, tuple[attrs.Attribute[Any], Any]]:
    """Return the fields that a config may set: by key, with their evaluated types.

    Raises
    ------
    PluginError
        Where it is no attrs class, or its annotations cannot be evaluated.
    """
    return _fields_of(cls)


@lru_cache(maxsize=256)
def _fields_of(cls: type) -> dict[str, tuple[attrs.Attribute[Any], Any]]:
    """Do so once for each class: a sweep reads the same one for every trial."""
    where = f"{cls.__module__}:{cls.__qualname__}"
    if not attrs.has(cls):
        raise PluginError(f"the config class {where} is not an attrs class", hint="Decorate it with attrs.frozen")
    try:
        hints = typing.get_type_hints(cls)
    except (NameError, TypeError, AttributeError) as error:
        raise PluginError(
            f"the annotations of the config class {where} cannot be evaluated: {error}",
            hint="Import the types at run time, not under TYPE_CHECKING",
        ) from error
    return {str(field.alias): (field, hints.get(field.name, Any)) for field in attrs.fields(cls) if field.init}


class _Walk:
    """One pass over a section; collects problems as it goes."""

    def __init__(self, neighbours: tuple[str, ...] = ()) -> None:
        self.problems: list[Problem] = []
        self._neighbours = neighbours

    def section(self, node: Node, cls: type, path: str, fixed: Mapping[str, Any], defaults: Mapping[str, Any]) -> Any:
        """Return an instance, or the mark of a faulty value."""
        section = self._as_section(node, path)
        if section is None:
            return _FAULTY
        before = len(self.problems)
        fields = fields_of(cls)
        names = [name for name in fields if name not in fixed]
        neighbours, self._neighbours = self._neighbours, ()
        for key in section.entries:
            if key not in names:
                self._report(
                    key_path(path, key), section.lines[key], "unknown key", nearest(key, [*names, *neighbours])
                )
        values = dict(fixed)
        for name in names:
            value = self._field(section, fields[name], path, defaults)
            if value is not _FAULTY:
                values[name] = value
        self._validate(cls, values, section, path)
        return _FAULTY if len(self.problems) > before else self._made(cls, values, section, path)

    def _as_section(self, node: Node, path: str) -> Section | None:
        if isinstance(node, Section):
            return node
        if isinstance(node, Scalar) and node.value is None:
            return Section({}, {}, node.line)  # "params:" with everything below it commented out
        self._report(path, node.line, f"expected a section of keys and values, found {described(node)}")
        return None

    def _field(
        self, section: Section, field: tuple[attrs.Attribute[Any], Any], path: str, defaults: Mapping[str, Any]
    ) -> Any:
        attribute, kind = field
        name = str(attribute.alias)
        node = section.get(name)
        if node is not None:
            value = self._value(node, kind, key_path(path, name))
            if value is _FAULTY and is_enum(kind) and isinstance(node, Scalar):
                hint = nearest(node.text, _valid_names(attribute, kind))
                self.problems[-1] = attrs.evolve(self.problems[-1], hint=hint)
            return value
        if name in defaults:
            return defaults[name]
        if attribute.default is attrs.NOTHING:
            self._report(key_path(path, name), section.line, "it is missing", f"Add '{name}:' with {_expected(kind)}")
        return _FAULTY

    def _value(self, node: Node, kind: Any, path: str) -> Any:
        if kind is Any or kind is object:
            return plain(node)
        origin, arguments = typing.get_origin(kind) or kind, typing.get_args(kind)
        if origin in _UNIONS:
            return self._union(node, arguments, path)
        if origin is typing.Literal:
            return self._literal(node, arguments, path)
        if origin in _LISTS or origin in _MAPPINGS:
            read = self._list if origin in _LISTS else self._mapping
            return read(node, origin, arguments, path)
        if isinstance(kind, type) and attrs.has(kind):
            return self.section(node, kind, path, {}, {})
        return self._leaf(node, kind, path)

    def _leaf(self, node: Node, kind: Any, path: str) -> Any:
        if not is_leaf(kind):
            raise PluginError(
                f"{path}: no config value can become a {kind}",
                hint="Use bool, int, float, str, Decimal, Path, an Enum, a Literal, lists, mappings or attrs classes",
            )
        if not isinstance(node, Scalar):
            self._report(path, node.line, f"expected {_expected(kind)}, found {described(node)}")
            return _FAULTY
        return self._guarded(lambda: CONVERTER.structure(node, kind), path, node.line)

    def _union(self, node: Node, kinds: tuple[Any, ...], path: str) -> Any:
        if isinstance(node, Scalar) and node.value is None and types.NoneType in kinds:
            return None
        attempts: list[_Walk] = []
        for kind in kinds:
            if kind is types.NoneType:
                continue
            attempt = _Walk()
            value = attempt._value(node, kind, path)
            if not attempt.problems:
                return value
            attempts.append(attempt)
        if len(attempts) == 1:
            self.problems += attempts[0].problems
        else:
            expected = " or ".join(_expected(kind) for kind in kinds)
            self._report(path, node.line, f"expected {expected}, found {described(node)}")
        return _FAULTY

    def _literal(self, node: Node, choices: tuple[Any, ...], path: str) -> Any:
        if isinstance(node, Scalar):
            for choice in choices:
                if type(choice) is type(node.value) and choice == node.value:
                    return choice
        word = node.text if isinstance(node, Scalar) else ""
        self._report(path, node.line, f"found {described(node)}", nearest(word, map(str, choices)))
        return _FAULTY

    def _list(self, node: Node, origin: Any, arguments: tuple[Any, ...], path: str) -> Any:
        if not isinstance(node, Listing):
            self._report(path, node.line, f"expected a list, found {described(node)}", "Write [one, two] or '- ' lines")
            return _FAULTY
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            kinds = arguments
            if len(node.items) != len(kinds):
                self._report(path, node.line, f"expected {len(kinds)} items, found {len(node.items)}")
                return _FAULTY
        else:
            kinds = (arguments[0] if arguments else Any,) * len(node.items)
        items = [
            self._value(item, kind, item_path(path, index))
            for index, (item, kind) in enumerate(zip(node.items, kinds, strict=True))
        ]
        if any(item is _FAULTY for item in items):
            return _FAULTY
        made = {list: list, set: set, frozenset: frozenset, collections.abc.Set: frozenset}.get(origin, tuple)
        return self._guarded(lambda: made(items), path, node.line)

    def _mapping(self, node: Node, _origin: Any, arguments: tuple[Any, ...], path: str) -> Any:
        section = self._as_section(node, path)
        if section is None:
            return _FAULTY
        kind = arguments[1] if arguments else Any
        items = {key: self._value(section.entries[key], kind, key_path(path, key)) for key in sorted(section.entries)}
        return _FAULTY if any(value is _FAULTY for value in items.values()) else items

    def _validate(self, cls: type, values: Mapping[str, Any], section: Section, path: str) -> None:
        """Run each field's validator by itself, so that one failure does not hide the next.

        They get an instance that was never initialised and holds what is known. A validator that asks it for a field
        that is faulty or missing is left out: it runs when the rest is mended.
        """
        shell: Any = object.__new__(cls)
        for attribute in attrs.fields(cls):
            if attribute.alias in values:
                object.__setattr__(shell, attribute.name, values[attribute.alias])
            elif attribute.default is not attrs.NOTHING and not isinstance(attribute.default, attrs.Factory):  # type: ignore[arg-type]
                object.__setattr__(shell, attribute.name, attribute.default)
        for attribute in attrs.fields(cls):
            name = str(attribute.alias)
            # A field with a converter of its own is validated after the conversion, by the class.
            if attribute.validator is None or attribute.converter is not None or section.get(name) is None:
                continue
            if name in values:
                check = _Check(attribute, shell, values[name])
                self._guarded(check, key_path(path, name), section.lines[name])

    def _made(self, cls: type, values: Mapping[str, Any], section: Section, path: str) -> Any:
        return self._guarded(lambda: cls(**values), path, section.line)

    def _guarded(self, action: Callable[[], Any], path: str, line: int) -> Any:
        try:
            return action()
        except LogosError as error:
            if not isinstance(error, InputError):
                raise
            self.problems.append(problem_of(error, path, line))
        except _REFUSALS as error:
            reason = str(error.args[0]) if error.args else type(error).__name__
            self._report(path, line, shortened(reason))
        return _FAULTY

    def _report(self, path: str, line: int | None, message: str, hint: str = "") -> None:
        self.problems.append(Problem(path=path, message=message, hint=hint, line=line))


def _valid_names(attribute: attrs.Attribute[Any], kind: Any) -> list[str]:
    """Return the values of an enumeration that a field's validator lets pass: no other is worth naming."""
    return [str(member.value) for member in kind if _is_valid(attribute, member)]


def _is_valid(attribute: attrs.Attribute[Any], value: Any) -> bool:
    try:
        if attribute.validator is not None:
            attribute.validator(None, attribute, value)
    except AttributeError:
        return True  # it compares with other fields, which are not known here
    except (InputError, *_REFUSALS):
        return False
    return True


@attrs.frozen
class _Check:
    attribute: attrs.Attribute[Any]
    shell: Any
    value: Any

    def __call__(self) -> None:
        validator = self.attribute.validator
        assert validator is not None
        try:
            validator(self.shell, self.attribute, self.value)
        except AttributeError as error:
            if error.obj is not self.shell:
                raise


_EXPECTED = {
    bool: "true or false",
    int: "a whole number",
    str: "a text",
    float: "a number",
    object: "a value",
    Any: "a value",
    types.NoneType: "nothing",
}


def _expected(kind: Any) -> str:
    origin = typing.get_origin(kind) or kind
    if origin in _LISTS:
        return "a list"
    if origin in _MAPPINGS or (isinstance(kind, type) and attrs.has(kind)):
        return "a section"
    if origin is typing.Literal:
        return " or ".join(map(str, typing.get_args(kind)))
    if origin in _UNIONS:
        return " or ".join(_expected(one) for one in typing.get_args(kind) if one is not types.NoneType)
    name = str(getattr(kind, "__name__", kind)).lower()
    return _EXPECTED.get(kind, f"{'an' if name[0] in 'aeiou' else 'a'} {name}")
