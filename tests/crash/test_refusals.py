"""What a resume refuses, naming what has changed; and what it takes: a torn tail behind the last snapshot."""

from __future__ import annotations

import json
import sys

import attrs
import pytest

from logos.artifacts import schemas
from logos.config.session import load_session_config
from logos.domain.errors import InputError, IntegrityError, LogosError, ResumeError
from logos.live.disk import Disk
from logos.live.resume import resume
from logos.proofs.replaying import verify

GROWING = (
    schemas.ACCOUNT_FILE,
    schemas.DECISIONS_FILE,
    schemas.JOURNAL_FILE,
    schemas.ORDERS_FILE,
    schemas.POSITIONS_FILE,
    schemas.TRADES_FILE,
)


@pytest.fixture
def crashed(lab, small_config):
    """Return a session that lost its process on the way, and a twin that did not."""
    lab.lay(small_config(), 60)
    twin = lab.beside("twin")
    twin.start()
    looks = iter(range(100))

    def crash(_session) -> None:
        if next(looks) == 33:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.start(attrs.evolve(lab.setup(), progress=crash))
    return lab, twin


@pytest.fixture
def unharmed(crashed, difference):
    """Return a function that checks that a refusal has changed nothing: the session goes on to the same bytes."""
    lab, twin = crashed
    before = lab.files()

    def check(*, mended: dict[str, bytes] | None = None) -> None:
        for name, content in (mended or {}).items():
            (lab.folder / name).write_bytes(content)
        assert lab.files() == before
        assert lab.resume().status == "completed"
        assert difference(twin.files(), lab.files()) == ""

    return check


def state(lab) -> dict[str, object]:
    return json.loads((lab.folder / "state.json").read_bytes())


def test_a_changed_config_is_refused(crashed, unharmed) -> None:
    lab, _twin = crashed
    path = lab.folder / "config.yaml"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'limit: "18990"', b'limit: "99999"'))
    assert path.read_bytes() != before
    with pytest.raises(ResumeError, match=r"config\.yaml of session crash has changed"):
        lab.resume()
    unharmed(mended={"config.yaml": before})


def test_a_config_beside_the_session_must_resolve_to_the_same(crashed, unharmed) -> None:
    lab, _twin = crashed
    setup = lab.setup()
    path = lab.workspace / "session.yaml"
    same = load_session_config(path, setup.registry, workspace=lab.workspace)
    text = path.read_text()
    path.write_text(text.replace("seed: 7", "seed: 8"))
    other = load_session_config(path, setup.registry, workspace=lab.workspace)
    with pytest.raises(ResumeError, match="does not resolve to that of session crash"):
        resume(setup, lab.folder, config=other)
    path.write_text(text)
    unharmed()
    assert resume(setup, lab.folder, config=same).status == "completed"


def test_changed_bars_are_refused(crashed, unharmed) -> None:
    lab, _twin = crashed
    path = lab.workspace / "data" / "cache" / "crypto" / "AAA-USD-1m.csv"
    before = path.read_text()
    *head, last = before.splitlines()
    path.write_text("\n".join([*head, last.rpartition(",")[0] + ",77"]) + "\n")
    with pytest.raises(ResumeError, match="the bars of session crash have changed"):
        lab.resume()
    path.unlink()
    with pytest.raises(LogosError) as refused:
        lab.resume()
    assert "AAA-USD" in str(refused.value.problems)
    path.write_text(before)
    unharmed()


def test_another_version_of_a_plugin_is_refused(crashed, unharmed, tmp_path, install_parts, registry_at) -> None:
    lab, _twin = crashed
    install_parts(tmp_path / "newer", "1.1.0")
    newer = attrs.evolve(lab.setup(), registry=registry_at(tmp_path / "newer"))
    with pytest.raises(ResumeError, match=r"strategy dice was crash-parts 1\.0\.0 and is crash-parts 1\.1\.0"):
        lab.resume(newer)
    unharmed()


