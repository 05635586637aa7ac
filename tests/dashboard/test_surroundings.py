"""What the dashboard tells of its surroundings: paths, variables and configs, and never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from logos.plugins.registry import load_registry
from logos.ui.streamlit.data import surroundings

CANARY = "canary-5f3a9b71c2d84e06"


def _values(workspace: Path) -> dict[tuple[str, str], str]:
    reading = surroundings.shown_variables(workspace)
    assert reading.value is not None
    return {(one.name, one.source): one.shown for one in reading.value}


def test_variables_of_logos_are_shown_and_credentials_only_named(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOGOS_SEED", "7")
    monkeypatch.setenv("LOGOS_API_TOKEN", CANARY)
    monkeypatch.setenv("APCA_API_SECRET_KEY", CANARY)
    monkeypatch.setenv("BINANCE_API_KEY_ID", CANARY)
    monkeypatch.setenv("EDITOR", "vi")

    found = _values(workspace)

    assert found["LOGOS_SEED", "environment"] == "7"
    assert found["LOGOS_API_TOKEN", "environment"] == "set, hidden"
    assert found["APCA_API_SECRET_KEY", "environment"] == "set, hidden"
    assert found["BINANCE_API_KEY_ID", "environment"] == "set, hidden"
    assert ("EDITOR", "environment") not in found
    assert CANARY not in str(found)


def test_a_secret_is_hidden_also_in_a_variable_with_a_harmless_name(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOGOS_PROXY", f"https://user:{CANARY}@proxy.invalid/")
    monkeypatch.setenv("LOGOS_FLAGS", f"--api-key={CANARY}")

    found = _values(workspace)

    assert CANARY not in str(found)
    assert ("LOGOS_PROXY", "environment") in found
    assert ("LOGOS_FLAGS", "environment") in found


def test_the_file_of_credentials_is_named_entry_by_entry_without_values(workspace: Path):
    (workspace / ".env").write_text(f"KRAKEN_API_SECRET={CANARY}\nLOGOS_OFFLINE=1\nOTHER=x\n")

    found = _values(workspace)

    assert found["KRAKEN_API_SECRET", ".env"] == "set, hidden"
    assert found["LOGOS_OFFLINE", ".env"] == "1"
    assert ("OTHER", ".env") not in found
    assert CANARY not in str(found)


def test_a_file_of_credentials_that_cannot_be_read_leaves_the_environment_standing(workspace: Path):
    (workspace / ".env").write_text(f"KRAKEN_API_SECRET={CANARY}\n'{CANARY} is no entry\n")

    reading = surroundings.shown_variables(workspace)

    assert reading.state == "partial"
    assert "line 2" in reading.message
    assert CANARY not in str(reading)


def test_paths_say_what_is_there(workspace: Path, write_session):
    folder = write_session(workspace)

    found = {place.what: place.found for place in surroundings.places(workspace)}

    assert found["Workspace"] == "folder"
    assert found["Latest session"] == f"link to {folder.name}"
    assert found["Cached bars"] == "not there"
    (workspace / "runs/live/latest_session").unlink()
    (workspace / "runs/live/latest_session").symlink_to("sessions/gone")
    assert {place.what: place.found for place in surroundings.places(workspace)}["Latest session"] == "link to nowhere"


def test_configs_are_those_of_the_latest_session_and_the_folder(workspace: Path, write_session):
    assert surroundings.config_files(workspace) == ()
    folder = write_session(workspace)
    for name in ("b.yaml", "a/c.yml", "notes.txt"):
        path = workspace / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    found = surroundings.config_files(workspace)

    assert found == (
        folder / "config.yaml",
        workspace / "configs/a/c.yml",
        workspace / "configs/b.yaml",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"session: [", b"\xff\xfe", b"a: &x [*x]\n", b"- 1\n", b"[" * 5_000, b"api_key: " + CANARY.encode()],
    ids=["empty", "cut short", "no text", "anchors", "a list", "deep", "unknown key"],
)
def test_a_config_that_cannot_be_used_is_not_shown_and_says_why(workspace: Path, content: bytes):
    path = workspace / "configs" / "wrong.yaml"
    path.parent.mkdir()
    path.write_bytes(content)

    reading = surroundings.resolved_config(path)

    assert reading.state == "damaged"
    assert reading.message
    assert CANARY not in str(reading)


def test_every_problem_of_a_config_is_told_by_itself(workspace: Path):
    path = workspace / "wrong.yaml"
    path.write_text("".join(f"key_{number}: 1\n" for number in range(7)) + f"api_key: {CANARY}\n")

    reading = surroundings.resolved_config(path)

    assert reading.state == "damaged"
    assert [number for number in range(7) if not any(f"key_{number}" in one for one in reading.findings)] == []
    assert str(len(reading.findings)) in reading.message
    assert CANARY not in str(reading)


def test_a_config_that_was_good_keeps_its_problems_beside_what_is_shown(workspace: Path):
    pytest.importorskip("logos.brokers", reason="a config names a broker, and none is installed")
    path = workspace / "config.yaml"
    path.write_text(
        "session: {name: demo}\nfeed: {plugin: replay, path: bundled, symbols: [DEMO]}\n"
        "broker: {plugin: paper, cash: '1000'}\nstrategies: [{plugin: buy_and_hold}]\n"
    )
    assert surroundings.resolved_config(path).state == "ok"

    path.write_text("key_1: 1\nkey_2: 2\n")
    reading = surroundings.resolved_config(path)

    assert reading.state == "partial"
    assert reading.message.endswith("what is shown was read before")
    assert any("key_2" in one for one in reading.findings)


def test_a_huge_config_and_one_that_is_gone_are_told_of(workspace: Path):
    path = workspace / "huge.yaml"
    path.write_bytes(b"#" * 300_000)

    assert "300,000 bytes" in surroundings.resolved_config(path).message
    path.unlink()
    assert surroundings.resolved_config(path).state == "missing"


def test_what_is_installed_has_its_version():
    rows = {row.name: row for row in surroundings.installed(load_registry())}

    assert rows["logos-core"].version
    assert (rows["logos-core"].parts or 0) > 5
    assert rows["streamlit"].parts is None
    assert rows["streamlit"].version[0].isdigit()


def test_a_config_stands_as_it_resolves_with_the_origin_of_each_value(workspace: Path, write_session):
    pytest.importorskip("logos.brokers", reason="a config names a broker, and none is installed")
    path = write_session(workspace) / "config.yaml"

    reading = surroundings.resolved_config(path)

    assert reading.state == "ok", reading.message
    lines = {
        line.partition("#")[0].strip(): line.partition("#")[2].strip() for line in (reading.value or "").split("\n")
    }
    assert lines["seed: 7"] == "line 3"
    assert lines["margin: false"] == "default"
