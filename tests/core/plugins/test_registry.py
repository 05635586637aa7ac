"""Parts are found by kind and name; what is wrong with one plugin reaches no other."""

from __future__ import annotations

import sys

import attrs
import pytest

from logos.domain.errors import PluginError
from logos.plugins.offers import canonical
from logos.plugins.registry import load_registry


def _row(registry, distribution):
    return next(offer for offer in registry.offers() if offer.distribution == distribution)


def test_a_part_is_found_by_its_name_and_by_its_qualified_name(site, guard_plugin):
    site.install("acme-guards", guard_plugin())
    registry = site.registry()
    offer = registry.find("guard", "limit")
    assert (offer.qualified, offer.version, offer.status) == ("acme-guards/limit", "1.2.0", "ready")
    assert registry.find("guard", "acme-guards/limit") == offer
    assert registry.find("guard", "Acme_Guards/limit") == offer


def test_a_broken_import_is_the_fault_of_its_plugin_alone(site, guard_plugin):
    site.install("acme-broken", "import a_library_that_nobody_has\n")
    site.install("acme-exits", "raise SystemExit(3)\n")
    site.install("acme-guards", guard_plugin())
    registry = site.registry()
    broken = _row(registry, "acme-broken")
    assert (broken.kind, broken.name, broken.status) == ("plugin", "main", "broken")
    assert "No module named 'a_library_that_nobody_has'" in broken.fault
    assert "pip install --force-reinstall acme-broken" in broken.mend
    assert _row(registry, "acme-exits").status == "broken"
    assert registry.find("guard", "limit").status == "ready"


def test_a_misspelt_hook_is_a_fault_that_names_the_right_one(site):
    site.install(
        "acme-typo",
        "from logos.plugins import hookimpl\n@hookimpl\ndef logos_gaurds():\n    return []\n",
    )
    offer = _row(site.registry(), "acme-typo")
    assert offer.status == "broken"
    assert offer.fault == "logos_gaurds is not a hook of Logos; did you mean logos_guards?"
    assert "Rename logos_gaurds to logos_guards" in offer.mend


def test_an_optional_hook_that_nobody_specifies_is_no_fault(site):
    site.install(
        "acme-optional",
        "from logos.plugins import hookimpl\n"
        "@hookimpl(optionalhook=True)\ndef logos_dashboard_pages():\n    return []\n",
    )
    registry = site.registry()
    assert registry.offers() == ()
    ((plugin, hooks),) = registry.without_parts()
    assert (plugin.distribution, plugin.name, hooks) == ("acme-optional", "main", ("logos_dashboard_pages",))


def test_a_plugin_with_parts_or_with_a_fault_is_not_among_those_without(site, guard_plugin):
    site.install("acme-broken", "import a_library_that_nobody_has\n")
    site.install("acme-guards", guard_plugin())
    assert site.registry().without_parts() == ()


def test_an_unmarked_hook_is_a_fault(site):
    site.install("acme-unmarked", "def logos_guards():\n    return []\n")
    assert "not marked" in _row(site.registry(), "acme-unmarked").fault


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("def logos_guards(session): return []", "logos_guards asks for session, and the hook has no argument"),
        ("def logos_order_event(event, zeta, beta): pass", "logos_order_event asks for zeta, beta"),
        ("def logos_guards(): return None", "logos_guards returns nothing"),
        ("def logos_guards(): return 7", "logos_guards failed: TypeError"),
        ("def logos_guards(): raise ValueError('no')", "logos_guards failed: ValueError: no"),
        ("def logos_guards(): return ['limit']", "logos_guards yields 'limit', expected a GuardPart"),
        ("def logos_guards(): yield GuardPart(name='No', summary='s', target='a:b')", "the guard name 'No'"),
        ("def logos_guards(): yield GuardPart(name='x', summary='s', target='a.b')", "expected 'module:name'"),
        ("def logos_guards(): yield GuardPart(name='x', summary='s', target='a:b', needs='ccxt')", "one string"),
        ("def logos_guards(): yield from [GuardPart(name='x', summary='s', target='a:b')] * 2", "offers 'x' twice"),
    ],
)
def test_what_does_not_keep_the_api_is_a_fault_with_a_mend(site, body, fault):
    site.install("acme-wrong", f"from logos.plugins import GuardPart, hookimpl\n@hookimpl\n{body}\n")
    offer = _row(site.registry(), "acme-wrong")
    assert offer.status == "broken"
    assert fault in offer.fault
    assert offer.mend


