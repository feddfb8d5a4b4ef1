"""The database is away: whoever calls is told to try again, and a click still leads to the shop."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from campaigns.links import LinkMaker
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Client:
    """The owner, signed in before the database went away."""
    client = Client(raise_request_exception=False)
    client.force_login(factories.user(merchant=factories.merchant()))
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    return client


def test_pages_and_callbacks_say_when_to_try_again(visitor: Client) -> None:
    links = LinkMaker("", uuid4())
    unsubscribe = visitor.post(links.unsubscribe_url, {"List-Unsubscribe": "One-Click"})
    callback = visitor.post(f"/callbacks/sms/{uuid4()}/inbound", {"From": "+15550100"})
    for answer in (visitor.get("/admin/"), visitor.get(links.unsubscribe_url), unsubscribe, callback):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Nothing is lost" in answer.content.decode()


def test_a_click_still_leads_to_the_shop(visitor: Client) -> None:
    answer = visitor.get(LinkMaker("", uuid4()).track("https://shop.example/cart"))
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://shop.example/cart")
