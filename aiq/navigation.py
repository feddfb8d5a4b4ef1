"""The frame of every page: the sidebar in the users' words, the merchant's name, the switch between merchants.

A person sees only what their role at the current merchant may use.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from unfold.dataclasses import SearchResult

from accounts import access


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar. `address` is a path or the name of a URL; `perm` None: for everybody."""

    title: str
    icon: str
    address: str
    perm: str | None

    @property
    def link(self) -> str:
        """Its path; empty where that page is not part of this installation."""
        if self.address.startswith(("/", "http")):
            return self.address
        try:
            return reverse(self.address)
        except NoReverseMatch:
            return ""


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("Home", "home", "admin:index", None),)),
    (
        "Marketing",
        (
            Entry("Campaigns", "campaign", "/admin/campaigns/", access.BUILD_CAMPAIGNS),
            Entry("Templates", "draft", "admin:campaigns_messagetemplate_changelist", access.BUILD_CAMPAIGNS),
            Entry("Audiences", "groups", "admin:campaigns_audience_changelist", access.BUILD_CAMPAIGNS),
            Entry("Discounts", "sell", "admin:campaigns_discount_changelist", access.BUILD_CAMPAIGNS),
        ),
    ),
    ("Shoppers", (Entry("Shoppers", "person", "admin:campaigns_shopper_changelist", access.LOOK_AT_SHOPPERS),)),
    (
        "Products",
        (
            Entry("Catalogue", "inventory_2", "admin:products_product_changelist", access.BUILD_CAMPAIGNS),
            Entry("Imports", "cloud_download", "imports:list", access.BUILD_CAMPAIGNS),
        ),
    ),
    (
        "Insights",
        (
            Entry("Why?", "help", "/admin/why/", access.SEE_REPORTS),
            Entry("Deliveries", "outgoing_mail", "/admin/deliveries/", access.SEE_REPORTS),
        ),
    ),
    (
        "Stores",
        (
            Entry("Integrations", "storefront", "/admin/integrations/", access.MANAGE_SETTINGS),
            Entry("Events", "move_to_inbox", "admin:integrations_eventkey_changelist", access.MANAGE_SETTINGS),
        ),
    ),
    (
        "Settings",
        (
            Entry("Merchant", "tune", "admin:accounts_merchant_changelist", access.MANAGE_SETTINGS),
            Entry("Channels", "forum", "channel_settings", access.MANAGE_SETTINGS),
            Entry("Sender", "verified", "sender:page", access.MANAGE_SETTINGS),
            Entry("Team", "badge", "admin:accounts_membership_changelist", access.MANAGE_TEAM),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's navigation: the groups in which this person may use something."""
    groups = [
        (title, _allowed(request, entries)) for title, entries in (*GROUPS, *_superuser(request), ("Help", _help()))
    ]
    here = _active(request.path, [entry.link for _, entries in groups for entry in entries])
    return [
        {
            "title": title,
            "items": [
                {"title": entry.title, "icon": entry.icon, "link": entry.link, "active": entry.link == here}
                for entry in entries
            ],
        }
        for title, entries in groups
        if entries
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page of the admin knows: the current merchant; and in the demo, before log-in, its log-ins."""
    if request.user.is_authenticated:
        return {"merchant": access.current_merchant(request)}
    return {"demo_logins": _demo_logins() if settings.DEMO else []}


def merchant_name(request: HttpRequest) -> str:
    """The name at the top of the sidebar, always visible."""
    merchant = _merchant(request)
    return merchant.name if merchant else product_name(request)


def product_name(request: HttpRequest) -> str:
    return "AIQ Cart"


def merchant_switch(request: HttpRequest) -> list[dict[str, Any]]:
    """The merchants to turn to, for whoever has several; each link takes a POST (`site_dropdown.html`)."""
    here = _merchant(request)
    mine = list(access.my_merchants(request)) if here else []
    return [
        {
            "title": merchant.name,
            "link": reverse("switch_merchant", args=[merchant.slug]),
            "icon": "check" if merchant == here else "storefront",
        }
        for merchant in mine
        if len(mine) > 1
    ]


def find_pages(request: HttpRequest, term: str) -> list[SearchResult]:
    """The command palette finds the pages of the sidebar by their title."""
    return [
        SearchResult(
            title=item["title"], description=group["title"] or "AIQ Cart", link=item["link"], icon=item["icon"]
        )
        for group in sidebar(request)
        for item in group["items"]
        if term.lower() in item["title"].lower()
    ]


def _demo_logins() -> list[dict[str, str]]:
    try:
        logins: list[dict[str, str]] = json.loads((settings.DATA_DIR / "demo.json").read_text())["logins"]
    except (OSError, ValueError, KeyError):
        return []
    return logins


def _merchant(request: HttpRequest) -> Any:
    return access.current_merchant(request) if request.user.is_authenticated else None


def _allowed(request: HttpRequest, entries: tuple[Entry, ...]) -> list[Entry]:
    merchant = access.current_merchant(request)
    return [
        entry
        for entry in entries
        if entry.link and (entry.perm is None or (merchant and access.can(request.user, entry.perm, merchant)))
    ]


def _superuser(request: HttpRequest) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    if not request.user.is_superuser:
        return ()
    return (("Installation", (Entry("People", "manage_accounts", "admin:accounts_user_changelist", None),)),)


def _help() -> tuple[Entry, ...]:
    """Docs for those who connect a store, and the support address where one is set."""
    docs = Entry("API for stores", "code", "/v2/docs/", access.MANAGE_SETTINGS)
    return (Entry("Support", "contact_support", settings.SUPPORT_URL, None), docs) if settings.SUPPORT_URL else (docs,)


def _active(path: str, links: list[str]) -> str:
    """The sidebar's link that a page belongs to: the longest that begins its path."""
    home = reverse("admin:index")
    fitting = [link for link in links if path == link or (link != home and path.startswith(link))]
    return max(fitting, key=len, default="")
