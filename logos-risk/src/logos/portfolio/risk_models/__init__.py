"""Risk models: volatility and covariance of returns, shrinkage, unequal histories, and the repair of covariances."""
