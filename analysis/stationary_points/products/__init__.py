"""Products of N ≤ 4 factors after one inner step: every stationary point and every family of them."""

from analysis.stationary_points.products.solution import product_stationary_points

__all__ = ["product_stationary_points"]
