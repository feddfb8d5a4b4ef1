"""Providers: each module of this package holds one kind of shop software."""

from aiq.lib.registry import Registry
from integrations.providers.base import Provider

PROVIDERS: Registry[Provider] = Registry("integrations.providers", Provider)  # type: ignore[type-abstract]
