"""Fetching an issuer's keys, over HTTPS alone.

By Python's own client: what another one would add (HTTP/2, pools, asyncio) a request every five minutes in a
thread doesn't need. Of urllib's handlers only those are taken that are wanted: none follows a redirection,
or opens anything but https.
"""

import ssl
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

from strongroom.server.config.tls_files import read_file
from strongroom.server.core.key_sets import MAX_BYTES, KeySet, parse_key_set

_OK = 200
_TIMEOUT_S = 5.0
_WHOLE_TIMEOUT_S = 15.0
_CHUNK_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class KeyAddress:
    """Where keys are fetched.

    Args:
        url: https://….
        ca: PEM of the authorities that may vouch for it; None for the system's.
        bearer: a file with a token to show there, or None.
    """

    url: str
    ca: Path | None
    bearer: Path | None

    def fetch(self) -> KeySet:
        """Fetches the keys now, and waits.

        Raises:
            OSError: they can't be had.
            KeySetInvalid: what came is no key set.
        """
        headers = {"Accept": "application/jwk-set+json, application/json", "User-Agent": "strongroom"}
        if self.bearer is not None:
            headers["Authorization"] = f"Bearer {_token_in(self.bearer)}"
        request = urllib.request.Request(self.url, headers=headers)  # noqa: S310 # https, as the settings say
        try:
            with _opener(self.ca).open(request, timeout=_TIMEOUT_S) as response:
                if response.status != _OK:
                    raise URLError(f"status {response.status}")
                return parse_key_set(_body(response))
        except HTTPException as error:  # its text is what came
            raise OSError(f"the answer isn't HTTP: {type(error).__name__}") from None


def _opener(ca: Path | None) -> urllib.request.OpenerDirector:
    """Opens https alone, through the environment's proxy if it names one; follows no redirection."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _body(response: object) -> bytes:
    """At most what a key set may have, and one byte more; the whole of it in time."""
    deadline = time.monotonic() + _WHOLE_TIMEOUT_S
    body = b""
    while len(body) <= MAX_BYTES:
        part: bytes = response.read1(_CHUNK_BYTES)  # type: ignore[attr-defined] # an HTTPResponse
        if not part:
            break
        body += part
        if time.monotonic() > deadline:
            raise TimeoutError("it took too long")
    return body


def _token_in(path: Path) -> str:
    token = read_file(path).decode("ascii", "replace").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise OSError(f"{path} holds no token")
    return token
