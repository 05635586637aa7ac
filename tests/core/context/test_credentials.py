"""Where secrets come from: the environment first, then ``.env``; and whatever is handed out is masked."""

from __future__ import annotations

import os

import pytest

from logos.context.credentials import credentials_of, read_variables, workspace_secrets
from logos.context.redaction import redact_text
from logos.context.secrets import MASK, Secrets
from logos.domain.errors import InputError


@pytest.fixture(autouse=True)
def _forgotten(known, monkeypatch):
    monkeypatch.setenv("ACME_KEY_A", "from-the-environment")
    monkeypatch.delenv("ACME_KEY_B", raising=False)


def test_the_environment_wins_over_the_file_and_the_file_fills_its_gaps(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("ACME_KEY_A=from-the-file\nexport ACME_KEY_B='b ${HOME} #1'\nACME_EMPTY=e\n")
    monkeypatch.setenv("ACME_EMPTY", "")
    secrets = workspace_secrets(tmp_path)

    assert secrets.get("ACME_KEY_A").reveal() == "from-the-environment"
    assert secrets.get("ACME_KEY_B").reveal() == "b ${HOME} #1"
    assert secrets.get("ACME_EMPTY").reveal() == "e"
    assert secrets.get("ACME_KEY_C") is None
    assert "ACME_KEY_B" in secrets
    assert "ACME_KEY_C" not in secrets
    assert os.getenv("ACME_KEY_B") is None  # noqa: TID251 - it is the process's own that must not change


def test_what_is_handed_out_is_masked_from_then_on(tmp_path):
    (tmp_path / ".env").write_text("ACME_LOGIN=a-plain-word\n")
    assert redact_text("a-plain-word") == "a-plain-word"
    workspace_secrets(tmp_path, ["ACME_LOGIN"])
    assert redact_text("a-plain-word") == MASK


def test_what_the_environment_names_as_a_secret_is_masked_though_nobody_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("OTHER_SERVICE_TOKEN", "0123-4567-89ab")
    monkeypatch.setenv("OTHER_SERVICE_PATH", "/an/ordinary/path")
    workspace_secrets(tmp_path)

    assert redact_text("0123-4567-89ab at /an/ordinary/path") == f"{MASK} at /an/ordinary/path"


def test_the_file_is_not_read_where_nothing_is_asked_of_it(tmp_path):
    (tmp_path / ".env").write_text("this is no file of variables\n")
    assert workspace_secrets(tmp_path, ["ACME_KEY_A"]).get("ACME_KEY_A") is not None
    with pytest.raises(InputError, match=r"line 1 of .*\.env is no NAME=value"):
        workspace_secrets(tmp_path, ["ACME_KEY_B"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A=1\n\nhunter2x\n", "line 3 "),
        ("A='hunter2x\nB=2\n", "line 1 "),
        ("A=1\n=hunter2x\n", "line 2 "),
        ("A=1\n# again\nA=hunter2x\n", "line 3 .* sets A again"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named_and_not_repeated(tmp_path, text, told):
    (tmp_path / ".env").write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        read_variables(tmp_path / ".env")
    assert "hunter2x" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "binary").write_bytes(b"A=\xff\xfe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="is not written in UTF-8"):
        read_variables(tmp_path / "binary")
    with pytest.raises(InputError, match="folder cannot be read"):
        read_variables(tmp_path / "folder")
    assert read_variables(tmp_path / "absent") == {}


def test_secrets_do_not_print_what_they_hold():
    assert repr(Secrets({"ACME_KEY_A": "hunter2x"})) == f"Secrets({MASK})"


def test_configs_say_which_variables_they_need():
    class Needs:
        credentials = ("B_KEY", "A_KEY")

    assert credentials_of([Needs(), None, object(), Needs()]) == ("A_KEY", "B_KEY")
