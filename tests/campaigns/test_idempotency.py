"""A provider that honours an idempotency key: what nobody knows of is handed over again, and leaves once."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from campaigns import handover, sending, tracking
from campaigns.consent import consents
from campaigns.models import ChannelSettings, Consent, Delivery, Episode
from tests import factories

pytestmark = pytest.mark.django_db


class Resend(BaseHTTPRequestHandler):
    """Keeps what it took by its key. `server.mood`: answer, or take the mail and lose the answer, or refuse."""

    def do_POST(self) -> None:
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        server.calls.append(key)
        if server.mood == "conflict":
            self.answer(409, {"name": server.conflict})
            return
        if server.mood != "refuse":
            server.taken.setdefault(key, body)
        if server.mood == "hang up":
            self.connection.close()
            return
        status = {"break": 500, "refuse": 422}.get(server.mood, 200)
        self.answer(status, {"id": f"re-{key}"})

    def answer(self, status: int, body: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def resend(settings: Any) -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Resend) as server:
        server.calls, server.taken, server.mood, server.conflict = [], {}, "take", ""  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
        settings.ANYMAIL = {"RESEND_API_KEY": "k", "RESEND_API_URL": f"http://127.0.0.1:{server.server_port}/"}
        yield server
        server.shutdown()


@pytest.fixture
def delivery() -> Delivery:
    merchant = factories.merchant()
    return factories.delivery(factories.live_campaign(merchant), factories.abandoned_cart(merchant))


def send(delivery: Delivery) -> str:
    Delivery.objects.filter(status="pending").update(send_at=datetime.now(UTC))
    sending.send_batch()
    delivery.refresh_from_db()
    return delivery.status


@pytest.mark.parametrize("mood", ["hang up", "break"])
def test_what_nobody_knows_of_is_sent_again_under_the_same_key_and_leaves_once(
    resend: Any, delivery: Delivery, mood: str
) -> None:
    resend.mood = mood
    assert send(delivery) == "pending"
    assert delivery.send_at > datetime.now(UTC)
    assert delivery.decisions.latest("pk").outcome == "deferred"
    resend.mood = "take"
    assert send(delivery) == "sent"
    assert delivery.provider_id == f"re-{delivery.code}"
    assert resend.calls == [str(delivery.code)] * 2
    assert len(resend.taken) == 1


def test_after_a_few_tries_it_stays_unknown(resend: Any, delivery: Delivery) -> None:
    resend.mood = "break"
    assert [send(delivery) for _ in range(handover.UNKNOWN_AGAIN + 2)] == [
        *["pending"] * handover.UNKNOWN_AGAIN,
        *["unknown"] * 2,
    ]
    assert len(resend.calls) == handover.UNKNOWN_AGAIN + 1


def test_it_is_not_tried_again_where_it_would_be_too_late(resend: Any, delivery: Delivery) -> None:
    Delivery.objects.update(expires_at=datetime.now(UTC) + timedelta(seconds=20))
    resend.mood = "break"
    assert send(delivery) == "unknown"


@pytest.mark.parametrize(
    ("name", "status"), [("concurrent_idempotent_requests", "pending"), ("invalid_idempotent_request", "unknown")]
)
def test_a_key_in_use_says_whether_to_wait(resend: Any, delivery: Delivery, name: str, status: str) -> None:
    resend.mood, resend.conflict = "conflict", name
    assert send(delivery) == status


def test_a_refusal_stays_a_refusal(resend: Any, delivery: Delivery) -> None:
    resend.mood = "refuse"
    assert send(delivery) == "failed"


def test_a_report_that_comes_first_ends_the_waiting(resend: Any, delivery: Delivery) -> None:
    resend.mood = "break"
    send(delivery)
    tracking.reported(delivery.code, "delivered", datetime.now(UTC), event_id="e-1")
    assert send(delivery) == "delivered"
    assert len(resend.calls) == 1


@pytest.mark.parametrize("since", ["bought", "opted out", "opted out unseen"])
def test_what_may_have_left_is_never_said_not_to_have(resend: Any, delivery: Delivery, since: str) -> None:
    resend.mood = "break"
    send(delivery)
    assert delivery.shopper
    if since == "bought":
        Episode.objects.update(closed_at=datetime.now(UTC), closed_by="ordered")
    elif since == "opted out":
        consents.opt_out(delivery.shopper.pk, "email", source="test", now=datetime.now(UTC))
    else:
        Consent.objects.update(status="unsubscribed")
    reason = "bought" if since == "bought" else "no_consent"
    assert (send(delivery), delivery.reason) == ("unknown", reason)
    newest = delivery.decisions.latest("pk")
    assert (newest.outcome, newest.reason) == ("unknown", reason)
    assert len(resend.calls) == 1
    tracking.reported(delivery.code, "delivered", datetime.now(UTC), event_id="e-1")
    assert send(delivery) == "delivered"


def test_a_refusal_under_the_same_key_does_not_say_what_became_of_the_first(resend: Any, delivery: Delivery) -> None:
    resend.mood = "hang up"
    send(delivery)
    resend.mood = "refuse"
    assert (send(delivery), delivery.reason) == ("unknown", "refused")


def test_what_may_have_left_counts_for_the_limits_but_not_against_itself(resend: Any, delivery: Delivery) -> None:
    merchant, shopper = delivery.merchant, delivery.shopper
    ChannelSettings.objects.create(merchant=merchant, channel="email", cap_messages=1, cap_hours=24)
    resend.mood = "break"
    send(delivery)
    other = factories.delivery(delivery.campaign, factories.abandoned_cart(merchant, shopper), shopper=shopper)
    resend.mood = "take"
    Delivery.objects.filter(pk=other.pk).update(send_at=datetime.now(UTC))
    sending.send_batch()
    other.refresh_from_db()
    assert other.status in {"pending", "skipped"}
    assert other.decisions.latest("pk").reason == "capped"
    assert send(delivery) == "sent"


@pytest.mark.parametrize(("late", "status"), [(False, "sent"), (True, "unknown")])
def test_a_group_whose_sender_died_is_handed_over_again_under_its_keys(
    resend: Any, delivery: Delivery, late: bool, status: str
) -> None:
    ended = datetime.now(UTC) - timedelta(minutes=1)
    expires = {"expires_at": ended} if late else {}
    Delivery.objects.update(status="sending", claim_token=uuid4(), lease_until=ended, attempts=1, **expires)
    assert sending.sweep() == 1
    assert send(delivery) == status
    assert resend.calls == ([] if late else [str(delivery.code)])


def test_a_provider_without_keys_is_asked_once(resend: Any, delivery: Delivery, settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "k", "POSTMARK_API_URL": settings.ANYMAIL["RESEND_API_URL"]}
    resend.mood = "break"
    assert [send(delivery), send(delivery)] == ["unknown", "unknown"]
    assert resend.calls == [None]
