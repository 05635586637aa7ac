from __future__ import annotations

import attrs
import pytest

from logos.config.default import default_config_text, guards_left_out
from logos.config.session import default_session_config
from logos.domain.errors import ConfigError
from logos.plugins.offers import CONFLICT


@attrs.frozen(kw_only=True)
class Needy:
    limit: int


def test_it_trades_the_bundled_bars_with_every_installed_guard(registry):
    config = default_session_config(registry)

    assert config.symbols == ("AAPL", "BTC-USD", "DEMO", "EUR-USD")
    assert config.feed.config.path == "bundled"
    assert [guard.name for guard in config.guards] == ["max_notional", "stale_data", "calm"]
    assert {entry.name for entry in config.strategies} == {"trend", "reversion", "breakout", "momentum"}
    assert (config.account.currency, config.account.cash) == ("USD", 100_000 * 10**8)


def test_its_seed_is_the_default_one(registry):
    assert default_session_config(registry, default_seed=11).session.seed == 11


def test_without_guards_it_still_loads(own_registry):
    for name in ("max_notional", "stale_data", "calm"):
        own_registry.remove("guard", name)

    assert default_session_config(own_registry).guards == ()


def test_without_a_broker_it_is_refused(own_registry):
    own_registry.remove("broker", "paper")
    with pytest.raises(ConfigError) as caught:
        default_session_config(own_registry)

    assert [problem.path for problem in caught.value.problems] == ["broker.plugin"]


def test_a_guard_that_needs_keys_or_is_broken_is_left_out_with_the_reason(own_registry):
    own_registry.add("guard", "needy", Needy, distribution="acme-limits")
    own_registry.add("guard", "torn", None, distribution="acme-limits", status="needs acme")

    assert {offer.name: reason for offer, reason in guards_left_out(own_registry)} == {
        "needy": "it needs keys: limit",
        "torn": "needs acme",
    }
    assert "needy" not in default_config_text(own_registry)


def test_a_guard_in_conflict_is_named_with_its_distribution(own_registry):
    own_registry.add("guard", "calm", None, distribution="acme-limits", status=CONFLICT)

    assert "plugin: acme-limits/calm" in default_config_text(own_registry)
