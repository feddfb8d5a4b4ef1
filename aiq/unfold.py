"""How unfold dresses the admin. Imported by settings, so it names callables by their dotted path."""

from typing import Any

from django.templatetags.static import static

_NEUTRAL = {
    "50": "oklch(98.6% .002 160)",
    "100": "oklch(96.8% .003 160)",
    "200": "oklch(92.6% .004 160)",
    "300": "oklch(87% .006 160)",
    "400": "oklch(70.8% .01 160)",
    "500": "oklch(54% .012 160)",
    "600": "oklch(44% .013 160)",
    "700": "oklch(36.8% .013 160)",
    "800": "oklch(27.4% .012 160)",
    "900": "oklch(20.8% .011 160)",
    "950": "oklch(14.4% .009 160)",
}
_GREEN = {
    "50": "oklch(97.6% .014 160)",
    "100": "oklch(94.6% .03 160)",
    "200": "oklch(89.4% .056 160)",
    "300": "oklch(82% .086 160)",
    "400": "oklch(73% .108 160)",
    "500": "oklch(64% .112 160)",
    "600": "oklch(49% .094 160)",
    "700": "oklch(42% .08 160)",
    "800": "oklch(35.6% .065 160)",
    "900": "oklch(30% .052 160)",
    "950": "oklch(21% .036 160)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "AIQ Cart",
    "SITE_HEADER": "aiq.navigation.merchant_name",
    "SITE_SUBHEADER": "aiq.navigation.product_name",
    "SITE_URL": None,
    "SITE_ICON": lambda request: static("accounts/mark.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("accounts/mark.svg")}],
    "SITE_DROPDOWN": "aiq.navigation.merchant_switch",
    "GLOBAL_CALLBACK": "aiq.navigation.frame",
    "DASHBOARD_CALLBACK": "aiq.home.dashboard",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": _NEUTRAL, "primary": _GREEN},
    "STYLES": [lambda request: static("accounts/frame.css")],
    "LOGIN": {"image": None},
    "COMMAND": {"search_models": False, "search_callback": "aiq.navigation.find_pages"},
    "SIDEBAR": {
        "show_search": False,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "aiq.navigation.sidebar",
    },
}
