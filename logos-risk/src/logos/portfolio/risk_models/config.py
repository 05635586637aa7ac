"""The config of a risk model, the section ``risk_model`` of an allocator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from logos.domain.errors import InputError
from logos.domain.validating import one_of
from logos.portfolio.validating import above_zero

LEDOIT_WOLF, SAMPLE, EWMA = "ledoit_wolf", "sample", "ewma"
IDENTITY, CONSTANT_CORRELATION, SINGLE_FACTOR = "identity", "constant_correlation", "single_factor"
COMMON, PAIRWISE = "common", "pairwise"


def _target_of_shrinkage(instance: Any, _attribute: attrs.Attribute[str], value: str) -> None:
    if value != IDENTITY and instance.model != LEDOIT_WOLF:
        raise InputError(
            f"target is {value}, and model {instance.model} does not shrink",
            hint=f"Remove target, or write model: {LEDOIT_WOLF}",
        )


def _halflife_of_ewma(instance: Any, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if value != attribute.default and EWMA not in (instance.model, instance.mean):
        raise InputError(
            f"halflife is {value}, and neither model nor mean is {EWMA}",
            hint=f"Remove halflife, or write model: {EWMA}",
        )


@attrs.frozen(kw_only=True)
class RiskModelConfig:
    """How mean and covariance are estimated.

    Attributes
    ----------
    model:
        ``ledoit_wolf``, ``sample`` or ``ewma``.
    target:
        What ``ledoit_wolf`` shrinks towards: ``identity`` (the mean variance times the identity matrix),
        ``constant_correlation`` or ``single_factor``.
    halflife:
        Of ``ewma``, be it the model or the mean, in periods: a return that is so much older weighs half as much;
        above 0.
    mean:
        ``sample``, or ``ewma`` with the same halflife.
    missing:
        ``common`` takes the periods that all symbols have; ``pairwise`` takes for each two symbols all that these
        two have.
    """

    model: str = attrs.field(default=LEDOIT_WOLF, validator=one_of(LEDOIT_WOLF, SAMPLE, EWMA))
    target: str = attrs.field(
        default=IDENTITY, validator=[one_of(IDENTITY, CONSTANT_CORRELATION, SINGLE_FACTOR), _target_of_shrinkage]
    )
    halflife: Decimal = attrs.field(
        default=Decimal(63),
        validator=[
            above_zero("It counts periods: a return that is so many periods older weighs half as much"),
            _halflife_of_ewma,
        ],
    )
    mean: str = attrs.field(default=SAMPLE, validator=one_of(SAMPLE, EWMA))
    missing: str = attrs.field(default=COMMON, validator=one_of(COMMON, PAIRWISE))
