"""What the package offers is what the core's hints know, and every allocator says that it rebalances."""

from importlib import import_module

import attrs

from logos.plugins.known import DISTRIBUTIONS
from logos.portfolio import plugin
from logos.portfolio.allocator.config import AllocatorConfig
from logos.session.schedule import Rebalancing

ALLOCATORS = {part.name: part for part in plugin.logos_allocators()}


def test_every_allocator_and_position_manager_is_named_in_hints():
    offered = [*plugin.logos_allocators(), *plugin.logos_position_managers()]
    for part in offered:
        assert "logos-risk" in DISTRIBUTIONS[part.kind, part.name]
        assert f"[{part.extra}]" in DISTRIBUTIONS[part.kind, part.name] or not part.extra
    hinted = {key for key in DISTRIBUTIONS if key[0] in ("allocator", "position_manager")}
    assert hinted == {(part.kind, part.name) for part in offered}


def test_allocators_stand_in_name_order_and_rebalance():
    assert list(ALLOCATORS) == sorted(ALLOCATORS)
    assert all(part.capabilities == {"rebalances"} for part in ALLOCATORS.values())


def test_only_skfolio_needs_a_library_of_an_extra():
    assert {name: (part.needs, part.extra) for name, part in ALLOCATORS.items() if part.needs} == {
        "skfolio": (("skfolio",), "skfolio"),
    }


def test_configs_share_their_first_keys():
    shared = [field.name for field in attrs.fields(AllocatorConfig)]
    for part in ALLOCATORS.values():
        module, _, name = part.config.partition(":")
        config = getattr(import_module(module), name)
        assert [field.name for field in attrs.fields(config)][: len(shared)] == shared
        assert attrs.fields(config).rebalance.default is Rebalancing.MONTH_END
