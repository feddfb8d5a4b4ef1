"""From a raw event to facts, to be ignored, or to quarantine: always an answer, never an exception."""

import logging
from dataclasses import dataclass
from typing import Any

import msgspec

from campaigns.facts import CartFact
from integrations import parsing
from integrations.models import EventState
from integrations.providers import PROVIDERS
from integrations.providers.base import BadPayloadError, Fact, IgnoredEventError, Provider
from integrations.providers.generic import DOCUMENTS
from integrations.waiting import Waiting

MAX_NOTE = 2000
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Translated:
    """`body` is what may be kept of the event; None: it stays raw, for whoever looks into the quarantine."""

    event: Waiting
    state: EventState
    facts: tuple[Fact, ...] = ()
    reason: str = ""
    note: str = ""
    body: str | None = None


def translate(event: Waiting) -> Translated:
    """The event's facts, or why there are none."""
    try:
        payload = parsing.load(event.body.encode())
        return _translate(event, provider_of(event), payload)
    except parsing.NotJsonError as error:
        return quarantined(event, f"not_json_{error.code}", error.detail)
    except BadPayloadError as error:
        return quarantined(event, error.reason, error.detail)
    except Exception:
        logger.exception("event %s of connection %s cannot be translated", event.key_id, event.source)
        return quarantined(event, "translation_failed")


def quarantined(event: Waiting, reason: str, note: str = "") -> Translated:
    return Translated(event, EventState.QUARANTINED, reason=reason, note=note[:MAX_NOTE])


def provider_of(event: Waiting) -> Provider:
    """Documents of /v2 are read as such, whatever shop the key belongs to."""
    return PROVIDERS.get("generic" if event.topic in DOCUMENTS else event.provider)


def _translate(event: Waiting, provider: Provider, payload: Any) -> Translated:
    body = msgspec.json.encode(provider.allow_listed(event.topic, payload)).decode()
    try:
        facts = provider.parse(event.topic, payload, event.received_at)
    except IgnoredEventError as error:
        return Translated(event, EventState.IGNORED, reason=error.reason, note=error.detail, body=body)
    wanted = tuple(fact for fact in facts if event.carts_enabled or not isinstance(fact, CartFact))
    if len(wanted) < len(facts) and not wanted:
        return Translated(event, EventState.IGNORED, reason="carts_switched_off", body=body)
    return Translated(event, EventState.PROCESSED, wanted, body=body)
