"""The bundled lessons by name: strings alone, so that listing them imports none."""

from __future__ import annotations

import attrs

from logos.domain.errors import InputError

_PAPER = ("broker", "paper")


@attrs.frozen(kw_only=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    summary:
        What a learner takes away, in one line.
    target:
        The function that teaches it, as ``module:function``; it is called with a `Classroom`.
    needs:
        Kind and name of every part that it works with and the core does not have.
    """

    name: str
    title: str
    summary: str
    target: str
    needs: tuple[tuple[str, str], ...] = (_PAPER,)


LESSONS = (
    Lesson(
        name="first_session",
        title="A first session",
        summary="What a paper session does with bars, signals, orders and money, and how to prove it",
        target="logos.ui.lessons.first_session:teach",
        needs=(_PAPER, ("guard", "max_notional"), ("guard", "drawdown"), ("guard", "kill_switch")),
    ),
    Lesson(
        name="guards",
        title="What the guards do",
        summary="An order that is blocked, a session that is halted and forgiven, and the kill file",
        target="logos.ui.lessons.guards:teach",
        needs=(
            _PAPER,
            ("guard", "max_notional"),
            ("guard", "exposure"),
            ("guard", "drawdown"),
            ("guard", "kill_switch"),
        ),
    ),
    Lesson(
        name="honest_backtest",
        title="Reading a backtest honestly",
        summary="Costs, the benchmark, why the best of many is luck, and what looking ahead looks like",
        target="logos.ui.lessons.honest_backtest:teach",
    ),
)


def find_lesson(name: str) -> Lesson:
    """Return a lesson by its name; dashes may stand for underscores.

    Raises
    ------
    InputError
        Where there is none; names the nearest.
    """
    for lesson in LESSONS:
        if lesson.name == name.replace("-", "_"):
            return lesson
    from logos.config.problems import nearest, shortened  # noqa: PLC0415 - an error is rare, a start is not

    raise InputError(f"there is no lesson {shortened(name)!r}", hint=nearest(name, (lesson.name for lesson in LESSONS)))
