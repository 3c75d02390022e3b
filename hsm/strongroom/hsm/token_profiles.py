"""Token profiles: how a vendor's module wants to be used, as data.

A profile is a TOML file; the package has some (`strongroom.hsm.profiles`), an operator writes others.
Unknown keys are refused: a misspelt safeguard would otherwise be silently off.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from pkcs11 import Mechanism

from strongroom.hsm.errors import ProfileInvalid
from strongroom.hsm.meanings import Meaning


class InitializeMode(StrEnum):
    """How C_Initialize is called."""

    LOCKING = "locking"  # with CKF_OS_LOCKING_OK; modules that are told nothing may switch their locks off
    PLAIN = "plain"  # with NULL: for p11-kit's client, which always locks


class UserType(StrEnum):
    """Who logs in."""

    USER = "user"
    NONE = "none"  # tokens that need no login


@dataclass(frozen=True, slots=True)
class TokenProfile:
    """How to use a token.

    Args:
        modules: paths of the PKCS#11 module; the first that exists is loaded.
        label: CKA label of the token; with `serial` it must match exactly one token.
        serial: its serial number.
        user_type: who logs in.
        initialize: how C_Initialize is called.
        reserved: the string that some modules take as pReserved of C_Initialize.
        environment: variables set before the module is loaded.
        max_sessions: how many sessions this process may open, the login session included.
        max_random_bytes: the most that one C_GenerateRandom may be asked for.
        enforces_allowed_mechanisms: True if CKA_ALLOWED_MECHANISMS may be sent.
        extra_attributes: booleans added to the template of a new key, by CKA name without `CKA_`.
        omitted_attributes: attributes that the token can't take, left out of the template.
        oaep_sha_256_outside: True to remove RSA-OAEP's encoding with SHA-256 outside the token, for tokens
            that have OAEP with SHA-1 alone; see `rsa_oaep`.
        import_outside: True if key material that the token can't unwrap may be unwrapped outside it; see
            `key_import`.
        kwp: the mechanism that the token has for AES key wrap with padding (RFC 5649), without `CKM_`.
        switched_off: names of capabilities that must not be used although the token has them.
        error_meanings: what a CKR code means for this token, if not what it usually means.
        login_files: glob patterns of files that C_Login rewrites and a kill may destroy; copies are kept.
        finds_by_listing: True if the token goes through all its objects to find one; see `listing`.
        change_counter: the name of a file beside those that counts the token's changes; see `change_counter`.
    """

    modules: tuple[str, ...]
    label: str | None = None
    serial: str | None = None
    user_type: UserType = UserType.USER
    initialize: InitializeMode = InitializeMode.LOCKING
    reserved: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    max_sessions: int = 64
    max_random_bytes: int = 1024
    enforces_allowed_mechanisms: bool = False
    extra_attributes: Mapping[str, bool] = field(default_factory=dict)
    omitted_attributes: tuple[str, ...] = ()
    oaep_sha_256_outside: bool = False
    import_outside: bool = False
    kwp: Mechanism = Mechanism.AES_KEY_WRAP_KWP
    switched_off: tuple[str, ...] = ()
    error_meanings: Mapping[int, Meaning] = field(default_factory=dict)
    login_files: tuple[str, ...] = ()
    finds_by_listing: bool = False
    change_counter: str = ""

    def module_path(self) -> str:
        """The module to load.

        Raises:
            ProfileInvalid: none of the paths exists.
        """
        for module in self.modules:
            if Path(module).exists():
                return module
        tried = ", ".join(self.modules) or "no path at all"
        raise ProfileInvalid(f"No PKCS#11 module found; tried {tried}. Set `modules` or token.module.")

    def with_overrides(self, **changes: object) -> "TokenProfile":
        """The same profile with some fields changed; a None leaves the field as it is."""
        given = {name: value for name, value in changes.items() if value is not None}
        return replace(self, **given)  # type: ignore[arg-type] # checked by the caller's settings


def load_profile(name_or_path: str) -> TokenProfile:
    """Loads one of the package's profiles by its name, or any other by its path.

    Raises:
        ProfileInvalid: no such profile, not TOML, or a key or value that isn't understood.
    """
    try:
        table = tomllib.loads(_text_of(name_or_path))
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileInvalid(
            f"The token profile {name_or_path} can't be read: {type(error).__name__}. "
            f"Give a path, or one of {', '.join(builtin_profiles())}."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(f"The token profile {name_or_path} isn't TOML: {error}.") from None
    return _profile_of(table, name_or_path)


def builtin_profiles() -> tuple[str, ...]:
    """The names of the package's profiles."""
    files = resources.files("strongroom.hsm.profiles").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def _text_of(name_or_path: str) -> str:
    if name_or_path in builtin_profiles():
        return (resources.files("strongroom.hsm.profiles") / f"{name_or_path}.toml").read_text("utf-8")
    return Path(name_or_path).read_text("utf-8")


def _profile_of(table: Mapping[str, Any], name: str) -> TokenProfile:
    known = {declared.name for declared in fields(TokenProfile)}
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise ProfileInvalid(f"{name}: unknown key `{key}`.{hint}")
    try:
        return TokenProfile(**{key: _READERS.get(key, _text)(value) for key, value in table.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileInvalid(f"{name}: {error}.") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {value!r}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list of strings, not {value!r}")
    return tuple(map(_text, value))


def _positive(value: object) -> int:
    if type(value) is not int or value < 1:
        raise TypeError(f"expected a positive number, not {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, not {value!r}")
    return value


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected a table, not {value!r}")
    return value


def _meanings(value: object) -> dict[int, Meaning]:
    return {int(code, 0): Meaning[_text(name).upper()] for code, name in _table(value).items()}


_READERS: Mapping[str, Any] = {
    "modules": _texts,
    "user_type": UserType,
    "initialize": InitializeMode,
    "environment": lambda value: {k: _text(v) for k, v in _table(value).items()},
    "max_sessions": _positive,
    "max_random_bytes": _positive,
    "enforces_allowed_mechanisms": _flag,
    "extra_attributes": lambda value: {k: _flag(v) for k, v in _table(value).items()},
    "omitted_attributes": _texts,
    "oaep_sha_256_outside": _flag,
    "import_outside": _flag,
    "kwp": lambda value: Mechanism[_text(value)],
    "switched_off": _texts,
    "error_meanings": _meanings,
    "login_files": _texts,
    "finds_by_listing": _flag,
}
