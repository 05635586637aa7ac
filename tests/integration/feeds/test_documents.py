"""The configs of polled sessions that the documents show are whole: they load, and every part of them can be built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logos.assembly.build import assemble
from logos.config.session import load_session_config
from logos.context.clock import SystemClock
from logos.plugins.registry import load_registry

BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = {"README.md": 1, "docs/FEEDS.md": 2, "logos-feeds/README.md": 1}


class Silence:
    """A log that keeps nothing."""

    def __getattr__(self, level: str):
        return lambda _event, **_values: None


def examples_of(document: Path) -> list[str]:
    """Return the YAML blocks of a document in which a feed polls."""
    blocks = BLOCK.findall(document.read_text(encoding="utf-8"))
    return [block for block in blocks if re.search(r"^feed:\s*\{?plugin: (ccxt|yfinance)\b", block, re.MULTILINE)]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_of_a_document_is_a_whole_config(repository, workspace, name) -> None:
    examples = examples_of(repository / name)
    assert len(examples) == EXAMPLES[name]
    for example in examples:
        config = load_session_config(example, load_registry(), workspace=workspace)
        assembly = assemble(config, workspace=workspace, clock=SystemClock(), log=Silence())
        assert assembly.feed.polled


def test_the_feeds_document_shows_no_part_of_a_config(repository) -> None:
    blocks = BLOCK.findall((repository / "docs/FEEDS.md").read_text(encoding="utf-8"))
    assert blocks == examples_of(repository / "docs/FEEDS.md")
