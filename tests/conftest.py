"""Fixtures that every test may ask for, and how hypothesis searches."""

from hypothesis import settings

pytest_plugins = ["tests.browsers", "tests.databases", "tests.no_skips"]

# A machine that is busy elsewhere is slow, not wrong: tests that bound time say so themselves.
settings.register_profile("newsletter", deadline=None)
settings.load_profile("newsletter")
