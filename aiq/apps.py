"""The app that puts the others together: commands, checks, static files; no models."""

from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created

from aiq.checks import check_environment
from aiq.lib import lookups, timestamps  # noqa: F401 -- lookups register themselves


class AiqConfig(AppConfig):
    name = "aiq"
    verbose_name = "AIQ Cart"

    def ready(self) -> None:
        checks.register(check_environment)
        connection_created.connect(timestamps.take)
