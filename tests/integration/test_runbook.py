"""The runbook names every exit code, halt reason and finding that the program has, and no other.

Its commands are run by ``test_docs_commands.py``; here its tables are held against the code, and its units and cron
lines against the programs that read them.
"""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import logos.brokers.errors
from logos.cli.errors import INTERNAL, INTERRUPTED
from logos.domain.errors import LogosError
from logos.live.reconcile import STOPS, Outcome
from logos.live.setup import EXIT_DONE, EXIT_STOPPED
from logos.session.guarding import KILL_SWITCH

FILE_NAME = r"\w+\.(?:yaml|jsonl|csv|json)\b"
SIGTERM = 143
"""What a shell sees of a program that SIGTERM ended."""


@pytest.fixture(scope="module")
def runbook(repository: Path) -> str:
    return (repository / "docs/LIVE-RUNBOOK.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def files(runbook: str) -> dict[str, str]:
    """Return the files that the runbook shows, by name."""
    found = re.findall(r"^ *<!-- file: (\S+) -->\n( *)```\w*\n(.*?)^\2```$", runbook, re.MULTILINE | re.DOTALL)
    return {name: re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for name, indent, text in found}


def section_of(text: str, heading: str) -> str:
    """Return what stands under a heading, down to the next of its rank or above."""
    level = heading.partition(" ")[0]
    body = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{len(level)}}} ", body, maxsplit=1, flags=re.MULTILINE)[0]


def first_column(text: str) -> list[str]:
    """Return the first cells of the tables in a text, without their headings."""
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    ruled = [bool(re.fullmatch(r"-+", row)) for row in rows]
    return [row for row, rule, below in zip(rows, ruled, [*ruled[1:], False], strict=True) if not rule and not below]


def classes_below(cls: type[LogosError]) -> Iterator[type[LogosError]]:
    for below in cls.__subclasses__():
        yield below
        yield from classes_below(below)


def test_every_exit_code_of_the_program_stands_in_the_table_and_no_other(runbook: str) -> None:
    assert logos.brokers.errors.VenueError in set(classes_below(LogosError))
    codes = {one.exit_code for one in (LogosError, *classes_below(LogosError))}
    codes |= {EXIT_DONE, EXIT_STOPPED, INTERNAL, INTERRUPTED, SIGTERM}
    assert {int(code) for code in first_column(section_of(runbook, "## Exit codes"))} == codes


def test_every_guard_stands_where_it_acts_and_nothing_else_does(runbook: str, registry) -> None:
    offers = [offer for offer in registry.offers("guard") if offer.distribution == "logos-risk"]
    halting = {offer.name for offer in offers if "halts" in offer.part.capabilities}
    blocking = {offer.name for offer in offers if "blocks" in offer.part.capabilities}
    assert halting | blocking == {offer.name for offer in offers}
    named = [cell.strip("`") for cell in first_column(section_of(runbook, "## Halt reasons"))]
    assert sorted(named) == sorted({*halting, KILL_SWITCH, "account", "any guard"})
    assert {cell.strip("`") for cell in first_column(section_of(runbook, "## Blocked orders"))} == blocking


def test_every_finding_of_a_reconciliation_stands_in_the_table_with_what_happens(runbook: str) -> None:
    text = section_of(runbook, "### Reconciliation")
    rows = {line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if line.startswith("| `")}
    assert rows.keys() == {one.value for one in Outcome}
    refused = {name for name, line in rows.items() if "| refused: " in line}
    assert refused == {one.value for one in STOPS}
    assert all("| refused: " in line or "| goes on; " in line or line.endswith("| goes on |") for line in rows.values())


@pytest.mark.parametrize(
    ("heading", "rooms"), [("### A resume is refused", ("live", "artifacts")), ("## Halt reasons", ("session", "risk"))]
)
def test_messages_that_the_runbook_quotes_are_words_of_the_program(runbook, repository, rooms, heading) -> None:
    sources = [path for room in rooms for path in sorted(repository.glob(f"logos-*/src/logos/{room}/**/*.py"))]
    code = " ".join(path.read_text(encoding="utf-8") for path in sources)
    # Strings that follow one another are one text; what stands in braces is one of the dots.
    code = " ".join(re.sub(r"\{[^{}]*\}", " ", re.sub(r'"\s+f?"', "", code)).split())
    column = 1 if heading.startswith("###") else 2
    cells = [line.split("|")[column] for line in section_of(runbook, heading).splitlines() if line.startswith("|")]
    quoted = " ... ".join(text for cell in cells[2:] for text in re.findall(r"`([^`]+)`", cell))
    pieces = [piece.strip(" :>=") for piece in re.sub(FILE_NAME, "...", quoted).split("...")]
    assert len(pieces) > 5
    assert [piece for piece in pieces if piece not in code] == []


