"""skfolio: its estimators, walked forward with ``cross_val_predict`` as its guide shows, and in a plain loop."""

from typing import Any

import numpy as np
import skfolio
from job import LOOKBACK, STEP, Way, loop, run
from skfolio import RiskMeasure
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.model_selection import WalkForward, cross_val_predict
from skfolio.optimization import HierarchicalRiskParity, InverseVolatility, MeanRisk, RiskBudgeting

METHODS: dict[str, Any] = {
    "hrp": HierarchicalRiskParity(
        risk_measure=RiskMeasure.VARIANCE,
        hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=LinkageMethod.SINGLE),
    ),
    "risk_parity": RiskBudgeting(risk_measure=RiskMeasure.VARIANCE),
    "min_variance": MeanRisk(risk_measure=RiskMeasure.VARIANCE),
    "inverse_volatility": InverseVolatility(),
}


def fitting(estimator: Any) -> Way:
    """Return what fits once."""
    return lambda returns: estimator.fit(returns).weights_


def predicting(estimator: Any) -> Way:
    """Return the walk-forward of its guide."""

    def walk(returns: Any) -> Any:
        parts = WalkForward(train_size=LOOKBACK, test_size=STEP)
        return np.array([part.weights for part in cross_val_predict(estimator, returns, cv=parts)])

    return walk


run(
    skfolio.__version__,
    {name: {"fit": fitting(METHODS[name])} for name in ("hrp", "risk_parity")},
    {
        name: {"cross_val_predict": predicting(estimator), "a loop": loop(fitting(estimator))}
        for name, estimator in METHODS.items()
    },
    lambda returns: returns,
)
