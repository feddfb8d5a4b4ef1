"""Which requests take the short path, and what they are spared."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from aiq.shortpath import PREFIXES, ShortPathMiddleware


def long_way(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the long way")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_take_the_short_path(path: str) -> None:
    assert path.startswith(PREFIXES)


@pytest.mark.parametrize("path", ["/admin/", "/", "/inbox/", "/campaigns/", "/v2", "/users/"])
def test_people_take_the_long_way(path: str) -> None:
    assert ShortPathMiddleware(long_way)(RequestFactory().get(path)).content == b"the long way"


def test_a_short_answer_sets_no_cookie_but_the_headers_that_matter(client: Client) -> None:
    response = client.get("/healthz")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


def test_over_https_it_says_so_to_browsers(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    response = ShortPathMiddleware(long_way)(RequestFactory().get("/healthz"))
    assert response.headers["Strict-Transport-Security"].startswith("max-age=60")


def test_an_unknown_address_is_a_404_not_an_error(client: Client) -> None:
    assert client.get("/v2/no-such-thing").status_code == 404
