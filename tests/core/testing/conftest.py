"""Failing cases of the kit show what they compared."""

import logos.testing.plugin  # noqa: F401 - importing it registers the contracts for assertion rewriting
