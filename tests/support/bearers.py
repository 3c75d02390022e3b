"""Issuers of bearer tokens for tests: keys, tokens, key sets, and an address that serves those over HTTPS."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from strongroom.server.cli.development_pki import issue_server, make_authority

ISSUER = "https://issuer.example"
AUDIENCE = "strongroom"
SUBJECT = "system:serviceaccount:billing:api"
ROLE = "arn:aws:iam::000000000000:role/k8s/"

_JWK: dict[str, Any] = {"ES": ECAlgorithm, "Ed": OKPAlgorithm, "RS": RSAAlgorithm, "PS": RSAAlgorithm}


def make_key(algorithm: str) -> Any:
    """A private key for an algorithm."""
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def jwk_of(private_key: Any, algorithm: str, **members: Any) -> dict[str, Any]:
    """The public key as a JWK."""
    return {**_JWK[algorithm[:2]].to_jwk(private_key.public_key(), as_dict=True), **members}


@dataclass
class Issuer:
    """Somebody who issues tokens, by one key at a time."""

    algorithm: str = "ES256"
    key_id: str = "first"
    name: str = ISSUER
    key: Any = None
    jwks: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotate(self.key_id)

    def rotate(self, key_id: str) -> None:
        """Makes another key, the only one of the set."""
        self.key_id = key_id
        self.key = make_key(self.algorithm)
        self.jwks = {"keys": [jwk_of(self.key, self.algorithm, kid=key_id, use="sig")]}

    @property
    def jwks_bytes(self) -> bytes:
        return json.dumps(self.jwks).encode()

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Good claims with changes; None leaves one out."""
        now = int(time.time())
        good = {"iss": self.name, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "exp": now + 600}
        return {name: value for name, value in {**good, **claims}.items() if value is not None}

    def token(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A signed token; a header that is None is left out."""
        header = {"kid": self.key_id, **(headers or {})}
        return signed(self.claims(**claims), self.key, self.algorithm, header)


def signed(claims: object, key: Any, algorithm: str, headers: dict[str, Any]) -> str:
    """A token, however strange what it says; PyJWT's own encode refuses some."""
    header = {
        name: value
        for name, value in {"alg": algorithm, "typ": "JWT", **headers}.items()
        if value is not None
    }
    signing_input = f"{encoded(json.dumps(header))}.{encoded(json.dumps(claims))}"
    algorithms = jwt.get_algorithm_by_name(algorithm)
    signature = algorithms.sign(signing_input.encode(), algorithms.prepare_key(key))
    return f"{signing_input}.{encoded(signature)}"


def encoded(data: str | bytes) -> str:
    """base64url without padding."""
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Address:
    """An HTTPS server that answers one document; what it answers can be changed."""

    url: str
    ca: Path
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def served_keys(directory: Path, body: bytes) -> Iterator[Address]:
    """Serves a key set over HTTPS on loopback, by an authority of its own."""
    authority = make_authority("issuer")
    issued = issue_server(authority, ("localhost", "127.0.0.1"))
    ca, chain = directory / "issuer-ca.pem", directory / "issuer.pem"
    ca.write_bytes(authority.certificate_pem)
    chain.write_bytes(issued.certificate_pem + issued.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address.requests.append(dict(self.headers.items()))
            self.send_response(address.status)
            for name, value in address.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(address.body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = Address(f"https://127.0.0.1:{server.server_port}/jwks", ca, body)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
