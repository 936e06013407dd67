"""Tests and the slow, obvious reference implementations that judge the fast ones."""
