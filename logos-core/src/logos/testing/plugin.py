"""The pytest plugin of the kit: failing cases then show what they compared.

pytest rewrites the asserts of test modules only. Load this one with ``-p logos.testing.plugin``, or name it in
``pytest_plugins`` of the topmost ``conftest.py``, or import it in any ``conftest.py``.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "logos.testing.brokers",
    "logos.testing.contract",
    "logos.testing.executors",
    "logos.testing.feeds",
    "logos.testing.guards",
    "logos.testing.outside",
    "logos.testing.packages",
    "logos.testing.strategies",
)
