"""The seat that allocators of this package share: one way of one rebalance, whatever the method."""
