"""What the guards' tests share: a session of one symbol, and how to take orders out of it."""

import pytest

from logos.testing.bars import bars_of, instrument
from logos.testing.views import session_of


@pytest.fixture
def demo():
    """An instrument with a tick of 0.01 and a lot of 0.01."""
    return instrument()


@pytest.fixture
def session(demo):
    """A session with 100,000 USD, after one bar that closed at 100.00."""
    session = session_of(demo)
    session.see(bars_of(demo, [10_000])[0])
    return session
