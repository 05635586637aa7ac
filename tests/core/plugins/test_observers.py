"""Events reach every observer; one that raises disturbs nobody."""

from __future__ import annotations

import pytest

from logos.domain.errors import BrokenInvariantError

HEARS = """
from logos.plugins import hookimpl
heard = []
@hookimpl
def logos_order_event(event):
    heard.append(event)
    {more}
"""


def test_an_observer_gets_only_the_arguments_it_declares(site):
    site.install("acme-hears", HEARS.format(more="return 'ignored'"))
    registry = site.registry()
    registry.observers.emit("logos_order_event", session=object(), event="filled")
    import acme_hears  # noqa: PLC0415 - made by this test

    assert acme_hears.heard == ["filled"]


def test_an_observer_that_raises_is_reported_and_counted_and_the_walk_goes_on(site):
    site.install("acme-hears", HEARS.format(more="raise ValueError(event)"))
    site.install("zulu-hears", HEARS.format(more=""))
    errors = []
    observers = site.registry().observers.reporting_to(lambda *report: errors.append(report))
    for event in ("accepted", "filled"):
        observers.emit("logos_order_event", session=None, event=event)
    import zulu_hears  # noqa: PLC0415 - made by this test

    assert zulu_hears.heard == ["accepted", "filled"]
    assert [(plugin, hook, str(error)) for plugin, hook, error in errors] == [
        ("acme-hears/main", "logos_order_event", "accepted"),
        ("acme-hears/main", "logos_order_event", "filled"),
    ]
    assert observers.failures == {"acme-hears/main": 2}


def test_a_failure_is_logged_where_nobody_else_listens(site, caplog):
    site.install("acme-hears", HEARS.format(more="raise ValueError(event)"))
    site.registry().observers.emit("logos_order_event", session=None, event="filled")
    assert "acme-hears/main" in caplog.text


@pytest.mark.parametrize("backwards", [False, True])
def test_observers_are_walked_by_distribution_and_name(site, backwards):
    for name in ("zulu", "alpha", "mike"):
        site.install(f"{name}-hears", HEARS.format(more=""))
    observers = site.registry(backwards=backwards).observers
    assert observers.listening("logos_order_event") == ("alpha-hears/main", "mike-hears/main", "zulu-hears/main")


def test_an_event_that_nobody_hears_is_no_error_and_an_unknown_one_is(site, guard_plugin):
    site.install("acme-guards", guard_plugin())
    observers = site.registry().observers
    observers.emit("logos_session_started", session=None)
    with pytest.raises(BrokenInvariantError, match="logos_session_strated"):
        observers.emit("logos_session_strated", session=None)


PAGES = """
from logos.plugins import hookimpl, hookspec
class Pages:
    @hookspec
    def logos_dashboard_pages(self, theme): "Return pages."
@hookimpl
def logos_hookspecs():
    return [Pages]
"""


def test_a_plugin_may_bring_hooks_that_others_implement(site):
    site.install("acme-dashboard", PAGES)
    site.install(
        "zulu-pages",
        "from logos.plugins import hookimpl\n@hookimpl\ndef logos_dashboard_pages(theme):\n    return [theme]\n",
    )
    registry = site.registry()
    assert registry.offers() == ()
    assert registry.observers.ask("logos_dashboard_pages", theme="dark") == (("zulu-pages", ["dark"]),)


def test_a_wrong_argument_of_a_brought_hook_breaks_its_implementer_only(site):
    site.install("acme-dashboard", PAGES)
    site.install(
        "zulu-pages",
        "from logos.plugins import hookimpl\n@hookimpl\ndef logos_dashboard_pages(colour):\n    return []\n",
    )
    (offer,) = site.registry().offers()
    assert (offer.distribution, offer.status) == ("zulu-pages", "broken")
    assert "colour" in offer.fault


def test_two_plugins_that_bring_one_hook_are_both_refused(site, guard_plugin):
    site.install("acme-dashboard", PAGES)
    site.install("other-dashboard", PAGES)
    site.install("zulu-guards", guard_plugin())
    registry = site.registry()
    assert [offer.distribution for offer in registry.offers("plugin")] == ["acme-dashboard", "other-dashboard"]
    assert registry.find("guard", "limit").status == "ready"


def test_a_plugin_cannot_replace_a_hook_of_the_core(site):
    site.install("acme-dashboard", PAGES.replace("logos_dashboard_pages", "logos_order_event"))
    (offer,) = site.registry().offers()
    assert "logos_order_event" in offer.fault
