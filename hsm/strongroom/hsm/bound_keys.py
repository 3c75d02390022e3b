"""Keys bound to a session by their handle alone, without searching.

Object handles are valid in every session of a process (PKCS#11 v3.1 §5.6.8 for token objects), but
python-pkcs11 gives keys only to the session that found them. Its encryption mixins need no more than the
three attributes below; this is the one place that relies on it, for the version pinned in pyproject.toml.
"""

from typing import Any

from pkcs11 import KeyType, _pkcs11


class BoundAesKey(_pkcs11.EncryptMixin, _pkcs11.DecryptMixin):  # type: ignore[misc,name-defined]
    """An AES key as one session sees it; `handle` may be set anew between operations."""

    key_type = KeyType.AES
    session: Any = None
    handle = 0

    def __init__(self, session: Any) -> None:  # noqa: ANN401 # a pkcs11 session
        self.session = session
