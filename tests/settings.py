"""The project's settings on the services of the test run."""

from tests import services

services.prepare()

from aiq.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
