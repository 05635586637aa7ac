"""What is asked of one plugin: known hooks, known arguments, records of the right kind."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import pluggy

from logos.domain.errors import LogosError
from logos.plugins import hookspecs
from logos.plugins.known import CORE_COMMANDS
from logos.plugins.parts import HOOKS_OF_PARTS, Part


class PluginFaultError(Exception):
    """A plugin does not keep the plugin API."""

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.mend = mend


def check_hooks(manager: pluggy.PluginManager, module: Any) -> None:
    """Look at a plugin's functions before they are registered.

    Raises
    ------
    PluginFaultError
        Where an argument is unknown, a hook's name stands on an unmarked function, or a hook is a wrapper.
    """
    for name in sorted(dir(module)):
        options = manager.parse_hookimpl_opts(module, name)
        hook = getattr(manager.hook, name, None) if not name.startswith("_") else None
        if options is None:
            if hook is not None and inspect.isroutine(getattr(module, name)):
                raise PluginFaultError(f"{name} is not marked as a hook", "Write @hookimpl above it")
        elif options["wrapper"] or options["hookwrapper"]:
            raise PluginFaultError(f"{name} is a wrapper, and Logos calls implementations one by one", "Unwrap it")
        elif hook is not None and hook.spec is not None:
            _check_arguments(name, getattr(module, name), hook.spec.argnames)


def _check_arguments(name: str, function: Any, offered: Iterable[str]) -> None:
    known = tuple(offered)
    asked = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    unknown = [argument for argument in asked if argument not in known]
    if unknown:
        offer = f"the arguments {', '.join(known)}" if known else "no argument"
        raise PluginFaultError(
            f"{name} asks for {', '.join(unknown)}, and the hook has {offer}",
            f"Declare {name}({', '.join(argument for argument in asked if argument in known)})",
        )


def check_specs(manager: pluggy.PluginManager) -> list[tuple[str, Any]]:
    """Return the hooks that a plugin brings, each with the module or class that specifies it.

    Raises
    ------
    ValueError
        Where what it returns specifies no hook, or one whose name is taken or does not start with ``logos_``.
    """
    found = []
    for namespaces in manager.hook.logos_hookspecs():
        for namespace in namespaces:
            names = [name for name in sorted(dir(namespace)) if manager.parse_hookspec_opts(namespace, name)]
            if not names:
                raise ValueError(f"{namespace!r} specifies no hook")
            for name in names:
                if not name.startswith("logos_") or name in _own_hooks():
                    raise ValueError(f"the hook {name} must start with logos_, and must not be one of the core's")
            found += [(name, namespace) for name in names]
    return found


def _own_hooks() -> set[str]:
    return {name for spec in (hookspecs.Offers, hookspecs.Events) for name in vars(spec) if name.startswith("logos_")}


def parts_of(manager: pluggy.PluginManager) -> tuple[Part, ...]:
    """Return the parts that a plugin offers, by kind and name.

    Raises
    ------
    PluginFaultError
        Where a hook is unknown or fails, or yields something else than descriptions of its kind.
    """
    _check_pending(manager)
    parts: dict[tuple[str, str], Part] = {}
    for hook_name, kind in HOOKS_OF_PARTS.items():
        for part in _offered(manager, hook_name, kind):
            if not isinstance(part, kind):
                raise PluginFaultError(
                    f"{hook_name} yields {part!r}, expected a {kind.__name__}", f"Yield {kind.__name__}(...)"
                )
            if (part.kind, part.name) in parts:
                raise PluginFaultError(f"{hook_name} offers {part.name!r} twice", "Give each part a name of its own")
            if part.kind == "command" and part.name in CORE_COMMANDS:
                raise PluginFaultError(f"{hook_name} offers {part.name!r}, a command of the core", "Rename the command")
            parts[part.kind, part.name] = part
    return tuple(parts[key] for key in sorted(parts))


def _check_pending(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        import difflib  # noqa: PLC0415 - an error is rare, a start is not

        name = _first_unknown(manager)
        near = difflib.get_close_matches(name, [hook for hook, caller in _callers(manager) if caller.has_spec()], n=1)
        raise PluginFaultError(
            f"{name} is not a hook of Logos" + (f"; did you mean {near[0]}?" if near else ""),
            f"Rename {name}" + (f" to {near[0]}" if near else "") + ", or mark it @hookimpl(optionalhook=True)",
        ) from error


def _first_unknown(manager: pluggy.PluginManager) -> str:
    return min(
        name
        for name, caller in _callers(manager)
        if not caller.has_spec() and any(not implementation.optionalhook for implementation in caller.get_hookimpls())
    )


def _callers(manager: pluggy.PluginManager) -> Iterator[tuple[str, pluggy.HookCaller]]:
    for name, caller in vars(manager.hook).items():
        if isinstance(caller, pluggy.HookCaller):
            yield name, caller


def _offered(manager: pluggy.PluginManager, hook_name: str, kind: type[Part]) -> list[Any]:
    caller: pluggy.HookCaller = getattr(manager.hook, hook_name)
    if not caller.get_hookimpls():
        return []
    try:
        answers = caller()
        found = [part for answer in answers for part in answer]
    except (Exception, SystemExit) as error:
        text = str(error) if isinstance(error, LogosError) else f"{type(error).__name__}: {error}"
        raise PluginFaultError(
            f"{hook_name} failed: {text}", f"Let it return an iterable of {kind.__name__}"
        ) from error
    if not answers:  # pluggy drops a None
        raise PluginFaultError(f"{hook_name} returns nothing", f"Return or yield {kind.__name__} records")
    return found
