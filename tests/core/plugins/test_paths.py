"""Where a workspace is, and the seed that the environment gives."""

from __future__ import annotations

import pytest

from logos.domain.errors import InputError
from logos.paths import (
    cache_dir,
    ensure_dirs,
    env_seed,
    latest_session,
    logs_dir,
    runs_dir,
    sessions_dir,
    workspace,
)


def test_the_workspace_is_logos_home_else_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOGOS_HOME", raising=False)
    assert workspace() == tmp_path
    monkeypatch.setenv("LOGOS_HOME", "")
    assert workspace() == tmp_path
    monkeypatch.setenv("LOGOS_HOME", "elsewhere")
    assert workspace() == tmp_path / "elsewhere"


@pytest.mark.parametrize(("text", "seed"), [(None, 0), ("", 0), ("7", 7), (" -12 ", -12), ("007", 7)])
def test_the_seed_is_a_whole_number(monkeypatch, text, seed):
    monkeypatch.delenv("LOGOS_SEED", raising=False)
    if text is not None:
        monkeypatch.setenv("LOGOS_SEED", text)
    assert env_seed() == seed


@pytest.mark.parametrize("text", ["seven", "7.0", "1_000", "\u0667", "0x7", "+7"])
def test_any_other_seed_is_refused(monkeypatch, text):
    monkeypatch.setenv("LOGOS_SEED", text)
    with pytest.raises(InputError, match="LOGOS_SEED"):
        env_seed()


def test_the_folders_of_a_workspace_are_made_once_and_again(tmp_path):
    ensure_dirs(tmp_path)
    ensure_dirs(tmp_path)
    assert sessions_dir(tmp_path).is_dir()
    assert logs_dir(tmp_path).is_dir()
    assert sessions_dir(tmp_path).parent == latest_session(tmp_path).parent == runs_dir(tmp_path) / "live"
    assert cache_dir(tmp_path) == tmp_path / "data" / "cache"
