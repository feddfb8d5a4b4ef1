"""The Content-Security-Policy of pages: the admin allows what Alpine needs, public pages nothing of the kind."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def policy(path: str) -> str:
    return Client().get(path).headers["Content-Security-Policy"]


def test_pages_run_no_script_but_our_own() -> None:
    script = next(part for part in policy("/admin/login/").split("; ") if part.startswith("script-src"))
    assert script == "script-src 'self' 'unsafe-eval'"


def test_pages_of_shoppers_run_no_script_at_all() -> None:
    assert policy("/u/not-a-token").startswith("default-src 'none'")
    assert "script-src" not in policy("/u/not-a-token")
