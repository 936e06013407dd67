"""Every test of the exact core seen to fail: `python -m tests.mutations`."""
