"""Keys bound to a session by their handle alone, without searching.

Object handles are valid in every session of a process (PKCS#11 v3.1 §5.6.8 for token objects), but
python-pkcs11 gives keys only to the session that found them. Its mixins need no more than the three
attributes below; this is the one place that relies on it, for the version pinned in pyproject.toml.
"""

from typing import Any

from pkcs11 import _pkcs11


class BoundKey(
    _pkcs11.EncryptMixin,  # type: ignore[misc,name-defined]
    _pkcs11.DecryptMixin,  # type: ignore[misc,name-defined]
    _pkcs11.SignMixin,  # type: ignore[misc,name-defined]
    _pkcs11.DeriveMixin,  # type: ignore[misc,name-defined]
    _pkcs11.DecapsulateMixin,  # type: ignore[misc,name-defined]
    _pkcs11.UnwrapMixin,  # type: ignore[misc,name-defined]
):
    """A key as one session sees it; `handle` may be set anew between operations.

    Every call must name its mechanism: there is no key type that would choose one.
    """

    key_type = None
    session: Any = None
    handle = 0

    def __init__(self, session: Any) -> None:  # noqa: ANN401 # a pkcs11 session
        self.session = session
