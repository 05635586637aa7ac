from __future__ import annotations

from pathlib import Path

import pytest

from logos.config.origins import Origin, Source, origins, read_tree, written_line
from logos.config.reading import parse
from logos.domain.errors import ConfigError


@pytest.fixture
def told(load, text):
    """Return the origins of a config's values as text, by path."""

    def told(content=text, **options):
        found = origins(parse(content, "x"), load(content, default_seed=5), **options)
        return {path: str(origin) for path, origin in found.items()}

    return told


def leaves(value, path=""):
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif path in {"strategies", "guards"} and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path


def test_every_value_of_the_resolved_config_has_an_origin(load, text, told):
    assert list(told()) == list(leaves(dict(load(text).resolved)))


def test_what_the_file_writes_comes_from_its_line(told):
    found = told(file="a.yaml")

    assert found["session.name"] == "a.yaml:1"
    assert found["feed.symbols"] == "a.yaml:4"
    assert found["broker.fees.maker_bps"] == "a.yaml:7"
    assert found["instruments.SPY.tick"] == "a.yaml:3"


def test_strategies_are_found_in_the_file_although_they_are_sorted_by_name(told):
    found = told()

    assert found["strategies[0].plugin"] == "line 11"  # momentum, the second in the file
    assert found["strategies[1].params.fast"] == "line 10"
    assert found["strategies[0].name"] == "default"


def test_the_rest_is_a_default_or_of_a_known_instrument(told):
    found = told()

    assert found["session.flatten"] == "default"
    assert found["broker.slippage_bps"] == "default"
    assert found["instruments.SPY.sector"] == "default"
    assert found["instruments.BTC-USD.tick"] == "known instrument"


def test_a_key_without_a_value_leaves_the_default(told, text):
    assert told(text.replace("plugin: momentum,", "plugin: momentum, name: ~,"))["strategies[0].name"] == "default"


def test_the_seed_comes_from_the_environment_where_the_file_names_none(told, text):
    without = text.replace(", seed: 7", "")

    assert told(without, seed_variable="LOGOS_SEED")["session.seed"] == "environment: LOGOS_SEED"
    assert told(without)["session.seed"] == "default"
    assert told(text, seed_variable="LOGOS_SEED")["session.seed"] == "line 1"


def test_a_venue_gives_only_what_the_file_does_not_write(told):
    venue = dict.fromkeys(("instruments.BTC-USD.tick", "instruments.SPY.tick"), "ccxt:binance")
    found = told(venue=venue)

    assert found["instruments.BTC-USD.tick"] == "venue: ccxt:binance"
    assert found["instruments.SPY.tick"] == "line 3"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("feed", 2),
        ("feed.symbols[1]", 5),
        ("feed.symbols[9]", 3),
        ("instruments.BRK.B.tick", 8),
        ("instruments.BRK.B.lot.no", 7),
        ("instruments.BRK", 6),
        ("guards[0].max", None),
        ("", None),
        ("--live", None),
    ],
)
def test_the_line_of_a_place_is_that_of_what_is_nearest_above_it(path, line):
    root = parse("#\nfeed:\n  symbols:\n    - A\n    - B\ninstruments:\n  BRK.B:\n    tick: x\n", "x")

    assert written_line(root, path) == line


def test_a_tree_is_read_from_the_workspace_too(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text("feed: 1\n")
    monkeypatch.chdir("/")

    tree = read_tree(Path("a.yaml"), tmp_path)

    assert (tree.name, tree.root.lines) == ("a.yaml", {"feed": 1})
    with pytest.raises(ConfigError, match="does not exist"):
        read_tree(Path("b.yaml"), tmp_path)


def test_an_origin_prints_as_what_an_operator_looks_for():
    assert str(Origin(source=Source.FILE, line=3)) == "line 3"
    assert str(Origin(source=Source.DEFAULT)) == "default"


def test_what_the_venue_replaces_says_so_unless_the_file_writes_it(told):
    given = told()
    written = next(path for path, origin in given.items() if origin.startswith("line "))
    open_path = next(path for path, origin in given.items() if origin == "default")
    found = told(until_asked={written, open_path})

    assert found[open_path] == "default until the venue is asked"
    assert found[written] == given[written]
    asked = told(until_asked={open_path}, venue={open_path: "shown:file"})
    assert asked[open_path] == "venue: shown:file"
