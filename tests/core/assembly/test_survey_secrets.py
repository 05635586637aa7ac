"""What a broker's survey tells is masked, and a record with a secret in it is not kept."""

from __future__ import annotations

import attrs
import pytest

from logos.assembly.outside import survey
from logos.context import redaction
from logos.context.known_secrets import KnownSecrets
from logos.domain.errors import PluginError
from logos.session.outside import HealthCheck, Survey, Verdict
from logos.testing.contexts import part_context

SECRET = "hunter2x-and-more"


class Surveyed:
    """Stands for the config and the broker: whatever else the seat has is not asked for."""

    venue = "acme"
    path, plugin, qualified = "broker", "acme", "acme/acme"

    def __init__(self, record: dict[str, str]) -> None:
        self.broker = self.offer = self
        self.config = None
        check = HealthCheck(name="key", verdict=Verdict.OK, text=f"key {SECRET}", hint="api_key=abc")
        self._found = Survey(venue="acme", checks=(check,), terms={}, record=record)

    def factory(self):
        return lambda _config, _context: self

    def survey(self):
        return self._found

    def close(self):
        pass

    submit = recover = match = cancel = affordable = snapshot = restore = standing = find = name_outside = close


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setattr(redaction, "KNOWN", KnownSecrets([SECRET]))


def test_the_words_of_a_survey_are_masked():
    (check,) = survey(Surveyed({"tick": "0.01"}), part_context()).checks

    assert (check.text, check.hint) == ("key ***", "api_key=***")
    assert attrs.asdict(check)["name"] == "key"


def test_a_record_with_a_secret_in_it_is_refused_without_repeating_it():
    with pytest.raises(PluginError, match="acme/acme wants kept of its venue holds a secret") as caught:
        survey(Surveyed({"note": f"asked with {SECRET}"}), part_context())
    assert SECRET not in str(caught.value)