def test_a_wrapper_is_refused(site):
    site.install(
        "acme-wrapper",
        "from logos.plugins import hookimpl\n@hookimpl(wrapper=True)\ndef logos_session_started():\n    yield\n",
    )
    assert "wrapper" in _row(site.registry(), "acme-wrapper").fault


@pytest.mark.parametrize(("group", "upgrade"), [("logos.v2", "logos-core"), ("logos.v0", "acme-other")])
def test_a_plugin_of_another_api_major_is_listed_and_never_imported(site, group, upgrade):
    site.install("acme-other", "raise AssertionError('imported')\n", group=group)
    offer = _row(site.registry(), "acme-other")
    assert offer.status == f"speaks {group.removeprefix('logos.')}"
    assert offer.mend == f"pip install --upgrade {upgrade}"
    assert "acme_other" not in sys.modules


def test_a_foreign_group_is_nobodys_business(site):
    site.install("acme-foreign", "raise AssertionError('imported')\n", group="logos.version1")
    assert site.registry().offers() == ()


def test_a_missing_library_is_named_with_the_line_that_installs_it(site, guard_plugin):
    site.install("acme-guards", guard_plugin(more=", needs=('ccxt_of_nobody', 'json'), extra='venue'"))
    registry = site.registry()
    offer = _row(registry, "acme-guards")
    assert (offer.status, offer.mend) == ("needs ccxt_of_nobody", "pip install 'acme-guards[venue]'")
    with pytest.raises(PluginError, match="ccxt_of_nobody is not installed") as caught:
        registry.find("guard", "limit")
    assert caught.value.hint == "Run: pip install 'acme-guards[venue]'"


def test_libraries_are_looked_for_without_importing_them(site, guard_plugin):
    (site.folder / "acme_heavy").mkdir()
    (site.folder / "acme_heavy" / "__init__.py").write_text("raise AssertionError('imported')\n")
    (site.folder / "acme_heavy" / "inner.py").write_text("")
    site.install("acme-guards", guard_plugin(more=", needs=('acme_heavy.inner',)"))
    assert site.registry().find("guard", "limit").status == "ready"
    assert "acme_heavy" not in sys.modules
    site.install("acme-more", guard_plugin("other", ", needs=('acme_heavy.absent',)"))
    assert _row(site.registry(), "acme-more").status == "needs acme_heavy.absent"


def test_a_stub_is_listed_and_not_used(site, guard_plugin):
    site.install("acme-guards", guard_plugin(more=", state='stub'"))
    registry = site.registry()
    assert _row(registry, "acme-guards").status == "stub"
    with pytest.raises(PluginError, match="not built in this release"):
        registry.find("guard", "limit")


def test_one_name_of_two_distributions_is_a_conflict_that_the_qualified_name_settles(site, guard_plugin):
    site.install("acme-guards", guard_plugin())
    site.install("other-guards", guard_plugin())
    registry = site.registry()
    assert [(offer.distribution, offer.status) for offer in registry.offers("guard")] == [
        ("acme-guards", "conflict"),
        ("other-guards", "conflict"),
    ]
    with pytest.raises(PluginError, match="acme-guards and other-guards both offer it") as caught:
        registry.find("guard", "limit")
    assert "acme-guards/limit or other-guards/limit" in caught.value.hint
    assert registry.find("guard", "other-guards/limit").distribution == "other-guards"


COMMAND = """
from logos.plugins import CommandPart, hookimpl
@hookimpl
def logos_commands():
    yield CommandPart(name={name!r}, summary="A command", target="acme_commands:app")
"""


def test_a_command_of_the_core_cannot_be_replaced(site):
    site.install("acme-commands", COMMAND.format(name="trade"))
    (offer,) = site.registry().offers()
    assert (offer.status, "a command of the core" in offer.fault) == ("broken", True)


def test_one_command_of_two_distributions_can_only_be_uninstalled(site):
    site.install("acme-commands", COMMAND.format(name="lab"))
    site.install("other-commands", COMMAND.format(name="lab"))
    assert {(offer.status, offer.mend) for offer in site.registry().offers("command")} == {
        ("conflict", "Uninstall one of them")
    }


