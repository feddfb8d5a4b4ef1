"""The address of a cart with a discount's code in it. Pure. It never leaves the host of the address it is given.

How a shop takes a code is a word of `Store.discount_link`: the name of a query parameter, or a path that sets the code
and leads on. Shopify takes `/discount/CODE?redirect=PATH` in front of its pages; its cart permalinks and the links back
to a checkout take the parameter `discount` themselves
(shopify.dev/docs/apps/build/checkout/create-cart-permalinks).
"""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

PARAMETER = "discount"
_TAKES_PARAMETER = re.compile(r"/(cart|checkouts)/.|/checkouts/")


def with_code(address: str, code: str, rule: str = "") -> str:
    """`address` so that the shop applies `code`. `rule`: the store's; empty: a query parameter called discount."""
    parts = urlsplit(address)
    if not rule.startswith("/"):
        return _with_parameter(address, rule or PARAMETER, code)
    if _TAKES_PARAMETER.search(parts.path):
        return _with_parameter(address, PARAMETER, code)
    back = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    path, _, query = (
        rule.replace("{code}", quote(code, safe="")).replace("{path}", quote(back, safe="/")).partition("?")
    )
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _with_parameter(address: str, name: str, code: str) -> str:
    parts = urlsplit(address)
    others = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return urlunsplit(parts._replace(query=urlencode([*others, (name, code)])))
