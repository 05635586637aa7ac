"""What the documents tell a reader to type does what they say.

Every ``bash`` and ``console`` block of README.md and of the pages below docs/ is run, block by block, in one workspace
a document, with the installed ``logos`` first on the path. A comment right above a block changes that:

``<!-- not run: reason -->``
    The block is for another place, such as setting up an environment, which CI does by itself.
``<!-- file: configs/paper.yaml -->``
    The block is written to that file of the workspace before the blocks below it are run.
``<!-- from: examples/... -->``
    The block is an excerpt, word for word, of that file of the repository.

A command must end with exit code 0, or with N where its line ends in ``# exit N``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SHELLS = {"bash", "console", "sh", "shell"}

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)")
MARK = re.compile(r"^\s*<!-- (?P<kind>not run|file|from): (?P<value>.+?) -->\s*$")
EXIT = re.compile(r"#\s*exit (?P<code>\d+)\b[^#]*$")


@attrs.frozen
class Block:
    """A fenced block: its language, the mark above it, its text, and the line of its fence."""

    language: str
    kind: str
    value: str
    text: str
    line: int


@attrs.frozen
class Command:
    """One command of a shell block."""

    text: str
    exit_code: int
    line: int


def blocks_of(document: str) -> list[Block]:
    """Return the fenced blocks of a Markdown document in their order."""
    found, kind, value, inside = [], "", "", None
    for number, line in enumerate(document.splitlines(), start=1):
        fence, mark = FENCE.match(line), MARK.match(line)
        if inside is not None:
            language, start, indent, text = inside
            if fence:
                found.append(Block(language, kind, value, "".join(text), start))
                inside, kind, value = None, "", ""
            else:
                text.append(line.removeprefix(indent) + "\n")
        elif fence:
            inside = (fence["language"], number, fence["indent"], [])
        elif mark:
            kind, value = mark["kind"], mark["value"]
        elif line.strip():
            kind, value = "", ""
    assert inside is None, f"the block that starts in line {inside and inside[1]} never ends"
    return found


def commands_of(block: Block) -> list[Command]:
    """Return the commands of a shell block; of a console block only the lines after a dollar sign."""
    lines = block.text.replace("\\\n", "").splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    commands = []
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            code = EXIT.search(line)
            commands.append(Command(line.strip(), int(code["code"]) if code else 0, block.line))
    return commands


def run_document(document: str, name: str, workspace: Path, environment: dict[str, str]) -> int:
    """Run what a document says in a workspace; return how many commands that were."""
    count = 0
    for block in blocks_of(document):
        if block.kind == "file":
            file = workspace / block.value
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.kind == "" and block.language in SHELLS:
            for command in commands_of(block):
                run_command(command, name, workspace, environment)
                count += 1
    return count


def run_command(command: Command, name: str, workspace: Path, environment: dict[str, str]) -> None:
    """Run one command and compare its exit code with what the document says."""
    done = subprocess.run(
        ["bash", "-c", command.text],
        cwd=workspace,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == command.exit_code, (
        f"{name}, block at line {command.line}: `{command.text}` ended with {done.returncode}, "
        f"the document says {command.exit_code}\n{done.stdout}{done.stderr}"
    )


@pytest.fixture
def reader(tmp_path: Path, offline_environment: dict[str, str]) -> tuple[Path, dict[str, str]]:
    """Return a reader's workspace, with the examples beside it as in a checkout, and the environment of his shell."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for folder in ("examples", "configs"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, workspace / folder)
    path = os.pathsep.join([sysconfig.get_path("scripts"), offline_environment.get("PATH", os.defpath)])
    return workspace, {**offline_environment, "PATH": path}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_of_a_document_do_what_it_says(name: str, reader: tuple[Path, dict[str, str]]) -> None:
    workspace, environment = reader
    run_document((ROOT / name).read_text(encoding="utf-8"), name, workspace, environment)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_excerpts_of_a_document_stand_in_the_files_that_it_names(name: str) -> None:
    for block in blocks_of((ROOT / name).read_text(encoding="utf-8")):
        if block.kind == "from":
            assert block.text in (ROOT / block.value).read_text(encoding="utf-8"), f"{name}:{block.line}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_files_that_a_document_links_to_are_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not ((ROOT / name).parent / link).exists()] == []


def test_a_command_that_ends_otherwise_than_its_document_says_is_noticed(reader: tuple[Path, dict[str, str]]) -> None:
    with pytest.raises(AssertionError, match=r"wrong.md, block at line 1: `exit 3` ended with 3, the document says 0"):
        run_document("```bash\nexit 3\n```\n", "wrong.md", *reader)


def test_blocks_share_one_workspace_and_marks_are_obeyed(reader: tuple[Path, dict[str, str]]) -> None:
    document = """
<!-- not run: it sets the machine up -->
```bash
exit 1
```
<!-- file: configs/one.yaml -->
```yaml
session: {name: one}
```
```bash
# a comment, then a command in two lines
test -f \\
  configs/one.yaml   # the file from above
exit 3  # exit 3: halted
```
```console
$ grep -q "name: one" configs/one.yaml
some output that is not a command
```
```yaml
not: run
```
"""
    assert run_document(document, "right.md", *reader) == 3