def test_equal_names_of_different_kinds_are_no_conflict(site, guard_plugin):
    site.install("acme-guards", guard_plugin())
    site.install("acme-feeds", guard_plugin().replace("GuardPart", "FeedPart").replace("logos_guards", "logos_feeds"))
    assert {offer.status for offer in site.registry().offers()} == {"ready"}


def test_the_order_of_installation_decides_nothing(site, guard_plugin):
    for name in ("zulu", "alpha", "mike"):
        site.install(f"acme-{name}", guard_plugin())
    site.install("acme-broken", "import a_library_that_nobody_has\n")
    assert site.registry().offers() == site.registry(backwards=True).offers()


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        ("guard", "limt", "Did you mean limit"),
        ("guard", "nothing_like_it", "There are: limit"),
        ("guard", "max_notional", "Run: pip install logos-risk"),
        ("guard", "max_notionl", "Did you mean max_notional (pip install logos-risk)"),
        ("broker", "paper", "Run: pip install logos-brokers"),
        ("broker", "ccxt", "Run: pip install 'logos-brokers[ccxt]'"),
        ("feed", "yfinance", "Run: pip install 'logos-feeds[yfinance]'"),
        ("model", "forest", "No model is installed"),
        ("guard", "elsewhere/limit", "It is offered as acme-guards/limit"),
        ("gaurd", "limit", "The kinds are: allocator, backtest, broker"),
    ],
)
def test_an_unknown_name_gets_the_next_step(site, guard_plugin, kind, name, hint):
    site.install("acme-guards", guard_plugin())
    with pytest.raises(PluginError) as caught:
        site.registry().find(kind, name)
    assert hint in caught.value.hint


def test_an_unknown_name_points_at_the_broken_plugins_that_may_offer_it(site):
    site.install("acme-broken", "import a_library_that_nobody_has\n")
    registry = site.registry()
    for name in ("limit", "acme-broken/limit"):
        with pytest.raises(PluginError) as caught:
            registry.find("guard", name)
        (problem,) = caught.value.problems
        assert problem.path == "plugin acme-broken/main"
        assert "a_library_that_nobody_has" in problem.message
        assert "pip" in problem.hint
    with pytest.raises(PluginError) as caught:
        registry.find("guard", "elsewhere/limit")
    assert caught.value.problems == ()


def test_factory_and_config_class_are_imported_when_they_are_asked_for(site, guard_plugin):
    (site.folder / "acme_limits.py").write_text(
        "import attrs\n@attrs.frozen(kw_only=True)\nclass Config:\n    limit: int\ndef build(config, context): pass\n"
    )
    site.modules.append("acme_limits")
    site.install("acme-guards", guard_plugin(more=", config='acme_limits:Config'"))
    offer = site.registry().find("guard", "limit")
    assert "acme_limits" not in sys.modules
    config = offer.config_class()
    assert config is not None
    assert [field.name for field in attrs.fields(config)] == ["limit"]
    assert offer.factory().__name__ == "build"
    assert attrs.evolve(offer, part=attrs.evolve(offer.part, config="")).config_class() is None


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import a_library_that_nobody_has", "ModuleNotFoundError"),
        ("build = 7\nConfig = 7", "cannot be called"),
        ("", "AttributeError"),
    ],
)
def test_a_part_that_cannot_be_imported_raises_an_error_of_its_own(site, guard_plugin, source, fault):
    (site.folder / "acme_limits.py").write_text(source)
    site.modules.append("acme_limits")
    site.install("acme-guards", guard_plugin(more=", config='acme_limits:Config'"))
    offer = site.registry().find("guard", "limit")
    with pytest.raises(PluginError, match=fault):
        offer.factory()
    with pytest.raises(PluginError, match="acme-guards/limit"):
        offer.config_class()


@pytest.mark.parametrize("name", ["Acme_Guards", "acme.guards", "ACME--guards", "acme-guards"])
def test_names_of_distributions_compare_in_one_form(name):
    assert canonical(name) == "acme-guards"


def test_the_core_offers_its_own_parts_as_a_plugin():
    registry = load_registry()
    assert registry.find("feed", "replay").distribution == "logos-core"
    assert {offer.name for offer in registry.offers("strategy")} >= {
        "buy_and_hold",
        "channel_breakout",
        "mean_reversion",
        "momentum",
        "sma_cross",
    }
    assert {offer.name for offer in registry.offers("allocator")} >= {"equal_weight", "fixed_quantity"}
    assert registry.find("position_manager", "targets").config_class() is None
