"""The forms of a public key: PEM, DER, JWK and the line that SSH has in `authorized_keys`."""

import base64
import json
from collections.abc import Callable, Mapping
from enum import StrEnum

from strongroom.cli import pem, spki
from strongroom.cli.spki import CurveKey, Ed25519Key, Key, RsaKey


class Format(StrEnum):
    """How a public key is written."""

    PEM = "pem"
    DER = "der"
    JWK = "jwk"
    SSH = "ssh"


def written(public_key: bytes, form: Format, key_id: str) -> bytes:
    """A public key in a form.

    Args:
        public_key: a SubjectPublicKeyInfo in DER.
        form: the form to write.
        key_id: what JWK has as `kid` and SSH as the comment.

    Raises:
        ValueError: the form has no such keys, or it isn't a SubjectPublicKeyInfo.
    """
    return _FORMS[form](public_key, key_id)


def _pem(public_key: bytes, _key_id: str) -> bytes:
    return pem.to_pem(pem.PUBLIC_KEY, public_key)


def _der(public_key: bytes, _key_id: str) -> bytes:
    return public_key


def _jwk(public_key: bytes, key_id: str) -> bytes:
    return json.dumps({**_jwk_members(spki.read(public_key)), "kid": key_id}).encode() + b"\n"


def _jwk_members(key: Key) -> Mapping[str, str]:
    match key:
        case RsaKey():  # RFC 7518 §6.3.1
            return {
                "kty": "RSA",
                "n": _base64url(_octets(key.modulus)),
                "e": _base64url(_octets(key.exponent)),
            }
        case CurveKey():  # RFC 7518 §6.2.1
            return {"kty": "EC", "crv": key.curve.jwk, "x": _base64url(key.x), "y": _base64url(key.y)}
        case Ed25519Key():  # RFC 8037 §2
            return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(key.raw)}
    raise ValueError("JWK has no form for keys of this kind; take pem or der.")


def _ssh(public_key: bytes, key_id: str) -> bytes:
    name, *fields = _ssh_fields(spki.read(public_key))
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in (name, *fields))
    return b" ".join([name, base64.b64encode(blob), key_id.encode()]) + b"\n"


def _ssh_fields(key: Key) -> tuple[bytes, ...]:
    match key:
        case RsaKey():  # RFC 4253 §6.6
            return b"ssh-rsa", _mpint(key.exponent), _mpint(key.modulus)
        case CurveKey() if key.curve.ssh:  # RFC 5656 §3.1
            name = key.curve.ssh.encode()
            return b"ecdsa-sha2-" + name, name, key.point
        case Ed25519Key():  # RFC 8709 §4
            return b"ssh-ed25519", key.raw
    raise ValueError("SSH has no keys of this kind; take pem, der or jwk.")


def _mpint(number: int) -> bytes:
    """A positive number as SSH writes it: a zero byte before a set highest bit (RFC 4251 §5)."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _octets(number: int) -> bytes:
    """A number in as few bytes as it takes (RFC 7518 §2, Base64urlUInt)."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_FORMS: Mapping[Format, Callable[[bytes, str], bytes]] = {
    Format.PEM: _pem,
    Format.DER: _der,
    Format.JWK: _jwk,
    Format.SSH: _ssh,
}
