"""The packages' contract passes an honest package, and for each case fails one that breaks just that."""

import importlib
import sys

import pytest

from logos.testing.packages import PluginContract

PLUGIN = """
from logos.plugins import GuardPart, hookimpl

@hookimpl
def logos_guards():
    return [
        GuardPart(
            name="limit",
            summary="A limit",
            target="{package}_guard:open_guard",
            config="{package}_config:Config",
        ),
        GuardPart(name="later", summary="Not yet", target="{package}_guard:missing", state="stub"),
        GuardPart(name="needy", summary="A need", target="{package}_guard:missing", needs=("no_such_library",)),
    ]
"""
CONFIG = '''
import attrs

@attrs.frozen(kw_only=True)
class Config:
    """Keys.

    Attributes
    ----------
    limit:
        How many.
    """

    limit: int = 5
'''
GUARD = "def open_guard(config, context): ...\n"


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """Write a package of three modules under a name of the test's own, changed by ``changes``."""

    def write(name, changes):
        files = {"plugin": PLUGIN.format(package=name), "config": CONFIG, "guard": GUARD}
        for file, old, new in changes:
            assert old in files[file]
            files[file] = files[file].replace(old, new)
        for file, text in files.items():
            (tmp_path / f"{name}_{file}.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        request.addfinalizer(lambda: [sys.modules.pop(f"{name}_{file}", None) for file in files])

        class Held(PluginContract):
            def modules(self):
                return [f"{name}_plugin"]

        return Held()

    return write


def test_honest_package_passes_every_case(package):
    assert package("honest", []).failing() == {}


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("P-01", [("plugin", 'name="later"', 'name="limit"')]),
        ("P-02", [("plugin", "@hookimpl", "@hookimpl\ndef logos_gaurds(): ...\n\n@hookimpl")]),
        ("P-03", [("config", "import attrs", "import attrs, yaml")]),
        ("P-03", [("plugin", "@hookimpl", "import yaml\n\n@hookimpl")]),
        ("P-04", [("guard", "open_guard", "open_gard")]),
        ("P-04", [("guard", "def open_guard(config, context): ...", "open_guard = 5")]),
        ("P-05", [("config", "limit:\n", "other:\n")]),
        ("P-05", [("config", "attrs.frozen", "attrs.define")]),
    ],
)
def test_wrong_package_fails_its_case_alone(package, case, changes):
    faults = package("wrong", changes).failing()
    assert list(faults) == [case]
    assert case in faults[case]


def test_package_without_entry_point_is_told_so():
    class Held(PluginContract):
        distribution = "attrs"

    assert "attrs has no entry point in the group logos.v1" in Held().failing()["P-01"]
