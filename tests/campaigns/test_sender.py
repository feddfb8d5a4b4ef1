"""Settings → Sender, against a name server of our own on this machine."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Merchant, Role
from campaigns.drafting import review
from campaigns.models import SenderDomain
from campaigns.sender import lookup, watching
from campaigns.sender.findings import findings
from campaigns.sender.providers import PROVIDERS, asks_of
from tests import factories

pytestmark = pytest.mark.django_db
SENDGRID = PROVIDERS["sendgrid"]
KEY = "v=DKIM1; k=rsa; p=MIGfMA0"
POLICY = "v=DMARC1; p=reject; adkim=s"
PATH = "/admin/sender/"


def said(spf: list[str] = [], dkim: dict[str, str] = {}, dmarc: list[str] = [], at: str = "shop.example") -> Any:  # noqa: B006
    return {"spf": spf, "dkim": dkim, "dmarc": dmarc, "dmarc_at": at}


@pytest.mark.parametrize(
    ("found", "code", "right", "value"),
    [
        (said(), "spf", False, "v=spf1 include:sendgrid.net ~all"),
        (said(["v=spf1 include:sendgrid.net -all"]), "spf", True, ""),
        (said(["v=spf1 mx ~all"]), "spf", False, "v=spf1 include:sendgrid.net mx ~all"),
        (said(["v=spf1 include:sendgrid.net +all"]), "spf", False, "v=spf1 include:sendgrid.net ~all"),
        (said(["v=spf1 mx -all", "v=spf1 a ~all"]), "spf", False, "v=spf1 mx a include:sendgrid.net ~all"),
        (said(), "dkim", False, ""),
        (said(dkim={"s1": KEY}), "dkim", True, ""),
        (said(dkim={"s1": "v=DKIM1; p="}), "dkim", False, ""),
        (said(), "dmarc", False, "v=DMARC1; p=none; rua=mailto:dmarc@shop.example"),
        (said(dmarc=[POLICY]), "dmarc", True, ""),
        (said(dmarc=[POLICY, POLICY]), "dmarc", False, "v=DMARC1; p=none; rua=mailto:dmarc@shop.example"),
        (said(dmarc=["v=DMARC1; p=maybe"]), "dmarc", False, "v=DMARC1; p=none; rua=mailto:dmarc@shop.example"),
    ],
)
def test_each_record_is_right_or_comes_with_the_one_to_add(found: Any, code: str, right: bool, value: str) -> None:
    (finding,) = [one for one in findings("shop.example", found, SENDGRID) if one.code == code]
    assert (finding.right, finding.value) == (right, value)


def test_a_plain_mail_server_asks_for_no_provider() -> None:
    asks = asks_of("django.core.mail.backends.smtp.EmailBackend")
    assert findings("shop.example", said(["v=spf1 ip4:192.0.2.1 -all"]), asks)[0].right
    assert asks_of("anymail.backends.sendgrid.EmailBackend") == SENDGRID


class Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        asked = dns.message.from_wire(self.request[0])
        name = asked.question[0].name
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        texts = self.server.zone.get(name.to_text(omit_final_dot=True))  # type: ignore[attr-defined]
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts == "broken":
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [f'"{text}"' for text in texts]))
        self.request[1].sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def zone(settings: Any) -> Iterator[dict[str, Any]]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer) as server:
        server.zone = {}  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.DNS_SERVER = f"127.0.0.1:{server.server_address[1]}"
        settings.EMAIL_URL = "anymail+sendgrid://"
        settings.EMAIL_BACKEND = "anymail.backends.sendgrid.EmailBackend"
        yield server.zone  # type: ignore[attr-defined]
        server.shutdown()


def test_a_subdomain_inherits_the_policy_above_it_and_long_keys_are_joined(zone: dict[str, Any]) -> None:
    zone["mail.shop.example"] = ["google-site-verification=1", "v=spf1 include:sendgrid.net ~all"]
    zone["s1._domainkey.mail.shop.example"] = ['v=DKIM1; p=AAA" "BBB']
    zone["_dmarc.shop.example"] = [POLICY]
    assert lookup.look_up("mail.shop.example", ("s1", "s2")) == {
        "spf": ["v=spf1 include:sendgrid.net ~all"],
        "dmarc_at": "shop.example",
        "dmarc": [POLICY],
        "dkim": {"s1": "v=DKIM1; p=AAABBB"},
    }


def signed_in(merchant: Merchant, role: str = Role.OWNER) -> Client:
    client = Client()
    client.force_login(factories.user(role, merchant))
    return client


def merchant(address: str = "hello@shop.example") -> Merchant:
    return factories.merchant(sender_email=address)


def test_checking_again_shows_what_is_missing_and_what_was_added(zone: dict[str, Any]) -> None:
    client = signed_in(merchant())
    text = client.get(PATH).content.decode()
    assert "Not looked up yet" in text
    assert "Reports are not protected" in text
    zone["shop.example"] = ["v=spf1 mx ~all"]
    text = client.post(PATH, {"domain": "shop.example"}, follow=True).content.decode()
    assert 'data-copy="v=spf1 include:sendgrid.net mx ~all"' in text
    assert 'data-copy="s1._domainkey.shop.example"' in text
    zone["shop.example"] = ["v=spf1 include:sendgrid.net mx ~all"]
    zone["own._domainkey.shop.example"], zone["_dmarc.shop.example"] = [KEY], [POLICY]
    text = client.post(PATH, {"domain": "shop.example", "selector": "own"}, follow=True).content.decode()
    assert "to do" not in text
    assert "signs as exactly shop.example" in text
    assert SenderDomain.objects.get().dkim_selector == "own"


def test_owners_are_told_once_of_a_record_that_is_gone(zone: dict[str, Any], settings: Any, mailoutbox: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    own, now = merchant(), timezone.now()
    client = signed_in(own)
    zone["shop.example"], zone["_dmarc.shop.example"] = ["v=spf1 a -all"], [POLICY]
    zone["own._domainkey.shop.example"] = [KEY]
    client.post(PATH, {"domain": "shop.example", "selector": "own"})
    del zone["own._domainkey.shop.example"]
    for hours in (1, 25, 50, 75):
        zone["shop.example"] = "broken" if hours == 50 else ["v=spf1 a -all"]
        watching.look_again(now + timedelta(hours=hours))
        assert len(mailoutbox) == (hours > 1)
    assert mailoutbox[0].subject == "Missing in the DNS of shop.example: DKIM"
    assert "No longer in order: DKIM" in client.get(PATH).content.decode()
    zone["own._domainkey.shop.example"] = [KEY]
    watching.look_again(now + timedelta(days=5))
    assert "No longer in order" not in client.get(PATH).content.decode()
    Merchant.objects.update(sender_email="hello@other.example")
    zone.clear()
    watching.look_again(now + timedelta(days=7))
    assert len(mailoutbox) == 1


def test_no_answer_is_not_a_missing_record(zone: dict[str, Any]) -> None:
    zone["shop.example"] = "broken"
    text = signed_in(merchant()).post(PATH, {"domain": "shop.example"}, follow=True).content.decode()
    assert "No name server answered" in text
    assert not SenderDomain.objects.exists()


def test_only_own_sender_domains_are_looked_up_and_by_those_who_may(zone: dict[str, Any]) -> None:
    own = merchant()
    assert signed_in(own).post(PATH, {"domain": "other.example"}).status_code == 404
    assert signed_in(own, Role.MARKETING).get(PATH).status_code == 404
    signed_in(own).post(PATH, {"domain": "shop.example", "selector": "a b"})
    assert not SenderDomain.objects.exists()


def test_a_mailbox_providers_domain_is_warned_of_and_not_looked_up(zone: dict[str, Any]) -> None:
    client = signed_in(merchant("me@gmail.com"))
    assert "belongs to a mailbox provider" in client.get(PATH).content.decode()
    assert client.post(PATH, {"domain": "gmail.com"}).status_code == 404


def test_review_warns_where_records_are_missing(zone: dict[str, Any]) -> None:
    campaign = factories.campaign(merchant())

    def found() -> tuple[str, str]:
        (check,) = [one for one in review.checks(campaign, timezone.now()) if one.code == "sender_domain"]
        return check.level, check.text

    assert found()[0] == "warn"
    SenderDomain.objects.create(
        merchant=campaign.merchant,
        domain="shop.example",
        found=said(["v=spf1 include:sendgrid.net ~all"], {"s1": KEY}),
        checked_at=timezone.now(),
    )
    assert found() == ("warn", "The DNS of shop.example lacks DMARC, so mails may land in spam.")
    SenderDomain.objects.update(found=said(["v=spf1 include:sendgrid.net ~all"], {"s1": KEY}, [POLICY]))
    assert found()[0] == "ok"


def test_review_says_nothing_of_the_dns_where_mails_are_caught(settings: Any) -> None:
    settings.EMAIL_URL = ""
    checks = review.checks(factories.campaign(merchant()), timezone.now())
    assert "sender_domain" not in {check.code for check in checks}
