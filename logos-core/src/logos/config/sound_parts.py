"""The parts that a config names soundly although other sections of it are wrong: so that they can be looked at too."""

from __future__ import annotations

from logos.config import core_keys as keys
from logos.config.part_reading import Offers, PartReader
from logos.config.reading import Section
from logos.config.records import PartSection
from logos.config.sensitive import without_secrets


def sound_parts(root: Section, registry: Offers) -> tuple[PartSection, ...]:
    """Return feed, broker, allocator and guards, each where its own section has no problem."""
    cleaned, _ = without_secrets(root)
    reader = PartReader(cleaned, registry)
    found = [
        reader.part("feed", cleaned.get("feed"), keys.FeedKeys, "feed")[1],
        reader.part("broker", reader.optional("broker"), keys.BrokerKeys, "broker")[1],
        reader.part("allocator", reader.optional("allocator"), keys.AllocatorKeys, "allocator")[1],
    ]
    for index, node in enumerate(reader.items("guards")):
        found.append(reader.part("guard", node, keys.GuardKeys, f"guards[{index}]")[1])
    return tuple(part for part in found if part is not None)
