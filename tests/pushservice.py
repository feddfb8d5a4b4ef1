"""A push service on loopback that takes what browsers' services take: it checks our signature and decrypts for real."""

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass
class Client:
    """A browser with keys of its own."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"0123456789abcdef"

    @property
    def keys(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": _text(point), "auth": _text(self.secret)}

    def decrypt(self, body: bytes) -> Any:
        return json.loads(opened(body, self.key, self.secret))


@dataclass
class Service:
    """`says` maps a path to a status or to silence (None); 201 where it says nothing. `taken` is what arrived."""

    port: int = 0
    says: dict[str, int | None] = field(default_factory=dict)
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    hung: threading.Event = field(default_factory=threading.Event)

    def client(self, path: str = "/one") -> Client:
        return Client(f"http://127.0.0.1:{self.port}{path}")


def opened(body: bytes, key: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """The one record of a message for a browser, read after RFC 8188 section 2 and RFC 8291 section 3.4. Written here a second time: our
    sender's library would read what it wrote wrong, too."""
    salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    ours = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = _derived(secret, key.exchange(ec.ECDH(), sender), b"WebPush: info\0" + ours + theirs, 32)
    kind = b"Content-Encoding: "
    content_key = _derived(salt, shared, kind + b"aes128gcm\0", 16)
    plain = AESGCM(content_key).decrypt(_derived(salt, shared, kind + b"nonce\0", 12), sealed, None)
    text, delimiter, padding = plain.rpartition(b"\x02")
    assert delimiter
    assert not padding.strip(b"\0")
    return text


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def claims_of(authorization: str, audience: str) -> dict[str, Any]:
    """The claims of a VAPID header whose signature its own key verifies (RFC 8292, RFC 7515)."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed, _, signature = parts["t"].rpartition(".")
    raw = _bytes(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(parts["k"]))
    dss = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point.verify(dss, signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(_bytes(part)) for part in signed.split("."))
    assert head["alg"] == "ES256"
    assert claims["aud"] == audience
    assert time() < claims["exp"] <= time() + 24 * 3600
    return {**claims, "key": parts["k"]}


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.taken.append((self.path, dict(self.headers), body))
            status = service.says.get(self.path, 201)
            if status is None:
                service.hung.wait(10)
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Location", f"/message{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: Any) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as http:
        service.port = http.server_port
        thread = threading.Thread(target=http.serve_forever, args=[0.02], daemon=True)
        thread.start()
        yield service
        service.hung.set()
        http.shutdown()
        thread.join()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
