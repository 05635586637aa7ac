"""What ``logos config check`` and ``logos config show`` print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import typer

from logos.cli.output import emit_json, print_table
from logos.config.origins import Origin, written_line
from logos.config.reading import parse
from logos.domain.errors import Problem

if TYPE_CHECKING:
    from logos.assembly.checking import Checked
    from logos.cli.config_reading import ReadConfig
    from logos.session.outside import HealthCheck

_WIDEST = 56
"""Comments are aligned behind lines up to this width; a longer line has its comment right behind it."""


def print_check(checked: Checked, *, as_json: bool) -> None:
    """Print what a check has found."""
    if as_json:
        emit_json(check_record(checked))
        return
    typer.echo(f"{checked.name}: {_verdict(checked)}")
    for title, problems in (("problems", checked.problems), ("warnings", checked.warnings)):
        if problems:
            typer.echo(f"{title}:")
            typer.echo("".join(f"  {problem}\n" for problem in problems), nl=False)
    if checked.health[1:]:
        typer.echo("")
        print_health(checked.health[1:])


def print_health(checks: Iterable[HealthCheck]) -> None:
    """Print what was looked at, as a table."""
    rows = [(check.name, check.verdict.value, _with_hint(check.text, check.hint)) for check in checks]
    print_table("", ("check", "verdict", "found"), rows)


def check_record(checked: Checked) -> dict[str, Any]:
    """Return a check as one JSON object."""
    return {
        "config": checked.name,
        "sound": checked.sound,
        "problems": problem_records(checked.problems),
        "warnings": problem_records(checked.warnings),
        "checks": health_records(checked.health[1:]),
    }


def problem_records(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems as JSON objects."""
    return [{"path": one.path, "line": one.line, "message": one.message, "hint": one.hint} for one in problems]


def health_records(checks: Iterable[HealthCheck]) -> list[dict[str, str]]:
    """Return what was looked at as JSON objects."""
    return [
        {"name": check.name, "verdict": check.verdict.value, "text": check.text, "hint": check.hint} for check in checks
    ]


def print_resolved(read: ReadConfig, *, plain: bool, as_json: bool) -> None:
    """Print a resolved config."""
    if as_json:
        emit_json(
            {
                "config": read.config.resolved,
                "digest": read.config.digest,
                "origins": {path: origin_record(origin) for path, origin in read.origins.items()},
                "variables": [attrs.asdict(variable) for variable in read.variables],
            }
        )
        return
    text = read.config.to_yaml()
    typer.echo(text if plain else annotated(text, read), nl=False)


def origin_record(origin: Origin) -> dict[str, Any]:
    """Return an origin as a JSON object."""
    record = {"source": origin.source.value, "name": origin.name, "line": origin.line}
    return record | {"until_asked": True} if origin.until_asked else record


def annotated(text: str, read: ReadConfig) -> str:
    """Return YAML with the origin of each value as a comment behind it; the values stay as they are."""
    root = parse(text, read.tree.name)
    comments: dict[int, str] = {}
    for path, origin in read.origins.items():
        line = written_line(root, path)
        if line is not None:
            comments[line] = str(origin)
    lines = text.splitlines()
    column = max((len(line) for line in lines if len(line) <= _WIDEST), default=0)
    return "".join((*_head(read), *_commented(lines, comments, column)))


def _head(read: ReadConfig) -> Iterator[str]:
    name = _printable(read.tree.name)
    yield f"# {name}, resolved. Behind each value: where it comes from; lines are those of that file.\n"
    if any(origin.until_asked for origin in read.origins.values()):
        yield "# The venue replaces what stands 'until the venue is asked' as a session starts: --probe shows it.\n"
    for variable in read.variables:
        yield f"# {variable.path} reads {variable}\n"


def _commented(lines: list[str], comments: Mapping[int, str], column: int) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        comment = comments.get(number)
        yield f"{line}\n" if comment is None else f"{line.ljust(column)}  # {comment}\n"


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)


def _verdict(checked: Checked) -> str:
    warnings = _counted(len(checked.warnings), "warning")
    if checked.problems:
        return f"cannot be used, {_counted(len(checked.problems), 'problem')}" + (f", {warnings}" if warnings else "")
    if not checked.sound:
        return "cannot be used as its venue stands, see below" + (f"; {warnings}" if warnings else "")
    config = checked.config
    what = ""
    if config is not None:
        bars = sum(report.bars for report in checked.reports)
        counts = (
            (_counted(len(config.symbols), "symbol"), "no symbol"),
            (_counted(bars, "bar"), "bars to be polled"),
            (_counted(config.pairs, "pair"), "no pair"),
            (_counted(len(config.guards), "guard"), "no guard"),
        )
        what = ": " + ", ".join(count or none for count, none in counts)
    return f"can be used{what}; {warnings or 'no warning'}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}" if count else ""


def _with_hint(text: str, hint: str) -> str:
    return f"{text}. {hint}" if hint else text