def test_the_config_of_the_checklist_names_every_guard_of_ours(files: dict[str, str], registry) -> None:
    config = yaml.safe_load(files["configs/paper.yaml"])
    ours = {offer.name for offer in registry.offers("guard") if offer.distribution == "logos-risk"}
    assert {guard["plugin"] for guard in config["guards"]} == ours


# -- unattended --------------------------------------------------------------------------------------------------------


def unit_of(text: str) -> dict[str, dict[str, list[str]]]:
    """Return a unit's sections; a key may stand there more than once."""

    class Many(dict):
        def __setitem__(self, key, value) -> None:
            if isinstance(value, list) and key in self:
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    reader = configparser.RawConfigParser(strict=False, dict_type=Many, delimiters=("=",), interpolation=None)
    reader.optionxform = str
    reader.read_string(text)
    return {name: {key: value.split("\n") for key, value in reader[name].items()} for name in reader.sections()}


def test_the_service_never_starts_again_by_itself_and_a_halt_is_a_failure(files: dict[str, str]) -> None:
    unit = unit_of(files["systemd/logos@.service"])
    service = unit["Service"]
    assert service["Restart"] == ["no"]
    assert service["KillSignal"] == ["SIGTERM"]
    assert int(service["TimeoutStopSec"][0]) >= 30
    assert "SuccessExitStatus" not in service
    assert unit["Unit"]["OnFailure"] == ["logos-alert@%i.service"]
    assert "systemd/logos-alert@.service" in files
    assert any("runs/live/KILL" in line for line in service["ExecStartPre"])
    assert any("config check" in line for line in service["ExecStartPre"])


def test_the_commands_of_units_and_cron_are_commands_of_the_program(files: dict[str, str], logos_cli) -> None:
    lines = "\n".join(text for name, text in files.items() if name.startswith(("systemd/", "cron/")))
    called = set(re.findall(r"/bin/logos ((?:[a-z]+ ?)+)([^\n>&]*)", lines))
    assert len(called) >= 3
    for words, rest in sorted(called):
        done = logos_cli(*words.split(), "--help")
        assert done.returncode == 0, words
        assert [word for word in rest.split() if word.startswith("--") and word not in done.stdout] == []


def test_systemd_takes_the_units(files: dict[str, str], tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed here")
    units = {Path(name).name: text for name, text in files.items() if name.startswith("systemd/")}
    assert len(units) == 3
    program = Path(sysconfig.get_path("scripts")) / "logos"
    for name, text in units.items():
        (tmp_path / name).write_text(text.replace("/opt/logos/bin/logos", str(program)), encoding="utf-8")
    instances = [str(tmp_path / name.replace("@.", "@paper.")) for name in units]
    command = [analyze, "verify", "--man=no", "--recursive-errors=no", *instances]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def is_cron_field(field: str, lowest: int, highest: int) -> bool:
    """Return whether cron would take a field of a schedule."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        if step and not (step.isdigit() and int(step)):
            return False
        ends = [str(lowest), str(highest)] if span == "*" else span.split("-")
        if not all(end.isdigit() and lowest <= int(end) <= highest for end in ends) or len(ends) > 2:
            return False
    return True


def test_the_lines_for_cron_have_its_form(files: dict[str, str]) -> None:
    jobs = 0
    for line in files["cron/logos"].splitlines():
        if re.fullmatch(r"[A-Z_]+=\S+", line):
            continue
        *schedule, command = line.split(maxsplit=5)
        assert [is_cron_field(field, *bounds) for field, bounds in zip(schedule, FIELDS, strict=True)] == [True] * 5
        assert "%" not in command, "cron makes a line break of it"
        assert command.startswith("cd /srv/logos && ")
        jobs += 1
    assert jobs == 2


@pytest.mark.parametrize("field", ["60", "*/0", "1-", "x", "1-2-3", ""])
def test_a_wrong_field_for_cron_is_noticed(field: str) -> None:
    assert not is_cron_field(field, 0, 59)
