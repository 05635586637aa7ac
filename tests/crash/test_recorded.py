"""A polled session is recorded before it is acted upon: crashes anywhere, and replays without its venue."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
from functools import partial

import attrs
import pytest
import yaml

from logos.artifacts import schemas
from logos.domain.errors import DataError, IntegrityError
from logos.live.disk import Disk
from logos.live.runner import Cadence
from logos.proofs.auditor import audit
from logos.proofs.replaying import verify

BEGIN = 1_704_843_000
"""2024-01-09T23:30:00Z, where the clock of the laboratory stands, and the feed's first bar opens."""

SCRIPT = "b*3 t*2 b r b f b*4 1*2 t*3 r t b*6 f*2 b k"
SYMBOLS = ["AAA-USD", "ZZZ-USD"]
STRATEGIES = [
    {"plugin": "dice"},
    {"plugin": "mean_reversion", "symbols": ["AAA-USD"], "params": {"window": 6, "entry": "1.0"}},
    {"plugin": "sma_cross", "symbols": ["ZZZ-USD"], "params": {"fast": 2, "slow": 5}},
]


def lay(lab, small_config, script: str = SCRIPT, **sections):
    """Write the config of a session on a polled feed into a laboratory, where feed and session take turns."""
    sections = {
        "strategies": STRATEGIES,
        "broker": {"plugin": "paper", "cash": "100000", "currency": "USD", "max_volume_share": "0.1"},
        "feed": {"plugin": "poll", "symbols": SYMBOLS, "script": script, "begin": BEGIN},
        **sections,
    }
    config = small_config(**sections)
    config["instruments"]["ZZZ-USD"] = config["instruments"]["AAA-USD"]
    (lab.workspace / "session.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return attrs.evolve(lab, pump=iter)


@pytest.fixture
def polled(lab, small_config):
    """Return a function that writes the config of a session on a polled feed, and gives the laboratory."""
    return partial(lay, lab, small_config)


def rows(lab) -> list[dict[str, str]]:
    with (lab.folder / schemas.BARS_FILE).open(newline="") as file:
        return list(csv.DictReader(file))


def kinds(lab) -> list[str]:
    return [row["kind"] for row in rows(lab)]


def events(lab, kind: str) -> list[dict[str, object]]:
    found = map(json.loads, (lab.folder / "state.jsonl").read_text(encoding="utf-8").splitlines())
    return [event for event in found if event["type"] == kind]


def assert_verified(lab) -> None:
    (lab.workspace / "OFFLINE").touch()
    lab.kill_file.unlink(missing_ok=True)
    report = verify(lab.setup(), lab.folder)
    assert report.differences == ()
    assert report.notes == ()
    faults = [check.fault for check in audit(lab.folder).checks if check.fault]
    assert faults == []


def test_everything_that_reaches_a_session_is_recorded_in_the_order_in_which_it_was_acted_upon(polled) -> None:
    lab = polled("b r b f t k")
    assert lab.start().status == "halted"
    assert kinds(lab)[:6] == ["history"] * 6
    found = kinds(lab)[kinds(lab).index("bar") :]
    assert found == ["bar"] * 2 + ["delivered", "revision", *["bar"] * 4, "tick", "kill", "tick", "end"]
    log = [json.loads(line) for line in (lab.folder / "logs" / "run.log").read_text(encoding="utf-8").splitlines()]
    logged = [(line["symbol"], line["bar"]) for line in log if line["event"] == "bar_revised"]
    assert logged == [("AAA-USD", "2024-01-09T23:30:00Z")]
    told = events(lab, "bar_revised")
    assert [(one["symbol"], one["delivered"]["close"], one["revised"]["close"]) for one in told] == [
        ("AAA-USD", "99.50", "99.51")
    ]
    assert_verified(lab)


def test_a_session_on_a_polled_feed_is_replayed_without_its_venue(polled) -> None:
    lab = polled("b*3 t*2 b r b f b*9 1*2 t*3 r t b*12 f*2 b r b*5 k")
    outcome = lab.start()
    assert (outcome.status, outcome.bars > 60, outcome.fills > 5) == ("halted", True, True)
    assert_verified(lab)


# -- crashes -------------------------------------------------------------------------------------------------------

CHUNKS = 4
SELDOM = Cadence(flush=1e9, snapshot=1e9)


@pytest.fixture(scope="module")
def filmed(make_lab, small_config, camera_disk, in_a_hurry):
    """Return a session every durable write of which was filmed."""
    lab = lay(make_lab(), small_config)
    camera = camera_disk(lab.workspace)
    with pytest.MonkeyPatch.context() as patch:
        in_a_hurry(patch)
        outcome = lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9)))
    assert outcome.status == "halted"
    return lab, camera


