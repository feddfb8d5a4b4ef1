"""A real web server on loopback, with TLS and an authority of its own, that answers as tests want it to."""

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "feeds.shop.example"
Answering = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """`answers` maps a path to a function that is handed the request; `seen` keeps path and headers of each."""

    def __init__(self) -> None:
        self.answers: dict[str, Answering] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.port = 0

    def url(self, path: str = "/feed", *, scheme: str = "https", host: str = HOST) -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def gives(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer


@contextmanager
def serving(folder: Path, *, tls: bool = True) -> Iterator[tuple[Server, Path]]:
    """The server and the file of its authority."""
    server, authority = Server(), folder / "authority.pem"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append((self.path, dict(self.headers)))
            try:
                server.answers[self.path](self)
            except OSError:
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: Any) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as http:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(_certificate(folder, authority))
            http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        server.port = http.server_port
        thread = threading.Thread(target=http.serve_forever, args=[0.02], daemon=True)
        thread.start()
        yield server, authority
        http.shutdown()
        thread.join()


def _certificate(folder: Path, authority: Path) -> Path:
    """Key and certificate of `HOST` in one file, signed by an authority that is written beside it."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    ca = _signed(issuer, root.public_key(), issuer, root, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    own = _signed(x509.Name([]), leaf.public_key(), issuer, root, names)
    authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    chain = folder / "server.pem"
    key = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(key + own.public_bytes(serialization.Encoding.PEM))
    return chain


def _signed(subject: x509.Name, key: Any, issuer: x509.Name, by: Any, extension: Any) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(hours=1))
    builder = builder.not_valid_after(now + dt.timedelta(hours=1)).add_extension(extension, critical=True)
    return builder.sign(by, hashes.SHA256())
