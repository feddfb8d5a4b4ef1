"""The web process. A wrong environment ends it here, with its system checks, instead of at the first request."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiq.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from aiq.checks import refuse_wrong_environment
from aiq.garbage import calm

application = get_wsgi_application()
refuse_wrong_environment()
# The first request should not pay for importing every view.
_ = get_resolver().url_patterns
calm()
