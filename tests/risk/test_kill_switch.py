"""The kill switch names a file; the runner watches it."""

from pathlib import Path

from logos.risk.config import KillSwitchConfig
from logos.risk.kill_switch import open_kill_switch
from logos.session.seats import Guard
from logos.testing.contexts import part_context


def test_file_stays_relative_so_that_a_report_is_the_same_in_every_workspace(demo, session, tmp_path):
    held = open_kill_switch(KillSwitchConfig(file="runs/KILL"), part_context(demo, workspace=tmp_path))
    assert held.kill_file == "runs/KILL"
    assert held.headroom(session) == "halts when runs/KILL exists"


def test_absolute_file_stays_as_it_is(demo, tmp_path):
    file = str(tmp_path / "KILL")
    held = open_kill_switch(KillSwitchConfig(file=file), part_context(demo, workspace=Path("elsewhere")))
    assert held.kill_file == file


def test_guard_costs_nothing_a_bar(demo):
    assert type(open_kill_switch(KillSwitchConfig(), part_context(demo))).inspect is Guard.inspect
