"""How the sample shop talks to us: real HTTP on a kept connection, with a key of its own, like any store would."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

ATTEMPTS = 4
TIMEOUT_SECONDS = 15
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


class ShopError(Exception):
    """The system did not take the call: its answer, or why there was none."""


@dataclass
class Client:
    """`base` is our public address. A call that finds nobody, or is told to come later, is tried again a few times."""

    base: str
    key: str
    calls: int = 0
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def put(self, path: str, document: dict[str, Any]) -> Any:
        return self._store_call("PUT", path, document)

    def post(self, path: str, document: dict[str, Any]) -> Any:
        return self._store_call("POST", path, document)

    def get(self, path: str) -> Any:
        return self._store_call("GET", path, None)

    def visit(self, address: str) -> int:
        """Follow a link of a mail as a shopper's browser does; the status answered."""
        status, _ = self._answered("GET", address, b"", {"User-Agent": BROWSER})
        return status

    def unsubscribe(self, address: str) -> int:
        """What a mail program posts for its own unsubscribe button (RFC 8058)."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": BROWSER}
        status, _ = self._answered("POST", address, b"List-Unsubscribe=One-Click", headers)
        return status

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _store_call(self, method: str, path: str, document: dict[str, Any] | None) -> Any:
        body = json.dumps(document).encode() if document is not None else b""
        headers = {"X-APIKEY": self.key, "Content-Type": "application/json"}
        status, answer = self._answered(method, path, body, headers)
        if status >= 300:
            raise ShopError(f"{method} {path} was answered {status}: {answer[:200].decode(errors='replace')}")
        return json.loads(answer)["data"]

    def _answered(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        failure = ""
        for attempt in range(ATTEMPTS):
            try:
                status, answer = self._once(method, address, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                failure = f"nobody answers at {self.base} ({type(error).__name__})"
            else:
                if status not in (429, 503):
                    return status, answer
                failure = f"{method} {address} was answered {status}"
            time.sleep(0.3 * 2**attempt)
        raise ShopError(failure)

    def _once(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection = self._connection or self._open()
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        self.calls += 1
        return response.status, response.read()

    def _open(self) -> http.client.HTTPConnection:
        """Always to our own address: a link in a mail that points elsewhere is not followed there."""
        parts = urlsplit(self.base)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_SECONDS)
        return self._connection
