"""Every mail provider by name: EMAIL_URL and its keys make one call to it, and its reports reach the delivery they are about."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from aiq import environment
from aiq.environment import ESPS, Env
from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt
from campaigns.channels.email import EmailChannel
from campaigns.models import Delivery, SoftBounce, Suppression, TrackingEvent
from tests import factories
from tests.campaigns.test_mime import MESSAGE

# What each needs beside its address; amazon_ses has a client of its own (boto3), and is asked below.
KEYS = {
    "brevo": {"API_KEY": "sesame"},
    "mailersend": {"API_TOKEN": "sesame"},
    "mailgun": {"API_KEY": "sesame"},
    "mailjet": {"API_KEY": "sesame", "SECRET_KEY": "s"},
    "mailtrap": {"API_TOKEN": "sesame"},
    "mandrill": {"API_KEY": "sesame"},
    "postal": {"API_KEY": "sesame"},
    "postmark": {"SERVER_TOKEN": "sesame"},
    "resend": {"API_KEY": "sesame"},
    "scaleway": {"SECRET_KEY": "sesame", "PROJECT_ID": "p"},
    "sendgrid": {"API_KEY": "sesame"},
    "sparkpost": {"API_KEY": "sesame"},
    "unisender_go": {"API_KEY": "sesame"},
}

NOWHERE = "http://127.0.0.1:1/"
# What one or another provider would fill in: it must go as written.
SIGNS = "*|X|* {{x}} {$x} %recipient.x% -x- #x#"


class Anything(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.calls.append((str(self.headers), body))  # type: ignore[attr-defined]
        status, told = self.server.answer  # type: ignore[attr-defined]
        answer = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def anything() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Anything) as server:
        server.calls, server.answer = [], (500, {})  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("name", [*KEYS])
def test_each_provider_is_called_once_with_its_key_our_text_and_our_code(
    anything: Any, name: str, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMAIL_URL", f"anymail+{name.replace('_', '-')}://")
    options = KEYS[name] | {"API_URL": f"http://127.0.0.1:{anything.server_port}/"}
    for key, value in options.items():
        monkeypatch.setenv(f"ANYMAIL_{name.upper()}_{key}", value)
    for key, value in environment.email(Env(), tmp_path).items():
        setattr(settings, key, value)
    EmailChannel().send_many([replace(MESSAGE, headers=(), text=SIGNS)])
    [(headers, body)] = anything.calls
    keyed = base64.b64encode(b"sesame:s").decode(), base64.b64encode(b"api:sesame").decode()
    assert any(key in headers + body for key in ("sesame", *keyed))
    assert not any(
        filled in body for filled in ("merge_vars", "recipient-variables", "substitution_data", 'personalization"')
    )
    for words in ("anna@example.com", MESSAGE.delivery_code, SIGNS):
        assert words in unquote_plus(body).replace("\\", "")


def test_the_table_names_every_provider() -> None:
    assert {*KEYS, "amazon_ses"} == set(ESPS)


@pytest.fixture
def amazon(anything: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The stand-in for Amazon SES, which is asked by its own client."""
    asked = {"aws_access_key_id": "sesame", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    asked["endpoint_url"] = f"http://127.0.0.1:{anything.server_port}/"
    monkeypatch.setenv("EMAIL_URL", "anymail+amazon-ses://")
    monkeypatch.setenv("ANYMAIL_AMAZON_SES_CLIENT_PARAMS", json.dumps(asked))
    for key, value in environment.email(Env(), tmp_path).items():
        setattr(settings, key, value)
    return anything


def sent_by_amazon() -> Outcome:
    [outcome] = EmailChannel().send_many([replace(MESSAGE, headers=())])
    return outcome


def test_amazon_is_called_once_with_its_key_our_text_and_our_code(amazon: Any) -> None:
    amazon.answer = 200, {"MessageId": "m-1"}
    assert sent_by_amazon() == Receipt("m-1")
    [(headers, body)] = amazon.calls
    assert "Credential=sesame/" in headers
    mail = message_from_bytes(base64.b64decode(json.loads(body)["Content"]["Raw"]["Data"]), policy=policy.default)
    assert json.loads(mail["X-Metadata"]) == {"delivery": MESSAGE.delivery_code}
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert MESSAGE.text.strip() in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (400, "MessageRejected", (ChannelError, True)),
        (429, "TooManyRequestsException", (ChannelError, False)),
        (500, "InternalServiceErrorException", (OutcomeUnknown, None)),
    ],
)
def test_amazon_is_not_asked_again_whatever_it_answers(
    amazon: Any, status: int, error: str, outcome: tuple[type, bool | None]
) -> None:
    amazon.answer = status, {"__type": error, "message": "no"}
    told = sent_by_amazon()
    assert (type(told), getattr(told, "permanent", None)) == outcome
    assert len(amazon.calls) == 1


