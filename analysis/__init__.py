"""Exact analysis of MAML losses: derivation, stationary points with proof, claims of the paper."""
