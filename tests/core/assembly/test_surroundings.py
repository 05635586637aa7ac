"""What a session needs around it, with the core alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import attrs
import pytest

from logos.assembly.surroundings import (
    Used,
    folder_problems,
    kill_file_problems,
    leaked_secrets,
    start_problems,
    unwritable,
)
from logos.context.secrets import Secrets
from logos.domain.errors import InputError
from logos.plugins import BrokerPart
from logos.plugins.offers import READY, Offer


@attrs.frozen(kw_only=True)
class Keys:
    base_url: str = ""
    credentials: tuple[str, ...] = ("ACME_API_KEY", "ACME_API_SECRET")


def used(config: Any, *capabilities: str) -> Used:
    part = BrokerPart(name="acme", summary="x", target="acme:build", capabilities=frozenset(capabilities))
    offer = Offer(kind="broker", name="acme", part=part, distribution="acme", version="1", status=READY)
    return Used(path="broker", offer=offer, config=config)


def problems_of(part: Used, workspace: Path, *, offline: bool = False, **known: str) -> list[str]:
    found = start_problems([part], workspace=workspace, secrets=Secrets(known), offline=offline)
    return [str(problem) for problem in found]


def test_a_missing_credential_is_named_with_the_two_places_where_it_may_stand(tmp_path):
    (found,) = problems_of(used(Keys()), tmp_path, ACME_API_KEY="k1")

    assert found.startswith("broker: acme needs the variable ACME_API_SECRET, and it is not set")
    assert "environment" in found
    assert str(tmp_path / ".env") in found


@attrs.frozen(kw_only=True)
class Choosy(Keys):
    def reveal_credentials(self, secrets: Secrets) -> str:
        value = secrets.get("ACME_API_KEY").reveal()
        if " " in value:
            raise InputError("ACME_API_KEY holds a blank", hint="Copy it again")
        return value


def test_a_credential_that_cannot_be_meant_is_told_once_none_is_missing(tmp_path):
    part = used(Choosy())

    assert problems_of(part, tmp_path, ACME_API_KEY="k1", ACME_API_SECRET="s") == []
    assert problems_of(part, tmp_path, ACME_API_KEY="k 1", ACME_API_SECRET="s") == [
        "broker: ACME_API_KEY holds a blank. Copy it again"
    ]
    assert len(problems_of(part, tmp_path, ACME_API_KEY="k 1")) == 1


def test_a_part_without_credentials_needs_none(tmp_path):
    assert problems_of(used(None), tmp_path) == []


@pytest.mark.parametrize(
    ("address", "refused"),
    [("", True), ("https://api.example.com", True), ("http://127.0.0.1:8080", False), ("http://localhost", False)],
)
def test_offline_a_part_that_needs_a_network_must_stay_on_this_machine(tmp_path, address, refused):
    part = used(Keys(base_url=address, credentials=()), "network")

    assert bool(problems_of(part, tmp_path, offline=True)) is refused
    assert problems_of(part, tmp_path) == []


def test_offline_a_part_that_needs_no_network_is_left_alone(tmp_path):
    assert problems_of(used(Keys(credentials=())), tmp_path, offline=True) == []


def test_a_workspace_whose_folders_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "runs").write_text("in the way")

    (found,) = folder_problems(tmp_path)

    assert "runs is a file, and a folder is needed" in found.message


def test_a_kill_file_beside_sessions_that_cannot_be_written_is_told_once_with_them(tmp_path):
    (tmp_path / "runs").write_text("in the way")

    found = list(kill_file_problems(tmp_path, ["runs/live/KILL", "runs/KILL", "runs/other/KILL"]))

    assert [problem.message.split()[3] for problem in found] == ["runs/other/KILL"]


def test_a_kill_file_that_is_a_folder_or_below_a_file_is_refused(tmp_path):
    (tmp_path / "stop").mkdir()
    (tmp_path / "note").write_text("x")

    found = [str(problem) for problem in kill_file_problems(tmp_path, ["stop", "note/KILL", "new/folder/KILL"])]

    assert len(found) == 2
    assert "would stop every session at once" in found[0]
    assert "note is a file" in found[1]


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 3_000, "loop/KILL"])
def test_a_kill_file_that_the_system_cannot_look_for_is_refused(tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")

    (found,) = kill_file_problems(tmp_path, [name])

    assert "cannot be written" in found.message
    assert len(found.message) < 400


@pytest.mark.parametrize("name", ["runs", "runs/live", "runs/live/sessions", "./logos", "runs/../logos/logs", "."])
def test_a_kill_file_in_the_place_of_a_folder_that_sessions_make_is_refused(tmp_path, name):
    (found,) = kill_file_problems(tmp_path, [name])

    assert "would stop every session at once" in found.message


def test_nothing_is_made_by_looking(tmp_path):
    assert unwritable(tmp_path / "a" / "b") == ""
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_nothing_is_no_folder(tmp_path):
    (tmp_path / "runs").symlink_to(tmp_path / "gone")

    assert "a link to nothing" in unwritable(tmp_path / "runs" / "live")


def test_a_folder_that_the_system_calls_writable_and_that_takes_no_file_is_told(tmp_path):
    if not Path("/proc/self").is_dir():
        pytest.skip("this system has no /proc")
    (found,) = kill_file_problems(tmp_path, ["/proc/KILL"])

    assert "nothing can be written into /proc: " in found.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_told(tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "nothing can be written into" in unwritable(tmp_path / "runs")
    finally:
        tmp_path.chmod(0o700)


def test_the_value_of_a_credential_in_a_config_is_an_error_that_does_not_repeat_it():
    secrets = Secrets({"ACME_API_KEY": "orange-elephant-42"})
    resolved = {"session": {"name": "x"}, "guards": [{"file": "runs/orange-elephant-42/KILL"}]}

    (found,) = leaked_secrets(resolved, [used(Keys())], secrets)

    assert found.path == "guards[0].file"
    assert "ACME_API_KEY" in found.message
    assert "elephant" not in str(found)


def test_a_secret_of_the_environment_is_found_although_no_part_asks_for_it(monkeypatch):
    monkeypatch.setenv("SOMEBODYS_API_SECRET", "purple-hippopotamus")
    secrets = Secrets({"SOMEBODYS_API_SECRET": "purple-hippopotamus"})

    (found,) = leaked_secrets({"session": {"name": "purple-hippopotamus"}}, [], secrets)

    assert found.path == "session.name"