@pytest.mark.parametrize("lacks", ["endpoint_url", "region_name", "aws_access_key_id"])
def test_what_never_reached_amazon_is_tried_again(
    amazon: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    """Nobody listens there, or the client cannot even be made."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    params = settings.ANYMAIL["AMAZON_SES_CLIENT_PARAMS"]
    without = {name: value for name, value in params.items() if name != lacks}
    settings.ANYMAIL = {"AMAZON_SES_CLIENT_PARAMS": without | ({lacks: NOWHERE} if lacks == "endpoint_url" else {})}
    told = sent_by_amazon()
    assert isinstance(told, ChannelError)
    assert not told.permanent
    assert amazon.calls == []


SECRET = "name:password"
SIGNING = "signing-key"


def postmark(code: str) -> dict[str, Any]:
    return {
        "RecordType": "Bounce", "MessageStream": "outbound", "ID": 1, "MessageID": "m-1", "Type": "HardBounce", "Email": "a@b.example",
        "BouncedAt": "2026-11-24T10:00:00Z", "Metadata": {"delivery": code},
    }  # fmt: skip


def sendgrid(code: str) -> list[dict[str, Any]]:
    event = {"event": "bounce", "type": "bounce", "timestamp": 1795514400, "email": "a@b.example", "sg_event_id": "e-1"}
    return [event | {"delivery": code, "anymail_id": "m-1"}]


def mailgun(code: str) -> dict[str, Any]:
    stamp, token = "1795514400", "t" * 50
    signed = hmac.new(SIGNING.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    event = {"event": "failed", "severity": "permanent", "reason": "bounce", "timestamp": 1795514400.1, "id": "e-1"}
    about = {"recipient": "a@b.example", "user-variables": {"delivery": code}, "message": {"headers": {}}}
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": signed},
        "event-data": event | about,
    }


def brevo(code: str) -> dict[str, Any]:
    event = {"event": "hard_bounce", "email": "a@b.example", "ts_epoch": 1795514400000, "message-id": "m-1", "id": 1}
    return event | {"X-Mailin-custom": json.dumps({"delivery": code})}


def mailersend(code: str) -> dict[str, Any]:
    about = {"message": {"id": "m-1"}, "recipient": {"email": "a@b.example"}, "tags": [code]}
    event = {"type": "activity.hard_bounced", "created_at": "2026-11-24T10:00:00Z"}
    return event | {"data": {"id": "e-1", "type": "hard_bounced", "created_at": event["created_at"], "email": about}}


def mailjet(code: str) -> dict[str, Any]:
    event = {"event": "bounce", "time": 1795514400, "MessageID": 19421777835146490, "email": "a@b.example"}
    return event | {"hard_bounce": True, "error": "user unknown", "Payload": json.dumps({"delivery": code})}


def mailtrap(code: str) -> dict[str, Any]:
    event = {"event": "bounce", "message_id": "m-1", "email": "a@b.example", "timestamp": 1795514400, "event_id": "e-1"}
    return {"events": [event | {"custom_variables": {"delivery": code}, "response_code": 550}]}


def mandrill(code: str) -> list[dict[str, Any]]:
    message = {"_id": "m-1", "email": "a@b.example", "metadata": {"delivery": code}, "diag": "550 5.1.1 unknown"}
    return [{"event": "hard_bounce", "ts": 1795514400, "_id": "m-1", "msg": message}]


def sparkpost(code: str) -> list[dict[str, Any]]:
    event = {"type": "bounce", "bounce_class": "10", "timestamp": "1795514400", "event_id": "e-1"}
    about = {"transmission_id": "m-1", "raw_rcpt_to": "a@b.example", "rcpt_meta": {"delivery": code}}
    return [{"msys": {"message_event": event | about}}]


def unisender_go(code: str) -> dict[str, Any]:
    told = {"status": "hard_bounced", "email": "a@b.example", "event_time": "2026-11-24 10:00:00"}
    about = {"metadata": {"delivery": code}, "delivery_info": {"delivery_status": "err_user_unknown"}}
    event = {"event_name": "transactional_email_status", "event_data": told | about}
    return {"auth": "0" * 32, "events_by_user": [{"user_id": 1, "events": [event]}]}


def postal(code: str) -> dict[str, Any]:
    about = {"id": 1, "to": "a@b.example", "direction": "outgoing", "tag": code}
    payload = {"message": about, "status": "HardFail", "output": "550 5.1.1 <a@b.example>: unknown", "time": 1.2}
    return {"event": "MessageDeliveryFailed", "timestamp": 1795514400.5, "payload": payload, "uuid": "e-1"}


def resend(code: str) -> dict[str, Any]:
    why = {"message": "The recipient's email provider sent a hard bounce message.", "type": "Permanent"}
    headers = [{"name": "X-Metadata", "value": json.dumps({"delivery": code})}]
    about = {"email_id": "m-1", "to": ["a@b.example"], "headers": headers, "bounce": why}
    return {"type": "email.bounced", "created_at": "2026-11-24T10:00:00.000Z", "data": about}


def amazon_ses(code: str) -> dict[str, Any]:
    """By a notification of SNS, with the original headers."""
    bounce = {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": "2026-11-24T10:00:00.000Z"}
    bounced = [{"emailAddress": "a@b.example", "action": "failed", "status": "5.1.1"}]
    headers = [{"name": "X-Metadata", "value": json.dumps({"delivery": code})}]
    mail = {
        "messageId": "m-1",
        "timestamp": "2026-11-24T09:59:00.000Z",
        "headers": headers,
        "destination": ["a@b.example"],
    }
    told = {"notificationType": "Bounce", "mail": mail, "bounce": bounce | {"bouncedRecipients": bounced}}
    return {"Type": "Notification", "MessageId": "n-1", "Message": json.dumps(told)}


REPORTS = {
    made.__name__: made
    for made in (
        *(amazon_ses, brevo, mailersend, mailgun, mailjet, mailtrap, mandrill),
        *(postal, postmark, resend, sendgrid, sparkpost, unisender_go),
    )
}
PRIVATE = rsa.generate_private_key(65537, 2048)
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_every_provider_that_reports_is_tried() -> None:
    assert {*REPORTS, "scaleway"} == set(ESPS)


@pytest.fixture
def unknown(db: None, settings: Any) -> Delivery:
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": SECRET,
        "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING,
        "MAILERSEND_SIGNING_SECRET": SIGNING,
        "MAILTRAP_TRACKING_SECRET": SIGNING,
        "MANDRILL_WEBHOOK_KEY": SIGNING,
        "UNISENDER_GO_API_KEY": SIGNING,
        "POSTAL_WEBHOOK_KEY": base64.b64encode(PUBLIC).decode(),
    }
    merchant = factories.merchant()
    return factories.delivery(
        factories.live_campaign(merchant), factories.abandoned_cart(merchant), status="unknown", due_at=timezone.now()
    )


def report(name: str, body: Any, secret: str = SECRET, key: str = SIGNING) -> int:
    """Posted and signed as the provider does it."""
    path = f"/anymail/{name}/tracking/"
    data = json.dumps(body)
    if name == "unisender_go":
        data = data.replace("0" * 32, hashlib.md5(data.replace("0" * 32, key).encode()).hexdigest())
    form = {"mandrill_events": data} if name == "mandrill" else None
    hexed = hmac.new(key.encode(), data.encode(), hashlib.sha256).hexdigest()
    url = f"http://{secret}@testserver{path}mandrill_events{data}"
    signed = {
        "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
        "Signature": hexed,
        "Mailtrap-Signature": hexed,
        "X-Amz-SNS-Message-Type": "Notification",
        "X-Amz-SNS-Message-ID": "n-1",
        "X-Mandrill-Signature": base64.b64encode(hmac.digest(key.encode(), url.encode(), "sha1")).decode(),
    }
    if name == "postal":
        right = data.encode() if key == SIGNING else b"other"
        signed["X-Postal-Signature"] = base64.b64encode(PRIVATE.sign(right, PKCS1v15(), SHA1())).decode()
    client = Client(raise_request_exception=False)
    if form:
        return client.post(path, form, headers=signed).status_code
    return client.post(path, data, content_type="application/json", headers=signed).status_code


@pytest.mark.parametrize("name", [*REPORTS])
def test_a_late_report_settles_what_was_unknown_and_a_hard_bounce_ends_mails_to_that_address(
    unknown: Delivery, name: str
) -> None:
    for _ in range(2):
        assert report(name, REPORTS[name](str(unknown.code))) == 200
    unknown.refresh_from_db()
    assert unknown.status == ("failed" if name == "postal" else "bounced")
    assert TrackingEvent.objects.count() == 1
    assert Suppression.objects.get().reason == "bounce"


# The same report, of a full mailbox, a server that was away, or a refusal of the sender.
PASSING: dict[str, Any] = {
    "amazon_ses": lambda told: told.update(Message=told["Message"].replace("Permanent", "Transient")),
    "brevo": lambda told: told.update(event="soft_bounce"),
    "mailersend": lambda told: told["data"].update(type="soft_bounced") or told.update(type="activity.soft_bounced"),
    "mailgun": lambda told: told["event-data"].update(reason="old"),
    "mailjet": lambda told: told.update(error="quota exceeded", hard_bounce=False),
    "mailtrap": lambda told: told["events"][0].update(bounce_category="spam"),
    "mandrill": lambda told: told[0].update(event="soft_bounce"),
    "postal": lambda told: told.update(payload={"original_message": told["payload"]["message"], "bounce": {"id": 2}}),
    "postmark": lambda told: told.update(Type="SoftBounce"),
    "resend": lambda told: told["data"]["bounce"].update(type="Transient"),
    "sendgrid": lambda told: told[0].update(type="blocked"),
    "sparkpost": lambda told: told[0]["msys"]["message_event"].update(bounce_class="22"),
    "unisender_go": lambda told: told["events_by_user"][0]["events"][0]["event_data"]["delivery_info"].update(
        delivery_status="err_mailbox_full"
    ),
}
REFUSED = {"mailtrap", "sendgrid"}


@pytest.mark.parametrize("name", [*REPORTS])
def test_a_bounce_that_passes_suppresses_nobody(unknown: Delivery, name: str) -> None:
    body = REPORTS[name](str(unknown.code))
    PASSING[name](body)
    assert report(name, body) == 200
    unknown.refresh_from_db()
    assert unknown.status == "bounced"
    assert not Suppression.objects.exists()
    assert SoftBounce.objects.exists() == (name not in REFUSED)


@pytest.mark.parametrize("name", [*REPORTS])
def test_a_report_with_a_wrong_secret_changes_nothing(unknown: Delivery, name: str) -> None:
    body = REPORTS[name](str(unknown.code))
    if name == "mailgun":
        body["signature"]["signature"] = "0" * 64
    assert report(name, body, "name:wrong", "wrong") == 400
    unknown.refresh_from_db()
    assert unknown.status == "unknown"
    assert not Suppression.objects.exists()
