"""For all tests: one locale, and in CI hypothesis tries the same examples each time, so that nothing hangs on luck."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ["LC_ALL"] = "C.UTF-8"  # whoever runs the tests: what is printed for people follows the locale

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")
