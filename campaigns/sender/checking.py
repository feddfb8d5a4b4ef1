"""The sender domains of a merchant, with what the DNS said when it was last asked. Pages read what is kept; only a person asks anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.utils.text import get_text_list

from accounts.models import Merchant
from campaigns.models import CampaignStatus, SenderDomain, Step
from campaigns.sender.findings import FREE, Finding, findings, strict
from campaigns.sender.lookup import look_up
from campaigns.sender.providers import Asks, asks_of


@dataclass(frozen=True, slots=True)
class Identity:
    """One domain in a merchant's From addresses. `findings` is empty before it was looked at, and for a mailbox provider's domain."""

    domain: str
    selector: str = ""
    free: bool = False
    strict: bool = False
    checked_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    gone_codes: frozenset[str] = frozenset()

    @property
    def missing(self) -> str:
        """“SPF and DKIM”; empty: nothing, as far as is known."""
        return get_text_list([finding.label for finding in self.findings if not finding.right], "and")

    @property
    def gone(self) -> str:
        """What was in order once and no longer is, in the same words."""
        return get_text_list([finding.label for finding in self.findings if finding.code in self.gone_codes], "and")


def provider() -> Asks:
    return asks_of(settings.EMAIL_BACKEND)


def identities(merchant: Merchant) -> list[Identity]:
    """The merchant's own sender first, then those of single messages. Two queries."""
    steps = Step.objects.filter(campaign__merchant=merchant, channel="email").exclude(sender_email="")
    others = steps.exclude(campaign__status=CampaignStatus.ARCHIVED).values_list("sender_email", flat=True)
    own = merchant.sender_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domains = list(dict.fromkeys(map(domain_of, [own, *sorted(others)])))
    kept = {row.domain: row for row in SenderDomain.objects.filter(merchant=merchant, domain__in=domains)}
    return [_identity(domain, kept.get(domain)) for domain in domains if domain and domain != "localhost"]


def identity_of(merchant: Merchant, address: str) -> Identity:
    """Of one From address."""
    domain = domain_of(address)
    return _identity(domain, SenderDomain.objects.filter(merchant=merchant, domain=domain).first())


def check(merchant: Merchant, domain: str, selector: str, now: datetime) -> bool:
    """Ask the DNS and keep the answer. `selector` empty: those its provider usually takes. True: a record that was in order is gone since
    the last look. Raises `Unanswered`, and keeps nothing."""
    selectors: Sequence[str] = [selector] if selector else provider().selectors
    found = look_up(domain, selectors)
    row = SenderDomain.objects.filter(merchant=merchant, domain=domain).first()
    known, before = (set(row.gone), _right(domain, row.found)) if row and row.checked_at else (set(), frozenset())
    gone = (known | before) - _right(domain, found)
    values = {"dkim_selector": selector, "found": found, "checked_at": now, "gone": sorted(gone)}
    SenderDomain.objects.update_or_create(merchant=merchant, domain=domain, defaults=values)
    return bool(gone - known)


def _right(domain: str, found: Mapping[str, Any]) -> frozenset[str]:
    """Judged by what the provider of today asks, so that another provider takes no record away."""
    return frozenset(finding.code for finding in findings(domain, found, provider()) if finding.right)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().lower()


def _identity(domain: str, row: SenderDomain | None) -> Identity:
    if domain in FREE:
        return Identity(domain, free=True)
    if row is None or row.checked_at is None:
        return Identity(domain, selector=row.dkim_selector if row else "")
    found = tuple(findings(domain, row.found, provider()))
    gone = frozenset(row.gone)
    return Identity(domain, row.dkim_selector, False, strict(row.found), row.checked_at, found, gone)
