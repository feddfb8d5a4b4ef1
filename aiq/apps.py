"""The app that puts the others together: commands, checks, static files; no models."""

from django.apps import AppConfig
from django.core import checks

from aiq.checks import check_environment
from aiq.lib import lookups  # noqa: F401 -- registers itself


class AiqConfig(AppConfig):
    name = "aiq"
    verbose_name = "AIQ Cart"

    def ready(self) -> None:
        checks.register(check_environment)
