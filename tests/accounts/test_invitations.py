"""Invitations to a team: nobody works for a merchant before they said so themselves, and a team learns of nobody outside of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.joining import KEPT, OPEN_FOR, address_of
from accounts.models import Invitation, Membership, Merchant, Role, User
from campaigns import retention
from tests import factories as make

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/invitation/add/"
TEAM = "/admin/accounts/membership/"
ACCOUNT = {"name": "Nia", "password": make.PASSWORD, "answer": "yes"}


@pytest.fixture
def merchant() -> Merchant:
    return make.merchant("North Loop")


@pytest.fixture
def owner(client: Client, merchant: Merchant) -> Client:
    client.force_login(make.user(Role.OWNER, merchant, name="Olive"))
    return client


def guest_of(user: User) -> Client:
    guest = Client()
    guest.force_login(user)
    return guest


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def ask(owner: Client, django_capture_on_commit_callbacks: Any) -> Any:
    def asking(email: str, **fields: str) -> tuple[str, str]:
        """What the owner sees after adding the person, and the link in the mail to them."""
        with django_capture_on_commit_callbacks(execute=True):
            answer = owner.post(ADD, {"email": email, "name": "", "role": "analyst"} | fields, follow=True)
        found = re.search(r"https?://[^/]+(/invitation/\S+)", str(mail.outbox[-1].body))
        assert found
        return text(answer), found[1]

    return asking


def test_somebody_without_an_account_makes_it_by_accepting(ask: Any, merchant: Merchant) -> None:
    shown, link = ask("New@fern.example", name="Nia", role="marketing")
    assert "once they accept" in shown
    assert not User.objects.filter(email="new@fern.example").exists()
    assert mail.outbox[0].to == ["new@fern.example"]
    assert "North Loop" in mail.outbox[0].subject
    guest = Client()
    page = text(guest.get(link))
    assert "Olive invites you to the team, as Marketing" in page
    assert 'value="Nia"' in page
    assert "too common" in text(guest.post(link, ACCOUNT | {"password": "password"}))
    assert not Membership.objects.filter(role=Role.MARKETING).exists()
    assert guest.post(link, ACCOUNT).headers["Location"] == "/admin/"
    joined = User.objects.get(email="new@fern.example")
    assert access.can(joined, access.BUILD_CAMPAIGNS, merchant)
    assert "You now work with North Loop" in text(guest.get("/admin/"))
    assert "no longer works" in text(Client().get(link))
    assert not Invitation.objects.exists()


def test_somebody_with_an_account_accepts_signed_in_and_sees_nothing_before(ask: Any, merchant: Merchant) -> None:
    person = make.user(Role.STAFF, make.merchant("Acorn"))
    _, link = ask(person.email)
    guest = Client()
    door = f"/admin/login/?next={link}"
    assert door in text(guest.get(link))
    guest.post(link, ACCOUNT)
    signing_in = {"username": person.email, "password": make.PASSWORD, "next": link}
    assert guest.post(door, signing_in).headers["Location"] == link
    assert not access.can(person, access.SEE_REPORTS, merchant)
    assert "North Loop" not in text(guest.get("/admin/"))
    assert guest.post(f"/merchants/{merchant.slug}/switch/").status_code == 404
    assert f"You are signed in as {person.email}" in text(guest.get(link))
    assert "North Loop" in text(guest.post(link, {"answer": "yes"}, follow=True))
    assert access.can(User.objects.get(pk=person.pk), access.SEE_REPORTS, merchant)
    assert guest.post(link, {"answer": "yes"}).status_code == 404


def test_the_team_cannot_tell_who_has_an_account(ask: Any, owner: Client) -> None:
    known = make.user(Role.STAFF, make.merchant("Acorn"), name="Known Elsewhere")
    pages = []
    for email in (known.email, "nobody@fern.example"):
        shown, _ = ask(email)
        invitation = Invitation.objects.get()
        again = text(owner.post(ADD, {"email": email, "name": "", "role": "staff"}))
        change = text(owner.get(f"/admin/accounts/invitation/{invitation.code}/change/"))
        assert "invited already" in again
        hidden = re.compile(r'<input type="hidden" name="csrf[^>]*>|<time.*?</time>|nonce="[^"]*"')
        page = hidden.sub("", shown + again + change).replace(email, "…").replace(str(invitation.code), "…")
        pages.append(page)
        invitation.delete()
    assert "Known Elsewhere" not in pages[0]
    assert pages[0] == pages[1]
    first, second = (message.body for message in mail.outbox)
    assert len(first) - len(known.email) == len(second) - len("nobody@fern.example")


def test_somebody_else_does_not_answer_in_their_place(ask: Any, merchant: Merchant) -> None:
    other, person = make.user(Role.STAFF, make.merchant("Acorn")), make.user()
    _, link = ask(person.email)
    guest = guest_of(other)
    assert f"you are signed in as {other.email}" in text(guest.get(link))
    guest.post(link, ACCOUNT)
    assert merchant.memberships.count() == 1
    assert guest.post("/admin/logout/", {"next": link}).headers["Location"] == link


def test_a_link_made_of_what_the_team_sees_opens_nothing(ask: Any, merchant: Merchant) -> None:
    ask("new@fern.example")
    code = Invitation.objects.get().code
    for token in (str(code), code.hex, "nonsense", "a%00b", "x" * 9_000):
        assert Client().post(f"/invitation/{token}/", ACCOUNT).status_code == 404
    assert merchant.memberships.count() == 1


def test_who_declines_stays_out_and_may_be_asked_again(
    ask: Any, owner: Client, merchant: Merchant, django_capture_on_commit_callbacks: Any
) -> None:
    _, link = ask("new@fern.example")
    assert "You said no" in text(Client().post(link, {"answer": "no"}))
    assert Client().post(link, ACCOUNT).status_code == 404
    assert "Declined" in text(owner.get(TEAM))
    page = f"/admin/accounts/invitation/{Invitation.objects.get().code}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(page, {"role": "staff"})
        assert Client().get(link).status_code == 404
        owner.post(page, {"role": "staff", "send_again": "on"})
    assert len(mail.outbox) == 2
    Client().post(link, ACCOUNT)
    assert merchant.memberships.get(user__email="new@fern.example").role == Role.STAFF


def test_an_invitation_ends_after_a_week_when_taken_back_and_for_who_was_switched_off(
    ask: Any, owner: Client, merchant: Merchant
) -> None:
    person = make.user()
    _, link = ask(person.email)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert Client().get(link).status_code == 404
    User.objects.filter(pk=person.pk).update(is_active=True)
    Invitation.objects.update(sent_at=timezone.now() - OPEN_FOR)
    assert guest_of(person).post(link, {"answer": "yes"}).status_code == 404
    assert "Expired" in text(owner.get(TEAM))
    Invitation.objects.update(sent_at=timezone.now())
    owner.post(f"/admin/accounts/invitation/{Invitation.objects.get().code}/delete/", {"post": "yes"})
    gone = guest_of(person).post(link, {"answer": "yes"})
    assert gone.status_code == 404
    assert "Ask the person who invited you" in text(gone)
    assert merchant.memberships.count() == 1


def test_who_got_a_role_meanwhile_keeps_it(merchant: Merchant) -> None:
    person = make.user(Role.OWNER, merchant)
    link = address_of(make.invitation(merchant, person.email, role=Role.STAFF))
    guest_of(person).post(link, {"answer": "yes"})
    assert merchant.memberships.get().role == Role.OWNER


def test_a_person_is_not_asked_who_is_on_the_team(owner: Client, merchant: Merchant) -> None:
    member = make.user(Role.STAFF, merchant)
    answer = owner.post(ADD, {"email": member.email.upper(), "name": "", "role": "owner"})
    assert "on the team already" in text(answer)
    assert not Invitation.objects.exists()


def test_a_failing_mail_server_loses_no_invitation(
    owner: Client, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.post(ADD, {"email": "n@fern.example", "name": "", "role": "staff"}).status_code == 302
    assert Invitation.objects.filter(email="n@fern.example").exists()


def test_the_old_address_of_adding_a_person_leads_to_the_new_one(owner: Client, merchant: Merchant) -> None:
    assert owner.get(f"{TEAM}add/").headers["Location"] == ADD
    assert guest_of(make.user(Role.OPERATOR, merchant)).get(f"{TEAM}add/").status_code == 404


def test_an_invitation_without_an_answer_is_forgotten(merchant: Merchant) -> None:
    now = timezone.now()
    make.invitation(merchant, sent_at=now - KEPT - timedelta(days=1)), (kept := make.invitation(merchant))
    retention.forget(now)
    assert Invitation.objects.get() == kept
