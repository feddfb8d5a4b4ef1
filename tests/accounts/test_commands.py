"""create_merchant and create_user, and how every support command answers, asks and refuses."""

import io
import json
import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts import access
from accounts.models import Merchant, Role, User
from aiq.lib.commands import Refused, as_text
from tests import factories as make

pytestmark = pytest.mark.django_db


def answer(*args: Any) -> Any:
    out = io.StringIO()
    call_command(*args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_create_merchant_answers_slug_and_code() -> None:
    made = answer("create_merchant", "Fernwood Tea & Goods", "--plan", "pro", "--postal-address", "1 Main Street")
    merchant = Merchant.objects.get()
    assert made == {"merchant": "fernwood-tea-goods", "code": str(merchant.code)}
    assert (merchant.plan, merchant.postal_address) == ("pro", "1 Main Street")


@pytest.mark.parametrize(
    "wrong",
    [
        ("New", "--slug", "taken"),
        ("New", "--slug", "A b"),
        ("New", "--timezone", "Moon"),
        ("New", "--currency", "dollars"),
        ("New", "--currency", "XXQ"),
        ("  ",),
    ],
)
def test_create_merchant_refuses_with_a_reason(wrong: tuple[str, ...]) -> None:
    make.merchant(slug="taken")
    with pytest.raises(Refused) as refused:
        answer("create_merchant", *wrong)
    assert refused.value.returncode == 1
    assert str(refused.value)
    assert Merchant.objects.count() == 1


def test_create_user_reads_the_password_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = make.merchant(slug="fern")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{make.PASSWORD}\n"))
    made = answer("create_user", "Mara@fern.example", "--merchant", "fern", "--role", "marketing", "--password-stdin")
    user = User.objects.get()
    assert made == {"user": "mara@fern.example", "merchant": "fern", "role": "marketing"}
    assert user.check_password(make.PASSWORD)
    assert access.can(user, access.BUILD_CAMPAIGNS, merchant)
    assert not mail.outbox


def test_create_user_without_a_password_mails_a_link_that_lets_in() -> None:
    invited = make.invitation(merchant := make.merchant(slug="fern"), "mara@fern.example")
    answer("create_user", invited.email, "--merchant", "fern", "--role", "staff")
    link = re.search(r"https?://[^/]+(/password/\S+)", str(mail.outbox[0].body))
    assert link
    guest = Client()
    page = guest.get(link[1], follow=True)
    guest.post(page.request["PATH_INFO"], {"new_password1": make.PASSWORD, "new_password2": make.PASSWORD})
    assert guest.get("/admin/campaigns/shopper/").status_code == 200
    assert b"no longer works" in Client().get(link[1], follow=True).content
    assert not merchant.invitations.exists()


def test_create_user_tells_somebody_with_an_account_of_the_new_merchant() -> None:
    make.merchant("North Loop", slug="north")
    person = make.user(Role.STAFF, make.merchant())
    answer("create_user", person.email, "--merchant", "north", "--role", "analyst")
    assert "North Loop" in mail.outbox[0].subject
    assert "/password/" not in mail.outbox[0].body
    assert person.memberships.count() == 2


@pytest.mark.parametrize(
    ("password", "why"), [("demo", "too short"), ("password", "too common"), ("mara@fern.exam", "similar")]
)
def test_create_user_holds_a_password_to_the_rules_of_the_pages(
    password: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.merchant(slug="fern")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    with pytest.raises(Refused, match=f"{why}.*give another password"):
        answer("create_user", "mara@fern.example", "--merchant", "fern", "--role", "staff", "--password-stdin")
    assert not User.objects.exists()


def test_create_user_does_not_overwrite_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    make.merchant(slug="fern")
    user = make.user()
    monkeypatch.setattr("sys.stdin", io.StringIO("another one\n"))
    with pytest.raises(Refused):
        answer("create_user", user.email, "--merchant", "fern", "--role", "staff", "--password-stdin")
    assert User.objects.get().check_password(make.PASSWORD)
    assert not user.memberships.exists()


@pytest.mark.parametrize("args", [("x@y.example", "--merchant", "none"), ("no address", "--merchant", "fern")])
def test_create_user_refuses_what_does_not_exist(args: tuple[str, ...]) -> None:
    make.merchant(slug="fern")
    with pytest.raises(Refused):
        answer("create_user", *args, "--role", "staff")
    assert not User.objects.exists()


def test_a_table_has_a_head_and_says_when_it_is_empty() -> None:
    assert as_text([{"name": "A", "plan": None}]).splitlines() == ["name  plan", "A"]
    assert as_text([]) == "Nothing found."
