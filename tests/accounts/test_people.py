"""How people come in: the first owner, invitations, passwords, the switch between merchants."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils.http import urlsafe_base64_encode

from accounts import access
from accounts.models import Merchant, Role, User
from tests import factories as make

pytestmark = pytest.mark.django_db

FIRST = {"merchant_name": "Fernwood Tea", "name": "Olive", "email": "Olive@fern.example", "password": make.PASSWORD}


def link_in(message: Any) -> str:
    found = re.search(r"https?://[^/]+(/password/\S+)", message.body)
    assert found
    return found[1]


def test_the_front_door_leads_the_first_one_to_the_welcome_page(client: Client) -> None:
    assert client.get("/").url == "/welcome/"
    make.user()
    assert client.get("/").url == "/admin/"


def test_the_first_owner_gets_a_merchant_and_is_signed_in(client: Client) -> None:
    assert client.post("/welcome/", FIRST).url == "/admin/"
    owner, merchant = User.objects.get(), Merchant.objects.get()
    assert (owner.email, merchant.slug) == ("olive@fern.example", "fernwood-tea")
    assert access.can(owner, access.MANAGE_TEAM, merchant)
    assert client.get("/admin/").status_code == 200


def test_on_a_public_address_no_stranger_becomes_the_first_owner(client: Client, settings: Any) -> None:
    settings.PUBLIC_HOST = "cart.example.com"
    answer = client.post("/welcome/", FIRST)
    assert (answer.status_code, User.objects.count()) == (403, 0)
    assert "create_user" in answer.content.decode()


def test_the_welcome_page_is_closed_once_somebody_is_there(client: Client) -> None:
    make.user()
    assert client.get("/welcome/").status_code == 302
    assert client.post("/welcome/", FIRST).status_code == 302
    assert not Merchant.objects.exists()


def test_a_weak_password_is_refused_beside_its_field(client: Client) -> None:
    answer = client.post("/welcome/", FIRST | {"password": "123"})
    assert b"too short" in answer.content
    assert not User.objects.exists()


def test_the_last_owner_stays_an_owner(client: Client) -> None:
    merchant = make.merchant()
    client.force_login(owner := make.user(Role.OWNER, merchant))
    page = f"/admin/accounts/membership/{owner.memberships.get().code}/"
    assert b"only owner" in client.post(f"{page}change/", {"role": "staff"}).content
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code in {403, 404}
    assert owner.memberships.get().role == Role.OWNER


def test_a_role_changed_on_the_page_changes_what_the_person_may(client: Client) -> None:
    merchant = make.merchant()
    client.force_login(make.user(Role.OWNER, merchant))
    other = make.user(Role.STAFF, merchant)
    client.post(f"/admin/accounts/membership/{other.memberships.get().code}/change/", {"role": "marketing"})
    assert access.can(User.objects.get(pk=other.pk), access.BUILD_CAMPAIGNS, merchant)


def test_the_set_password_mail_is_sent_again_on_demand(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    merchant = make.merchant()
    client.force_login(make.user(Role.OWNER, merchant))
    other = make.user(Role.STAFF, merchant)
    page = f"/admin/accounts/membership/{other.memberships.get().code}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {"role": "staff"})
        client.post(page, {"role": "staff", "send_mail": "on"})
    assert [message.to for message in mail.outbox] == [[other.email]]


def test_a_person_taken_off_the_team_may_nothing(client: Client) -> None:
    merchant = make.merchant()
    client.force_login(make.user(Role.OWNER, merchant))
    other = make.user(Role.OPERATOR, merchant)
    client.post(f"/admin/accounts/membership/{other.memberships.get().code}/delete/", {"post": "yes"})
    assert not access.merchants(User.objects.get(pk=other.pk)).exists()
    assert not other.groups.exists()


def test_a_forgotten_password_is_set_anew_and_an_unknown_address_hears_the_same(client: Client) -> None:
    user = make.user()
    known, unknown = (client.post("/password/", {"email": email}) for email in (user.email, "no@where.example"))
    assert known.url == unknown.url
    assert [message.to for message in mail.outbox] == [[user.email]]


def test_a_link_to_set_a_password_names_nobody_by_key_and_ends_with_the_password(
    client: Client,
) -> None:
    user = make.user()
    client.post("/password/", {"email": user.email})
    link = link_in(mail.outbox[0])
    assert link.startswith(f"/password/{user.code}/")
    by_key = link.replace(str(user.code), urlsafe_base64_encode(str(user.pk).encode()))
    other = link.replace(str(user.code), str(make.user().code))
    assert b"Choose your password" in Client().get(link, follow=True).content
    for wrong in (by_key, other):
        assert b"Send me a new link" in Client().get(wrong, follow=True).content
    user.set_password("changed elsewhere"), user.save()
    page = Client().get(link, follow=True)
    assert b"no longer works" in page.content
    assert b'href="/password/"' in page.content


def test_an_old_link_and_one_of_somebody_switched_off_set_no_password(client: Client, settings: Any) -> None:
    user = make.user()
    client.post("/password/", {"email": user.email})
    link = link_in(mail.outbox[0])
    User.objects.update(is_active=False)
    assert b"no longer works" in Client().get(link, follow=True).content
    User.objects.update(is_active=True)
    assert b"Choose your password" in Client().get(link, follow=True).content
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert b"no longer works" in Client().get(link, follow=True).content


def test_the_switch_turns_to_a_merchant_of_mine_and_to_no_other(client: Client) -> None:
    first, second, other = make.merchant("Acorn"), make.merchant("Birch"), make.merchant("Cedar")
    client.force_login(user := make.user(Role.OWNER, first))
    access.set_role(user, second, Role.OWNER)
    assert b"Acorn" in client.get("/admin/accounts/store/").content
    client.post(f"/merchants/{second.slug}/switch/")
    assert client.session[access.SESSION_KEY] == second.slug
    assert client.get("/admin/accounts/merchant/").url.endswith(f"/{second.code}/change/")
    assert client.get(f"/merchants/{second.slug}/switch/").status_code == 405
    assert client.post(f"/merchants/{other.slug}/switch/").status_code == 404


def test_the_settings_of_a_merchant_change_what_marketing_may(client: Client) -> None:
    merchant = make.merchant()
    client.force_login(make.user(Role.OWNER, merchant))
    marketer = make.user(Role.MARKETING, merchant)
    form = {
        "name": merchant.name,
        "timezone": "America/Denver",
        "currency": "USD",
        "brand_color": "#112233",
        "order_closes": "older",
        "font": "system",
        "locale": "en_US",
        "marketing_sets_live": "on",
        "plan": "enterprise",
        "slug": "stolen",
    }
    assert client.post(f"/admin/accounts/merchant/{merchant.code}/change/", form).status_code == 302
    merchant.refresh_from_db()
    assert (merchant.plan, merchant.slug) == ("pro", merchant.slug)
    assert merchant.slug != "stolen"
    assert access.can(User.objects.get(pk=marketer.pk), access.SET_LIVE, merchant)


def test_a_person_is_shown_with_name_and_address(client: Client) -> None:
    merchant = make.merchant()
    client.force_login(make.user(Role.OWNER, merchant))
    person = make.user(Role.STAFF, merchant, name="Sam", email="sam@fern.example").memberships.get()
    page = client.get(f"/admin/accounts/membership/{person.code}/change/").content.decode()
    assert "Sam &lt;sam@fern.example&gt;" in page
    assert "[&#x27;Sam" not in page


@pytest.mark.parametrize("address", ["/nowhere", "/admin/nowhere/", "/admin/accounts/merchant/999/change/"])
def test_a_page_that_is_not_there_says_so_and_leads_home(address: str, client: Client) -> None:
    client.force_login(make.user(Role.OWNER, make.merchant()))
    answer = client.get(address)
    assert answer.status_code == 404
    assert "Nothing is here" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()
