"""Exact algebra on python-flint: sparse polynomials over ℚ, real algebraic numbers, elimination, indices.

Nothing in this room knows what a task or a model is.
"""
