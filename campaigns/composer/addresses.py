"""Which addresses a message may lead to or show pictures from, checked as data."""

import re

from campaigns.templating.cutting import TOKEN, Cut

LINK_MACROS = frozenset({"cart.url", "store.url", "incentive.url", "unsubscribe_url", "preferences_url"})
PICTURE_MACROS = frozenset({"merchant.logo"})
_ITEM = re.compile(r"items(\.first|\.last|\[\d+\])\.(?P<field>url|image)")
_WEB = re.compile(r"https://[^\s/?#@\"'<>{}\\]+\.[^\s/?#@\"'<>{}\\]+([/?#][^\s\"'<>\\]*)?", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s\"'<>@?]+@[^\s\"'<>@?]+(\?[^\s\"'<>]*)?", re.IGNORECASE)
_PHONE = re.compile(r"tel:\+?[\d().\-]{3,30}", re.IGNORECASE)
_OUTPUT = re.compile(r"\{\{-?\s*([\w.\[\]]+)")


def link_refusal(target: Cut) -> str:
    """Why a link may not lead there; empty: it may. Liquid in `target` is cut out already."""
    address = target.text.strip()
    if _whole(target, LINK_MACROS, "url") or any(form.fullmatch(address) for form in (_WEB, _MAIL, _PHONE)):
        return ""
    return _why(target, "Choose the cart or the store, or write an address that starts with https://, mailto: or tel:.")


def picture_refusal(target: Cut) -> str:
    """Why a picture may not come from there; empty: it may."""
    if _whole(target, PICTURE_MACROS, "image") or _WEB.fullmatch(target.text.strip()):
        return ""
    return _why(target, "Pictures need an address that starts with https://.")


def guard_of(target: str) -> str:
    """The macro that a link wholly depends on, so that the link is left out where it has no value; empty: none."""
    found = re.fullmatch(r"\{\{-?\s*([\w.\[\]]+)\s*-?\}\}", target.strip())
    return found[1] if found else ""


def _whole(target: Cut, names: frozenset[str], field: str) -> bool:
    """Whether it begins with the value of one of these macros, and only a path or query follows."""
    token = TOKEN.match(target.text.strip())
    output = _OUTPUT.match(target.pieces[int(token[1])]) if token else None
    if token is None or output is None:
        return False
    item = _ITEM.fullmatch(output[1])
    known = output[1] in names or bool(item and item["field"] == field)
    return known and re.fullmatch(r"([/?#&][^\s\"'<>\\]*)?", target.text.strip()[token.end() :]) is not None


def _why(target: Cut, advice: str) -> str:
    address = target.restore(target.text).strip()
    if address.lower().startswith("http://"):
        return f"“{address[:80]}” is not encrypted: write https:// instead of http://."
    return f"“{address[:80]}” leads nowhere. {advice}"
