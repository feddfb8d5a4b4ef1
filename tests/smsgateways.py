"""Local stand-ins for whoever carries texts: they check what the real ones would, and can be told how to answer."""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep, time
from typing import Any
from urllib.parse import parse_qsl

from campaigns.channels.gateways.http_json import HEADER, is_signed

ACCOUNT, TOKEN, SECRET = "AC" + "0" * 32, "a-token", "shared-secret"


@dataclass
class StandIn:
    """`texts` are those taken. `answer`: status and JSON body of the next calls instead of taking them; `delay` before it."""

    port: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)
    answer: tuple[int, dict[str, Any]] | None = None
    delay: float = 0.0


@contextmanager
def serving(kind: type["_Handler"]) -> Iterator[StandIn]:
    stand_in = StandIn()
    handler = type("Handler", (kind,), {"stand_in": stand_in})
    with _Server(("127.0.0.1", 0), handler) as server:
        stand_in.port = server.server_port
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield stand_in
        server.shutdown()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """Whoever did not wait for the answer is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sleep(self.stand_in.delay)
        status, answer = self.stand_in.answer or self.take(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def take(self, body: bytes) -> tuple[int, dict[str, Any]]:
        raise NotImplementedError

    def log_message(self, *args: Any) -> None:
        pass


class TwilioStandIn(_Handler):
    """Twilio's Messages resource: Basic authentication, form fields, 201 with the message's sid."""

    def take(self, body: bytes) -> tuple[int, dict[str, Any]]:
        given = b64decode(self.headers.get("Authorization", "Basic ")[6:]).decode()
        if given != f"{ACCOUNT}:{TOKEN}":
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return 404, {"code": 20404, "message": "not found", "status": 404}
        form = dict(parse_qsl(body.decode()))
        if not form.get("To", "").startswith("+") or not (form.get("From") or form.get("MessagingServiceSid")):
            return 400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}
        self.stand_in.texts.append(form)
        return 201, {"sid": f"SM{len(self.stand_in.texts):032d}", "status": "queued"}


class JsonStandIn(_Handler):
    """A gateway as docs/operators.md asks for: signed JSON in, its id out."""

    def take(self, body: bytes) -> tuple[int, dict[str, Any]]:
        if not is_signed(SECRET, body, self.headers.get(HEADER, ""), time()):
            return 401, {"error": "bad signature"}
        told = json.loads(body)
        self.stand_in.texts.append(told)
        return 200, {"id": f"gw-{len(self.stand_in.texts)}"}
