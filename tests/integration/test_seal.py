"""The seal of a snapshot and the digest of the config: no byte of either can be changed unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos.artifacts import schemas
from logos.cli.app import run
from logos.config.session import load_session_config
from logos.domain.errors import IntegrityError, LogosError
from logos.live.launch import start
from logos.live.resume import resume
from logos.live.runner import Cadence
from logos.live.setup import Setup
from logos.live.snapshot import check_seal, encode
from logos.live.watch import Watch
from logos.plugins.registry import load_registry
from logos.proofs.auditor import audit

CONFIG = """
session: {name: sealed, seed: 7}
instruments: {ABC: {asset_class: crypto, tick: "0.01", lot: "1", currency: USD}}
feed: {plugin: replay, path: bars, symbols: [ABC]}
broker: {plugin: paper, cash: "10000"}
strategies: [{plugin: sma_cross, params: {fast: 1, slow: 2}}]
allocator: {plugin: fixed_quantity, quantity: "10"}
guards: [{plugin: drawdown, max: "0.9"}]
"""
CLOSES = (100, 101, 102, 99, 103, 98, 97, 104)
FLIPS = (0x01, 0x80)


class PausesAtOnce(Watch):
    """Asks for a pause before the first slice."""

    def look(self, clock: int) -> None:
        super().look(clock)
        self.pause = True


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """Return the surroundings of the sessions, in a workspace with bars."""
    workspace = tmp_path_factory.mktemp("sealed")
    path = workspace / "bars" / "crypto" / "ABC-1m.csv"
    path.parent.mkdir(parents=True)
    rows = [f"2024-03-04T14:3{minute}:00Z,{','.join([f'{price}.00'] * 4)},1000" for minute, price in enumerate(CLOSES)]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logos.artifacts.plots.draw_equity", lambda _csv, out, **_rest: out.write_bytes(b"picture"))
        patch.setattr("os.fsync", lambda _descriptor: None)
        yield Setup(workspace=workspace, registry=load_registry(), cadence=Cadence(flush=0, snapshot=0))


def begin(setup: Setup, session_id: str) -> Path:
    config = load_session_config(CONFIG, setup.registry, workspace=setup.workspace)
    return setup.workspace / start(setup, config, session_id=session_id).path


@pytest.fixture(scope="module")
def finished(setup: Setup) -> Path:
    return begin(setup, "finished")


@pytest.fixture(scope="module")
def paused(setup: Setup) -> Path:
    return begin(attrs.evolve(setup, watch=PausesAtOnce), "paused")


def flipped(content: bytes, place: int, flip: int) -> bytes:
    return content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :]


@pytest.fixture
def damage():
    """Return a function that changes a file, and puts it back at the end."""
    before: dict[Path, bytes] = {}

    def write(path: Path, content: bytes) -> None:
        before.setdefault(path, path.read_bytes())
        path.write_bytes(content)

    yield write
    for path, content in before.items():
        path.write_bytes(content)


# -- the seal alone ------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8).filter("seal".__ne__), JSON, min_size=1, max_size=5))
def test_a_sealed_snapshot_holds_what_was_put_in_and_matches_its_seal(tmp_path_factory, state) -> None:
    path = tmp_path_factory.getbasetemp() / "state.json"
    path.write_bytes(encode(state))
    check_seal(path)
    found = json.loads(path.read_bytes())
    assert list(found) == [*state, "seal"]
    assert len(found.pop("seal")) == 64
    assert found == state


def test_no_byte_of_a_snapshot_can_be_changed_added_or_taken(tmp_path) -> None:
    path = tmp_path / "state.json"
    content = encode({"cash": "100.00", "notes": ['",\n "seal": "', "x"], "last": 1})
    changed = [flipped(content, place, flip) for place in range(len(content)) for flip in FLIPS]
    changed += [content[:end] for end in range(len(content))]
    changed += [content + tail for tail in (b"\n", b" ", b"\x00", b"{}", content)]
    changed += [b" " + content]
    for one in changed:
        path.write_bytes(one)
        with pytest.raises(IntegrityError, match=r"state\.json does not match its seal"):
            check_seal(path)
    path.write_bytes(content)
    check_seal(path)


def test_a_snapshot_whose_seal_is_another_snapshots_is_refused(tmp_path) -> None:
    path = tmp_path / "state.json"
    one, other = encode({"cash": "100.00"}), encode({"cash": "900.00"})
    path.write_bytes(one.partition(b',\n "seal"')[0] + b',\n "seal"' + other.partition(b',\n "seal"')[2])
    with pytest.raises(IntegrityError):
        check_seal(path)


# -- the snapshot of a session -------------------------------------------------------------------------------------


def places(content: bytes, step: int) -> list[int]:
    """Return places all over a file, its ends and the whole of its last lines among them."""
    return sorted({*range(0, len(content), step), *range(len(content) - 8, len(content)), 0, 1, 2})


@pytest.mark.parametrize("flip", FLIPS)
@pytest.mark.parametrize("name", ["paused", "finished"])
def test_a_flipped_byte_of_the_snapshot_is_refused_at_the_resume(setup, request, damage, name, flip) -> None:
    folder = request.getfixturevalue(name)
    path = folder / schemas.STATE_FILE
    content = path.read_bytes()
    for place in places(content, 5):
        damage(path, flipped(content, place, flip))
        with pytest.raises(IntegrityError) as raised:
            resume(setup, folder)
        assert raised.value.exit_code == 4
        assert schemas.STATE_FILE in str(raised.value)


def finds_a_fault(folder: Path) -> bool:
    """Return whether an audit does not agree, or refuses to look, as a damaged record makes it."""
    try:
        return not audit(folder).agrees
    except LogosError as error:
        return error.exit_code == 4


@pytest.mark.parametrize("flip", FLIPS)
@pytest.mark.parametrize("name", [schemas.STATE_FILE, schemas.CONFIG_FILE])
def test_a_flipped_byte_of_the_snapshot_or_the_config_is_found_by_the_audit(finished, damage, name, flip) -> None:
    path = finished / name
    content = path.read_bytes()
    assert not finds_a_fault(finished)
    unseen = []
    for place in places(content, 11):
        damage(path, flipped(content, place, flip))
        if not finds_a_fault(finished):
            unseen.append((place, content[max(0, place - 20) : place + 20]))
    assert unseen == []


@pytest.mark.parametrize("name", [schemas.STATE_FILE, schemas.CONFIG_FILE])
def test_bytes_added_to_the_snapshot_or_the_config_are_found_by_the_audit(finished, damage, name) -> None:
    path = finished / name
    content = path.read_bytes()
    for changed in (content + b"\n", content + b" ", b"\n" + content, content[:-1], content + b"# a note\n"):
        damage(path, changed)
        assert finds_a_fault(finished), changed[-20:]


def test_a_comment_in_the_config_is_found_though_it_means_the_same(finished, damage) -> None:
    path = finished / schemas.CONFIG_FILE
    damage(path, path.read_bytes() + b"# looked at on Monday\n")
    (fault,) = [check.fault for check in audit(finished).checks if check.fault]
    assert schemas.CONFIG_FILE in str(fault)


# -- the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def at_home(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setenv("LOGOS_HOME", str(setup.workspace))
    monkeypatch.chdir(setup.workspace)
    return setup


BROKEN_CONFIGS = [b"session: [", b"", b"\xff\xfe", b"[]\n", b"session: {name: other}\n", b"\x00"]


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("content", BROKEN_CONFIGS)
def test_a_verification_on_a_broken_config_ends_with_4_and_names_it(finished, damage, capsys, content) -> None:
    damage(finished / schemas.CONFIG_FILE, content)
    assert run(["replay", "finished", "--verify"]) == 4
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert schemas.CONFIG_FILE in told
    assert "Traceback" not in told


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("content", BROKEN_CONFIGS)
def test_an_audit_on_a_broken_config_ends_with_4_and_names_it(finished, damage, capsys, content) -> None:
    damage(finished / schemas.CONFIG_FILE, content)
    assert run(["audit", "finished"]) == 4
    printed = capsys.readouterr()
    assert schemas.CONFIG_FILE in printed.out + printed.err
    assert "Traceback" not in printed.err


@pytest.mark.usefixtures("at_home")
def test_a_damaged_snapshot_ends_every_command_that_builds_on_it_with_4(paused, damage, capsys) -> None:
    path = paused / schemas.STATE_FILE
    content = path.read_bytes()
    damage(path, content.replace(b'"last_order_id": ', b'"last_order_id": 1'))
    assert path.read_bytes() != content
    assert run(["trade", "--resume", "paused"]) == 4
    assert "does not match its seal" in capsys.readouterr().err
    assert run(["audit", "paused"]) == 4


@pytest.mark.usefixtures("at_home")
def test_an_untouched_session_verifies(finished, capsys) -> None:
    assert run(["replay", "finished", "--verify"]) == 0
    assert run(["audit", "finished"]) == 0
    assert "agree" in capsys.readouterr().out
