"""What is right and what is missing about a sender domain, from what the DNS said. Pure.

SPF: RFC 7208, DKIM: RFC 6376, DMARC: RFC 7489. Gmail and Yahoo ask all three of senders of many mails
(https://support.google.com/a/answer/81126, https://senders.yahooinc.com/best-practices/).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.sender.providers import Asks

# Mailbox providers whose domains anybody may have an address at; nobody else may send in their name.
FREE = frozenset(
    "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.ca ymail.com aol.com outlook.com hotmail.com hotmail.co.uk"
    " live.com msn.com icloud.com me.com mac.com gmx.com gmx.de gmx.net web.de t-online.de proton.me protonmail.com zoho.com mail.com"
    " comcast.net verizon.net att.net sbcglobal.net orange.fr free.fr libero.it yandex.ru yandex.com mail.ru qq.com 163.com".split()
)
DEFAULT_SPF = "v=spf1 {part} ~all"


@dataclass(frozen=True, slots=True)
class Finding:
    """One record: whether it is right, what was found, and where it is not, the record to add. `value` empty: the provider tells it."""

    code: str
    label: str
    right: bool
    text: str
    kind: str = "TXT"
    name: str = ""
    value: str = ""


def findings(domain: str, found: Mapping[str, Any], asks: Asks) -> list[Finding]:
    """SPF, DKIM, DMARC, in this order."""
    return [_spf(domain, found["spf"], asks), _dkim(domain, found["dkim"], asks), _dmarc(domain, found)]


def _spf(domain: str, records: list[str], asks: Asks) -> Finding:
    def wrong(text: str, value: str) -> Finding:
        return Finding("spf", "SPF", False, text, name=domain, value=value)

    wanted = DEFAULT_SPF.format(part=asks.spf or "a mx")
    if not records:
        return wrong(f"No record says that {asks.label} may send for {domain}.", wanted)
    parts = records[0].split()
    if len(records) > 1:
        others = [part for record in records for part in record.split()[1:] if not part.lower().endswith("all")]
        merged = " ".join(["v=spf1", *dict.fromkeys([*others, *([asks.spf] if asks.spf else [])]), "~all"])
        return wrong(f"There are {len(records)} records, so none of them counts. Put this one in their place.", merged)
    if parts[-1].lower() in {"+all", "all"}:
        return wrong("The record lets everybody send in your name.", " ".join([*parts[:-1], "~all"]))
    if asks.spf and asks.spf.lower() not in (part.lower().lstrip("+") for part in parts):
        changed = " ".join([parts[0], asks.spf, *parts[1:]])
        return wrong(f"The record does not name {asks.label}. Change it to this one.", changed)
    return Finding("spf", "SPF", True, records[0])


def _dkim(domain: str, keys: Mapping[str, str], asks: Asks) -> Finding:
    good = [selector for selector, record in keys.items() if _tags(record).get("p")]
    if good:
        return Finding("dkim", "DKIM", True, f"A key stands under the selector {', '.join(good)}.")
    selector = next(iter(keys), "") or (asks.selectors[0] if asks.selectors else "")
    if keys:
        text = f"The key under {selector} is empty: it was withdrawn. Have {asks.label} make a new one."
    elif selector:
        text = f"No key was found. Copy the value that {asks.label} shows for this domain."
    else:
        text = f"Give the selector that {asks.label} shows for this domain, so that the key can be looked for."
    return Finding("dkim", "DKIM", False, text, name=f"{selector or 'selector'}._domainkey.{domain}")


def _dmarc(domain: str, found: Mapping[str, Any]) -> Finding:
    records, at = found["dmarc"], found["dmarc_at"]
    value = f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"
    if len(records) == 1 and _tags(records[0]).get("p", "").lower() in {"none", "quarantine", "reject"}:
        return Finding("dmarc", "DMARC", True, records[0] if at == domain else f"{records[0]} (from {at})")
    if not records:
        text = "No policy says what becomes of mail that is not yours. This one only asks for reports, to begin with."
    elif len(records) > 1:
        text = f"There are {len(records)} policies, so none of them counts. Keep one."
    else:
        text = "The policy has no valid p=. Put this one in its place."
    return Finding("dmarc", "DMARC", False, text, name=f"_dmarc.{at}", value=value)


def strict(found: Mapping[str, Any]) -> bool:
    """Whether the policy asks that DKIM signs with this very domain rather than one of the same organisation."""
    return any(_tags(record).get("adkim", "").lower() == "s" for record in found["dmarc"])


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