def state_of(image) -> bytes:
    return image.content.get("runs/live/sessions/crash/state.json") or b""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_polled_session_killed_at_any_write_is_resumed_to_the_same_bytes(filmed, revived, difference, chunk) -> None:
    lab, camera = filmed
    wanted = lab.files()
    images = [image for image in camera.images if state_of(image)]
    assert len(images) > 200
    torn = [image for image in images if "half of" in image.moment and "bars.csv" in image.moment]
    assert torn
    for image in images[chunk::CHUNKS]:
        other = revived(lab, image)
        if b'"status": "halted"' not in state_of(image):
            assert other.resume(other.setup(cadence=SELDOM)).status == "halted", image.moment
        assert difference(wanted, other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_polled_session_killed_while_it_is_laid_out_leaves_nothing(filmed, revived) -> None:
    lab, camera = filmed
    unborn = [image for image in camera.images if not state_of(image)]
    assert [image for image in unborn if "bars.csv" in image.moment]
    for image in unborn[::5]:
        other = revived(lab, image)
        assert not other.folder.exists(), image.moment


def test_a_kill_that_was_recorded_is_obeyed_though_its_file_has_gone(filmed, revived, difference) -> None:
    lab, camera = filmed
    seen = [
        image
        for image in camera.images
        if b"\nkill," in (image.content.get("runs/live/sessions/crash/bars.csv") or b"")
        and image.content["runs/live/sessions/crash/bars.csv"].endswith(b"\n")
        and b'"status": "running"' in state_of(image)
    ]
    assert len(seen) > 5
    for image in seen[::4]:
        other = revived(lab, image)
        other.kill_file.unlink()
        assert other.resume(other.setup(cadence=SELDOM)).status == "halted", image.moment
        assert difference(lab.files(), other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_resume_killed_at_any_write_is_resumed_to_the_same_bytes(filmed, revived, difference, camera_disk) -> None:
    lab, camera = filmed
    late = [image for image in camera.images if b'"status": "running"' in state_of(image)]
    first = revived(lab, late[len(late) * 2 // 3])
    second = camera_disk(first.workspace)
    first.resume(first.setup(disk=second, cadence=Cadence(flush=3, snapshot=23)))
    assert difference(lab.files(), first.files()) == ""
    for image in second.images[::3]:
        other = revived(lab, image)
        if b'"status": "running"' in state_of(image):
            other.resume(other.setup(cadence=SELDOM))
        assert difference(lab.files(), other.files()) == "", image.moment
        shutil.rmtree(other.workspace)


def test_a_halt_that_closes_positions_and_its_forgiveness_killed_at_any_write_end_in_the_same_bytes(
    polled, small_config, camera_disk, revived, difference
) -> None:
    lab = polled("b*6 k t b*2 r b*6 k", session={"name": "crash", "flatten": True})
    camera = camera_disk(lab.workspace, every=5)
    assert lab.start(lab.setup(disk=camera, cadence=Cadence(flush=0, snapshot=9))).status == "halted"
    lab.kill_file.unlink()
    again = camera_disk(lab.workspace, every=5)
    first = lab.resume(lab.setup(disk=again, cadence=Cadence(flush=0, snapshot=9)), clear_halt=True)
    assert first.status == "halted"
    assert kinds(lab).count("end") == 2
    wanted = lab.files()
    for image in [one for one in (*camera.images, *again.images) if state_of(one)]:
        other = revived(lab, image)
        state = json.loads(state_of(image))
        if state["status"] == "running":
            other.resume(other.setup(cadence=SELDOM))
        if not state["tally"]["cleared"]:
            other.kill_file.unlink(missing_ok=True)
            other.resume(other.setup(cadence=SELDOM), clear_halt=True)
        assert difference(wanted, other.files()) == "", image.moment
        shutil.rmtree(other.workspace)
    assert_verified(lab)


def test_a_torn_last_line_is_cut_and_its_delivery_asked_for_again(polled, difference) -> None:
    lab = polled("b*8 k")
    wanted = lab.beside("wanted")
    assert wanted.start().status == "halted"
    crash = RecordLimit(lines=9)
    with pytest.raises(KeyboardInterrupt):
        lab.start(lab.setup(disk=crash))
    assert not (lab.folder / "bars.csv").read_bytes().endswith(b"\n")
    assert lab.resume().status == "halted"
    assert difference(wanted.files(), lab.files()) == ""


class RecordLimit(Disk):
    """Ends the program in the middle of the write that brings ``bars.csv`` to so many lines, or fills the disk."""

    def __init__(self, lines: int, error: BaseException | None = None) -> None:
        super().__init__()
        self.left = lines
        self.error = error or KeyboardInterrupt()

    def append(self, descriptor, data, path):
        if path.name == "bars.csv":
            self.left -= data.count(b"\n")
            if self.left <= 0:
                super().append(descriptor, data[: len(data) * 2 // 3], path)
                raise self.error
        super().append(descriptor, data, path)


def test_a_full_disk_keeps_a_bar_from_being_acted_upon(polled, difference) -> None:
    lab = polled("b*8 k")
    wanted = lab.beside("wanted")
    wanted.start()
    with pytest.raises(OSError, match="No space"):
        lab.start(lab.setup(disk=RecordLimit(8, OSError(28, "No space left on device")), cadence=SELDOM))
    before = lab.files()["account.csv"].count(b"\n")
    assert lab.resume(lab.setup(cadence=SELDOM)).status == "halted"
    assert difference(wanted.files(), lab.files()) == ""
    assert before < wanted.files()["account.csv"].count(b"\n")


def test_bars_are_synced_before_they_are_acted_upon(polled) -> None:
    done: list[str] = []

    class Watcher(Disk):
        def sync(self, descriptor, path):
            done.append(f"sync {path.name}")
            super().sync(descriptor, path)

        def append(self, descriptor, data, path):
            done.append(f"append {path.name}")
            super().append(descriptor, data, path)

    lab = polled("b*5 k")
    lab.start(lab.setup(disk=Watcher(), cadence=Cadence(flush=0, snapshot=1e9)))
    acted = [at for at, step in enumerate(done) if step == "append account.csv"]
    assert len(acted) >= 5
    for at in acted:
        before = [step for step in done[:at] if "bars.csv" in step]
        assert before[-1] == "sync bars.csv"
        assert before.count("append bars.csv") >= done[: at + 1].count("append account.csv")


# -- warm-up -------------------------------------------------------------------------------------------------------


class Eager:
    """Keeps the feed that a session was assembled with."""

    def __init__(self) -> None:
        self.feeds = []

    def __call__(self, assembly, _watch):
        self.feeds.append(assembly.feed)
        return assembly


def test_the_first_live_bar_can_already_trade_and_history_is_asked_for_once(polled) -> None:
    lab = polled("b*2 k", strategies=[{"plugin": "sma_cross", "params": {"fast": 2, "slow": 9}}, {"plugin": "dice"}])
    keeper = Eager()
    lab.start(attrs.evolve(lab.setup(), wrap=keeper))
    first = lab.files()["decisions.csv"].decode().splitlines()[1]
    assert first.startswith("2024-01-09T23:31:00Z,")
    (feed,) = keeper.feeds
    begun = f"deliveries after {BEGIN}"
    asked = ["prepare", "history of AAA-USD: 9", "history of ZZZ-USD: 9", begun]
    assert feed.asked == asked
    found = [(row["symbol"], row["timestamp"]) for row in rows(lab) if row["kind"] == "history"]
    assert (len(found), len(set(found))) == (18, 18)
    assert_verified(lab)


def test_a_venue_with_too_little_history_is_told_in_the_log_and_the_session_goes_on(polled) -> None:
    lab = polled("b*3 k", strategies=[{"plugin": "sma_cross", "params": {"fast": 2, "slow": 33}}])
    assert lab.start().status == "halted"
    log = [json.loads(line) for line in (lab.folder / "logs" / "run.log").read_text(encoding="utf-8").splitlines()]
    told = [(line["symbol"], line["wanted"], line["found"]) for line in log if line["event"] == "short_history"]
    assert told == [("AAA-USD", 33, 20), ("ZZZ-USD", 33, 20)]
    assert_verified(lab)


@pytest.mark.parametrize("when", ["prepare", "history"])
def test_a_venue_that_cannot_be_reached_leaves_no_folder_and_a_closed_feed(polled, monkeypatch, when) -> None:
    lab = polled()
    keeper = Eager()
    closed = []
    work = __import__("crash_work")
    monkeypatch.setattr(work.Poll, "close", lambda feed: closed.append(feed))  # noqa: PLW0108 -- bound to the feed
    ask = work.Poll._ask

    def refuse(feed, what):
        if what.startswith(when):
            (lab.workspace / "OFFLINE").touch()
        ask(feed, what)

    monkeypatch.setattr(work.Poll, "_ask", refuse)
    with pytest.raises(DataError, match="cannot be reached"):
        lab.start(attrs.evolve(lab.setup(), wrap=keeper))
    assert closed == keeper.feeds
    assert not list((lab.workspace / "runs" / "live" / "sessions").glob("*"))


def test_a_session_resumed_before_its_first_bar_is_warm_from_its_record(polled, difference) -> None:
    lab = polled("t*4 b*4 k")
    wanted = lab.beside("wanted")
    wanted.start()
    pausing = attrs.evolve(lab.setup(), progress=lambda _session: os.kill(os.getpid(), signal.SIGINT))
    assert lab.start(pausing).status == "paused"
    assert "bar" not in kinds(lab)
    keeper = Eager()
    lab.resume(attrs.evolve(lab.setup(), wrap=keeper))
    assert [one for one in keeper.feeds[0].asked if one.startswith("history")] == []
    assert difference(wanted.files(), lab.files()) == ""


# -- resume and replay ---------------------------------------------------------------------------------------------


def test_a_session_paused_again_and_again_is_the_uninterrupted_one_and_is_verified_wherever_it_stands(
    polled, difference
) -> None:
    lab = polled()
    wanted = lab.beside("wanted")
    wanted.start()

    def pause_after(count: int):
        def progress(session) -> None:
            if session.counts.slices >= count:
                os.kill(os.getpid(), signal.SIGTERM)

        return attrs.evolve(lab.setup(cadence=Cadence(flush=0, snapshot=9)), progress=progress)

    assert lab.start(pause_after(4)).status == "paused"
    assert_verified(lab)
    (lab.workspace / "OFFLINE").unlink()
    assert lab.resume(pause_after(9)).status == "paused"
    assert lab.resume().status == "halted"
    assert difference(wanted.files(), lab.files()) == ""
    assert_verified(lab)


def test_forgiven_halts_are_replayed_though_ticks_and_bars_share_a_clock(polled) -> None:
    lab = polled("b*3 t k b*4 t*2 k t*3 b*2 k")
    assert lab.start().status == "halted"
    for _ in range(2):
        lab.kill_file.unlink()
        assert lab.resume(clear_halt=True).status == "halted"
    assert kinds(lab).count("end") == 3
    assert len(events(lab, "halted")) == 3
    assert kinds(lab).count("bar") == 2 * 9
    assert_verified(lab)


def test_a_halt_at_a_tick_past_the_close_of_a_bar_still_to_come_is_replayed_and_audited(polled) -> None:
    guards = [{"plugin": "stale_data", "after": "1m", "halt": "all"}]
    lab = polled("b*3 T b*2 r T b*2 T b*2 k b", guards=guards)
    assert lab.start().status == "halted"
    for _ in range(3):
        assert lab.resume(clear_halt=True).status == "halted"
        lab.kill_file.unlink(missing_ok=True)
    assert lab.resume(clear_halt=True).status == "completed"
    clocks = [event["ts"] for event in events(lab, "halted")]
    assert len(clocks) == 4
    assert_verified(lab)


def test_a_session_that_ends_with_its_feed_is_verified(polled) -> None:
    lab = polled("b*6 t")
    assert lab.start().status == "completed"
    assert kinds(lab)[-1] == "end"
    assert_verified(lab)


def test_a_kill_file_there_at_the_start_halts_before_the_first_bar(polled) -> None:
    lab = polled("b*6")
    lab.kill_file.parent.mkdir(parents=True)
    lab.kill_file.touch()
    assert lab.start().status == "halted"
    assert kinds(lab)[-3:] == ["kill", "tick", "end"]
    assert_verified(lab)


def test_a_feed_of_plain_slices_is_recorded_and_replayed_too(polled, moving_clock) -> None:
    lab = polled("b*5", feed={"plugin": "wire", "symbols": SYMBOLS, "script": "b*5 t*2 b*2 k t", "begin": BEGIN})
    assert lab.start(lab.setup(clock=moving_clock(BEGIN))).status == "halted"
    assert {row["source"] for row in rows(lab) if row["kind"] == "bar"} == {"wire"}
    assert_verified(lab)


def test_a_feed_whose_library_is_not_installed_is_replayed_without_it(
    polled, registry_at, site, tmp_path, monkeypatch
) -> None:
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "no_such_library.py").touch()
    lab = polled("", feed={"plugin": "lame", "symbols": SYMBOLS, "script": "b*4 k b*3", "begin": BEGIN})
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path / "libraries")
        there = attrs.evolve(lab, registry=registry_at(site))
        assert there.start().status == "halted"
        there.kill_file.unlink()
        assert there.resume(clear_halt=True).status == "completed"
    gone = attrs.evolve(lab, registry=registry_at(site))
    report = verify(gone.setup(), gone.folder)
    assert report.differences == ()


# -- what was edited -----------------------------------------------------------------------------------------------


def edit(lab, old: str, new: str) -> int:
    path = lab.folder / "bars.csv"
    lines = path.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("bar,") and old in line)
    lines[at] = lines[at].replace(old, new, 1)
    path.write_text("".join(lines))
    return at + 1


EDITS = pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("1000000.000", "1000001.000", "does not match its digest"),
        (",1\n", ",0\n", "is not what it was"),
        (",1\n", ",2\n", "does not follow"),
        (",true,poll", ",false,poll", "is not what it was"),
        ("poll:test", "poll:else", "is not what it was"),
        ("bar,", "bear,", "no kind of row"),
        (",false,", ",maybe,", "cannot be read"),
    ],
)


@EDITS
def test_an_edited_record_is_named_by_replay_audit_and_resume(polled, old, new, fault) -> None:
    lab = polled("b*6 t*2 b*2")
    pausing = attrs.evolve(
        lab.setup(), progress=lambda session: session.counts.slices > 5 and os.kill(os.getpid(), signal.SIGINT)
    )
    assert lab.start(pausing).status == "paused"
    edit(lab, old, new)
    for check in (lambda: verify(lab.setup(), lab.folder), lab.resume):
        with pytest.raises(IntegrityError, match=rf"^bars\.csv .*({fault})") as raised:
            check()
        assert raised.value.exit_code == 4
    faults = [check.fault for check in audit(lab.folder).checks if check.fault]
    assert [fault.file for fault in faults] == ["bars.csv"]


def test_a_fill_that_lies_on_no_recorded_bar_is_found_by_the_audit(polled) -> None:
    lab = polled()
    lab.start()
    path = lab.folder / "trades.csv"
    lines = path.read_text().splitlines(keepends=True)
    fields = lines[1].split(",")
    fields[2] = "2024-01-09T22:00:00Z"
    path.write_text("".join([lines[0], ",".join(fields), *lines[2:]]))
    fault = next(check.fault for check in audit(lab.folder).checks if check.name == "bars")
    assert (fault.file, fault.line, fault.field) == ("trades.csv", 2, "timestamp")
