"""The project's settings, plus the peer that the drain is compared with."""

from aiq.settings import *  # noqa: F403
from aiq.settings import INSTALLED_APPS as _APPS
from aiq.settings import LOGGING as _LOGGING

INSTALLED_APPS = [*_APPS, "post_office"]
# Its lines on the console would cost it more than they tell us.
_QUIET = {"post_office": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}}
LOGGING = _LOGGING | {"loggers": {**_LOGGING["loggers"], **_QUIET}}  # type: ignore[dict-item]
POST_OFFICE = {"BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}}
