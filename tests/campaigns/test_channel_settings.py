"""Settings → Channels: who may, what is refused, and the addresses for the provider."""

from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Role
from campaigns.models import ChannelSettings
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/admin/channels/"
TEXTS = {
    "channel": "sms", "sms-enabled": "on", "sms-sender_kind": "toll_free", "sms-sender": "+1 (833) 555-0100", "sms-price": "0.0079",
    "sms-cap_messages": "2", "sms-cap_hours": "168",
}  # fmt: skip


@pytest.fixture
def merchant():
    return factories.merchant()


@pytest.fixture
def client(merchant):
    made = Client()
    made.force_login(factories.user(Role.OPERATOR, merchant))
    return made


def test_settings_are_saved_for_the_channel_alone_and_give_its_addresses(client, merchant) -> None:
    assert "/callbacks/sms/" not in client.get(URL).content.decode()
    assert client.post(URL, TEXTS).status_code == 302
    own = ChannelSettings.objects.get()
    assert (own.merchant, own.channel, own.sender, own.sender_kind) == (merchant, "sms", "+18335550100", "toll_free")
    assert (own.price, own.cap_messages, own.cap_hours) == (Decimal("0.00790"), 2, 168)
    page = client.get(URL).content.decode()
    assert f"/callbacks/sms/{own.code}/inbound" in page


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"sms-sender": "833 555 0100"}, "sender"),
        ({"sms-sender_kind": "short_code"}, "sender"),
        ({"sms-sender_kind": "name", "sms-sender": "Fernwood and sons"}, "sender"),
        ({"sms-sender_kind": "name", "sms-sender": "12345"}, "sender"),
        ({"sms-price": "-1"}, "price"),
        ({"sms-cap_hours": ""}, "cap_hours"),
        ({"sms-cap_messages": ""}, "cap_messages"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(client, given, field) -> None:
    answer = client.post(URL, TEXTS | given)
    form = next(form for form in answer.context["forms"] if form.slug == "sms")
    assert (answer.status_code, field in form.errors) == (422, True)
    assert not ChannelSettings.objects.exists()


@pytest.mark.parametrize(("kind", "sender"), [("short_code", "84433"), ("name", "Fernwood")])
def test_short_codes_and_names_are_senders_too(client, kind, sender) -> None:
    client.post(URL, TEXTS | {"sms-sender_kind": kind, "sms-sender": sender})
    assert ChannelSettings.objects.get().sender == sender


def test_limits_are_taken_away_by_leaving_them_empty(client) -> None:
    client.post(URL, TEXTS)
    client.post(URL, TEXTS | {"sms-cap_messages": "", "sms-cap_hours": ""})
    own = ChannelSettings.objects.get()
    assert (own.cap_messages, own.cap_hours) == (None, None)


@pytest.mark.parametrize("role", [Role.MARKETING, Role.ANALYST, Role.STAFF])
def test_only_who_may_manage_settings_comes_in(merchant, role) -> None:
    client = Client()
    client.force_login(factories.user(role, merchant))
    assert client.get(URL).status_code == 404
    assert client.post(URL, TEXTS).status_code == 404
    assert not ChannelSettings.objects.exists()


def test_texts_of_regulated_goods_begin_switched_off(client, merchant) -> None:
    merchant.regulated_goods = True
    merchant.save()
    form = next(form for form in client.get(URL).context["forms"] if form.slug == "sms")
    assert form["enabled"].value() is False
