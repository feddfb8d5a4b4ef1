"""The project's settings on the services of the test run."""

import os

from tests import services

services.prepare()

from aiq.settings import *  # noqa: E402, F403

# Playwright leaves an event loop in the process; tests that come after it there use the ORM as ever.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A key of the curve P-256 like any other; services outside generate none.
VAPID_PRIVATE_KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
