"""How the pages of Imports write times and results."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from aiq.lib import moments
from products.imports import telling
from products.models import ImportRun

register = template.Library()


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    return moments.moment(at, timezone.now())


@register.filter
def result(run: ImportRun) -> str:
    return telling.result_of(run)
