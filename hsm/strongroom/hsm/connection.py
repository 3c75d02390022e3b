"""Everything that is dead after C_Finalize: the login, the sessions, the handles."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

import pkcs11

from strongroom.hsm import library
from strongroom.hsm.change_counter import ChangeCounter
from strongroom.hsm.errors import (
    HsmFault,
    PinRejected,
    TokenAmbiguous,
    TokenNotFound,
    TokenUnavailable,
)
from strongroom.hsm.identifiers import MaterialRef, ObjectName, TokenDescription
from strongroom.hsm.login_guard import LoginFiles, login_turn
from strongroom.hsm.meanings import Meaning, describe, meaning_of
from strongroom.hsm.pins import PinSource
from strongroom.hsm.sessions import IV_BYTES, SessionPool
from strongroom.hsm.templates import Facts, attribute_mapper
from strongroom.hsm.token_profiles import InitializeMode, TokenProfile, UserType

_TURN_TIMEOUT_S = 30.0
_MAX_IVS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A key of ours that is always on the token: when it doesn't answer, the token is gone.

    Args:
        handle: its handle.
        ref: with a check that it made when this connection began.
        profile: how its mechanism is used.
    """

    handle: int
    ref: MaterialRef
    profile: TokenProfile


class Candidate(NamedTuple):
    """An object that may be a material.

    Args:
        label: its CKA_LABEL.
        handle: its handle.
        facts: what the token says of it.
    """

    label: str
    handle: int
    facts: Facts


@dataclass(slots=True)
class Connection:
    """One login to one token.

    Args:
        module: the library; finalised when the connection ends.
        description: what the token says of itself.
        login: the session that logged in; never used, never closed.
        sessions: all the others.
        lock: held while a token object is created or searched: doing both at once makes SoftHSM's
            key generation fail.
        handles: object handles by id and label, proved to be the right objects.
        candidates: by material id, what an enumeration found; proved at its first use.
        changes: told of every token object that is made or destroyed; has every process look anew.
        strangers: handles of objects that a listing saw, and that are no materials of this deployment.
        sentinel: the key that answers whether the token is well.
        before_close: called first of all, to give back sessions that are kept.
        is_ending: True once no session may be kept any more.
    """

    module: Any
    description: TokenDescription
    login: Any
    sessions: SessionPool
    changes: ChangeCounter
    lock: RLock = field(default_factory=RLock)
    handles: dict[ObjectName, int] = field(default_factory=dict)
    candidates: dict[bytes, list[Candidate]] = field(default_factory=dict)
    strangers: set[int] = field(default_factory=set)
    sentinel: Sentinel | None = None
    before_close: list[Callable[[], None]] = field(default_factory=list)
    is_ending: bool = False

    def close(self, timeout_s: float) -> bool:
        """Ends everything; False if operations still run, for then the module can't be finalised."""
        self.is_ending = True
        for give_back in self.before_close:
            give_back()
        if not self.sessions.close(timeout_s):
            return False
        self.handles.clear()
        self.candidates.clear()
        self.strangers.clear()
        library.finalize(self.module)
        return True


def connect(profile: TokenProfile, pin: PinSource, directory: Path) -> Connection:
    """Loads the module, finds the token and logs in.

    Args:
        profile: how to use the token.
        pin: where its PIN is.
        directory: shared by all processes of the deployment: they log in one after the other.

    Raises:
        TokenNotFound, TokenAmbiguous: none or several match label and serial.
        PinRejected, PinUnavailable: not to be tried again.
        TokenUnavailable: anything that may pass.
    """
    files = LoginFiles(profile.login_files, directory)
    with login_turn(directory, _TURN_TIMEOUT_S):
        files.restore_torn()
        module = _load(profile)
        try:
            token = _find_token(module, profile)
            files.copy()
            login = _log_in(token, profile, pin)
        except BaseException:
            library.finalize(module)
            raise
    ivs_at_once = max(1, min(_MAX_IVS_AT_ONCE, profile.max_random_bytes // IV_BYTES))
    sessions = SessionPool(token, profile.max_sessions - 1, ivs_at_once)
    changes = ChangeCounter(profile.login_files, profile.change_counter)
    return Connection(module, describe_token(token), login, sessions, changes)


def _load(profile: TokenProfile) -> Any:  # noqa: ANN401 # untyped
    path = profile.module_path()
    with_locking = profile.initialize is InitializeMode.LOCKING
    os.environ.update(profile.environment)
    return library.load(path, profile.reserved, with_locking=with_locking)


def _find_token(module: Any, profile: TokenProfile) -> Any:  # noqa: ANN401 # untyped
    try:
        tokens = library.tokens(module, profile.label, profile.serial)
        is_empty = not tokens and not module.get_slots(token_present=True)
    except pkcs11.PKCS11Error as error:
        raise TokenUnavailable(f"The token can't be found: {describe(error)}.") from None
    if is_empty:  # a module that can't reach its HSM may say no more than that
        raise TokenNotFound(
            f"{profile.module_path()} has no token at all. If its HSM is reached over a network: is it "
            "switched on, and does `token.environment` or the module's own configuration say where it is?"
        )
    wanted = f"label {profile.label!r} and serial {profile.serial!r}"
    if not tokens:
        raise TokenNotFound(f"No token with {wanted}. Is it initialised, and this its module?")
    if len(tokens) > 1:
        raise TokenAmbiguous(f"{len(tokens)} tokens with {wanted}: give the serial number.")
    return tokens[0]


def _log_in(token: Any, profile: TokenProfile, pin: PinSource) -> Any:  # noqa: ANN401 # untyped
    secret = pin.read() if profile.user_type is UserType.USER else None
    try:
        return token.open(rw=True, user_pin=secret, attribute_mapper=attribute_mapper())
    except pkcs11.PKCS11Error as error:
        meaning, name = meaning_of(error, profile.error_meanings), describe(error)
    if meaning is Meaning.PIN:
        raise PinRejected(f"The token refused the PIN ({name}). It won't be tried again.")
    if meaning in {Meaning.UNSUPPORTED, Meaning.USAGE}:
        raise HsmFault(f"The token can't be logged in to: {name}.")
    raise TokenUnavailable(f"The token can't be logged in to: {name}.")


def describe_token(token: Any) -> TokenDescription:  # noqa: ANN401 # a pkcs11 token
    """What a token says of itself."""
    return TokenDescription(
        label=token.label,
        serial=library.serial_of(token),
        manufacturer=token.manufacturer_id,
        model=token.model,
    )
