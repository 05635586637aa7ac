import importlib
import inspect
import pkgutil

import logos.metrics

PLUMBING = "logos.metrics.series"


def test_the_document_explains_every_function(repository):
    text = (repository / "docs" / "METRICS.md").read_text(encoding="utf-8")
    missing = []
    for module in pkgutil.iter_modules(logos.metrics.__path__, "logos.metrics."):
        if module.name == PLUMBING:
            continue
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            own = function.__module__ == module.name and not name.startswith("_")
            if own and f"`{name}`" not in text and f".{name}(" not in text:
                missing.append(f"{module.name}.{name}")
    assert missing == []
