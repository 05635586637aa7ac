"""The conformance kit: contracts that a plugin's own tests subclass, and exact doubles to test against.

``logos.testing.guards``, ``.strategies``, ``.allocators``, ``.brokers``, ``.executors`` and ``.packages`` hold one
contract each. Load the pytest plugin ``logos.testing.plugin`` first (in ``conftest.py``:
``pytest_plugins = ["logos.testing.plugin"]``), so that a failing case shows what it compared. Needs the extra
``logos-core[testing]``.
"""