def test_a_missing_plugin_is_refused(crashed, unharmed, tmp_path, registry_at) -> None:
    lab, _twin = crashed
    (tmp_path / "none").mkdir()
    without = attrs.evolve(lab.setup(), registry=registry_at(tmp_path / "none"))
    with pytest.raises(LogosError) as refused:
        lab.resume(without)
    assert "dice" in str(refused.value.problems)
    unharmed()


@pytest.mark.parametrize("name", GROWING)
def test_a_file_shorter_than_at_the_snapshot_is_refused(crashed, unharmed, name) -> None:
    lab, _twin = crashed
    path = lab.folder / name
    before = path.read_bytes()
    length = state(lab)["journal"]["length"] if name == schemas.JOURNAL_FILE else state(lab)["files"][name]
    assert len(before) >= length
    path.write_bytes(before[: length - 1])
    with pytest.raises(IntegrityError, match=name):
        lab.resume()
    path.unlink()
    with pytest.raises(LogosError, match=name):
        lab.resume()
    unharmed(mended={name: before})


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.999])
def test_a_journal_edited_before_the_snapshot_is_refused_naming_the_line(crashed, unharmed, share) -> None:
    lab, _twin = crashed
    path = lab.folder / schemas.JOURNAL_FILE
    before = path.read_bytes()
    at = int((state(lab)["journal"]["length"] - 1) * share)
    line = before[:at].count(b"\n") + 1
    path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
    with pytest.raises(IntegrityError, match=rf"state\.jsonl line {line}: "):
        lab.resume()
    unharmed(mended={schemas.JOURNAL_FILE: before})


def test_a_journal_that_lacks_a_line_is_refused(crashed, unharmed) -> None:
    lab, _twin = crashed
    path = lab.folder / schemas.JOURNAL_FILE
    before = path.read_bytes()
    lines = before.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], *lines[6:]]))
    with pytest.raises(IntegrityError, match=r"state\.jsonl line 6: .*does not follow"):
        lab.resume()
    unharmed(mended={schemas.JOURNAL_FILE: before})


@pytest.mark.parametrize("name", GROWING)
@pytest.mark.parametrize("tail", [b"\x00" * 512, b'{"seq":99,"ts":"20', b"1,2\n", b'"', b"\xff\xfe\n"])
def test_a_torn_tail_behind_the_snapshot_is_cut_off(crashed, difference, name, tail) -> None:
    lab, twin = crashed
    with (lab.folder / name).open("ab") as file:
        file.write(tail)
    assert lab.resume().status == "completed"
    assert difference(twin.files(), lab.files()) == ""


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"status": "running"}', b"\xff\xfe"])
def test_a_session_without_a_sound_snapshot_is_refused(crashed, unharmed, content) -> None:
    lab, _twin = crashed
    path = lab.folder / schemas.STATE_FILE
    before = path.read_bytes()
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises((IntegrityError, InputError), match=r"state\.json"):
        lab.resume()
    unharmed(mended={schemas.STATE_FILE: before})


@pytest.mark.parametrize("key", ["cash", "last_trade_id", "vetoes"])
def test_an_edited_snapshot_is_refused(crashed, unharmed, key) -> None:
    lab, _twin = crashed
    path = lab.folder / schemas.STATE_FILE
    before = path.read_bytes()
    at = before.index(b'"', before.index(f'"{key}": '.encode()) + len(key) + 4) - 3
    path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
    with pytest.raises(IntegrityError, match=r"state\.json"):
        lab.resume()
    unharmed(mended={schemas.STATE_FILE: before})


def test_a_session_resumed_between_its_naming_and_its_beginning_is_left_to_the_other_program(lab, small_config) -> None:
    lab.lay(small_config(), 60)

    class Snatched(Disk):
        def rename_folder(self, old, new) -> None:
            super().rename_folder(old, new)
            lab.resume()

    with pytest.raises(ResumeError, match="was resumed by another program"):
        lab.start(lab.setup(disk=Snatched()))
    assert state(lab)["status"] == "completed"
    assert verify(lab.setup(), lab.folder).differences == ()


def test_the_parts_of_the_tests_are_loaded_from_the_site(crashed) -> None:
    assert crashed[0].site.as_posix() in sys.modules["crash_parts"].__file__
