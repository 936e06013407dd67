"""Settings that every test shares."""

import os

from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")
settings.register_profile("suite", deadline=None, max_examples=40)
settings.load_profile("suite")
