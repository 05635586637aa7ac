"""The circuit: when it opens, when one attempt is let through, and what closes it."""

from __future__ import annotations

from logos.feeds.circuit import Circuit, CircuitState


def test_it_opens_after_so_many_failures_in_a_row_and_not_before() -> None:
    circuit = Circuit(3, 30)
    assert [circuit.failed(now) for now in (0, 1)] == [False, False]
    circuit.succeeded()
    assert [circuit.failed(now) for now in (2, 3, 4)] == [False, False, True]
    assert circuit.state(4) is CircuitState.OPEN
    assert circuit.next_attempt_at == 34


def test_after_the_pause_one_success_closes_it_and_one_failure_opens_it_anew() -> None:
    circuit = Circuit(1, 30)
    circuit.failed(0)
    assert circuit.state(29.9) is CircuitState.OPEN
    assert circuit.state(30) is CircuitState.HALF_OPEN
    assert circuit.failed(31)
    assert circuit.state(60) is CircuitState.OPEN
    assert circuit.state(61) is CircuitState.HALF_OPEN
    assert circuit.succeeded()
    assert circuit.state(61) is CircuitState.CLOSED
    assert not circuit.succeeded()
