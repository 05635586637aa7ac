"""The text of a lesson, put together part by part: Markdown that also reads well in a terminal."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from logos.artifacts.markdown import bullets, literal, preformatted, table
from logos.artifacts.markdown import code as inline_code
from logos.context.redaction import redact_text

__all__ = ["Transcript", "inline_code", "literal"]


class Transcript:
    """A lesson's text while it is written.

    Parameters
    ----------
    title:
        The lesson's.
    """

    def __init__(self, title: str) -> None:
        self._parts = [f"# {title}"]
        self._sections = 0

    def section(self, title: str) -> None:
        """Begin a numbered section."""
        self._sections += 1
        self._parts.append(f"## {self._sections}. {title}")

    def say(self, text: str) -> None:
        """Add a paragraph. It may hold Markdown; what comes from a run goes through ``literal`` first."""
        self._parts.append(" ".join(text.split()))

    def points(self, *sentences: str) -> None:
        """Add a list."""
        self._parts.append(bullets(sentences))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Collection[str] = ()) -> None:
        """Add a table; nothing in it is taken for markup."""
        self._parts.append(table(columns, [[literal(cell) for cell in row] for row in rows], numeric=numeric))

    def quote(self, text: str) -> None:
        """Add words of the program, or lines of a file, as they stand."""
        self._parts.append(preformatted(text.rstrip("\n").replace("```", "'''").splitlines()))

    def excerpt(self, markdown: str) -> None:
        """Add a part of another Markdown document of Logos, such as a table of ``session.md``."""
        self._parts.append(markdown.strip())

    def record(self, row: Mapping[str, str]) -> None:
        """Add one row of a table, a line for each column that holds something."""
        filled = {name: value for name, value in row.items() if value}
        width = max(map(len, filled), default=0)
        self.quote("\n".join(f"{name:<{width}}  {value}" for name, value in filled.items()))

    def event(self, values: Mapping[str, object]) -> None:
        """Add one line of a journal."""
        self.quote(json.dumps(values, ensure_ascii=False))

    def config(self, text: str) -> None:
        """Add a config."""
        self._parts.append(f"```yaml\n{text.strip()}\n```")

    def commands(self, *lines: str) -> None:
        """Add commands to type; one that ends otherwise than with 0 says so in a comment, as in ``# exit 3``."""
        self._parts.append("\n".join(["```bash", *lines, "```"]))

    def picture(self, name: str, description: str) -> None:
        """Add a picture of the lesson; the description stands for it where it cannot be seen."""
        self._parts.append(f"![{literal(description)}](plots/{name})")

    def exercises(self, lesson: str) -> None:
        """Begin the exercises, with how to reach the lesson's own workspace."""
        self.section("Try it")
        self.say(
            "Everything above happened in a workspace of its own, the folder `workspace` beside this text: your own "
            "runs were not touched, and whatever you do there cannot harm them. Open a terminal in the folder of this "
            f"lesson (`runs/lessons/{lesson}/` and the time of the run; the dashboard shows it whole) and begin with:"
        )
        self.commands('export LOGOS_HOME="$PWD/workspace"', "cd workspace")

    def words(self, terms: Iterable[str]) -> None:
        """End with the words that the lesson used."""
        self.section("Words")
        listed = ", ".join(f"*{term}*" for term in terms)
        self.say(f"`glossary.json` beside this text says what these mean, and where each was seen here: {listed}.")

    def text(self) -> str:
        """Return the whole, with everything secret in it masked."""
        return redact_text("\n\n".join(self._parts) + "\n")
