"""The proofs behind the ledger's sentences: functions without arguments that return whether they succeed.

One file per subject. The docstring of a check is what the ledger prints as evidence; a printed value that
a check compares is an argument with that value as its default, so that a test can change it.
"""
