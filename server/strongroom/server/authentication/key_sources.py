"""Where an issuer's keys come from: a file, or an address at which they are fetched now and then."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from strongroom.server.authentication.key_addresses import KeyAddress
from strongroom.server.core.key_sets import KeySet, KeySetInvalid

_log = structlog.get_logger("strongroom.tokens")


def tell_no_keys(issuer: str, keys: KeySet) -> None:
    """Says so where an issuer has withdrawn all of its keys."""
    if not keys.keys:
        _log.warning("no keys: every token of this issuer is refused", issuer=issuer)


class KeySource(Protocol):
    """Gives an issuer's keys without waiting."""

    def keys(self) -> KeySet | None:
        """The keys; None if there are none that may still be believed."""

    def ask_again(self) -> bool:
        """Says that a key is missing; True if newer ones may be here in a moment."""

    def close(self) -> None:
        """Ends what runs for it."""


class FileKeys:
    """Keys from a file, which somebody else watches."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    def use(self, keys: KeySet) -> None:
        """Gives others from now on."""
        self._keys = keys

    def keys(self) -> KeySet | None:  # noqa: D102
        return self._keys

    def ask_again(self) -> bool:  # noqa: D102
        return False

    def close(self) -> None:  # noqa: D102
        return


@dataclass(frozen=True, slots=True)
class Pace:
    """How often keys are fetched.

    Args:
        interval_s: seconds between two fetches.
        retry_s: after one that failed.
        least_s: before another one because a key is missing: nobody can have us fetch more often.
        kept_s: how long keys are believed while no fetch succeeds.
    """

    interval_s: float = 300.0
    retry_s: float = 20.0
    least_s: float = 10.0
    kept_s: float = 6 * 3600.0


DEFAULT_PACE = Pace()


class FetchedKeys:
    """Keys that a thread of its own fetches, now and then and when one is missing; thread-safe.

    Args:
        name: the issuer, for the log.
        address: where they are.
        on_change: told when there are others, or none any more.
        pace: how often they are fetched.
    """

    def __init__(
        self, name: str, address: KeyAddress, on_change: Callable[[], None], pace: Pace = DEFAULT_PACE
    ) -> None:
        self._name = name
        self._address = address
        self._on_change = on_change
        self._pace = pace
        self._keys: KeySet | None = None
        self._fetched_at = self._begun_at = -float("inf")
        self._has_failed = False
        self._is_under_way = True
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="token-keys", daemon=True)
        self._thread.start()

    def keys(self) -> KeySet | None:  # noqa: D102
        return self._keys

    def ask_again(self) -> bool:  # noqa: D102
        with self._lock:
            if self._is_under_way:
                return True
            if time.monotonic() - self._begun_at < self._pace.least_s:
                return False
            self._is_under_way = True
            self._wake.set()
        return True

    def close(self) -> None:  # noqa: D102
        self._is_closed = True
        self._wake.set()

    def _run(self) -> None:
        while not self._is_closed:
            self._fetch()
            self._wake.wait(self._pace.retry_s if self._has_failed else self._pace.interval_s)

    def _fetch(self) -> None:
        with self._lock:
            self._is_under_way = True
            self._begun_at = time.monotonic()
            self._wake.clear()
        try:
            keys = self._address.fetch()
        except (OSError, ValueError) as error:
            self._note_failure(error)
        except Exception:  # noqa: BLE001 # this thread must go on
            _log.exception("incident", issuer=self._name)
            self._note_failure(OSError("a defect"))
        else:
            self._note(keys)
        with self._lock:
            self._is_under_way = False

    def _note(self, keys: KeySet) -> None:
        is_new, self._keys = keys != self._keys, keys
        self._fetched_at = time.monotonic()
        if is_new or self._has_failed:
            _log.info("token keys fetched", issuer=self._name, keys=len(keys.keys))
            tell_no_keys(self._name, keys)
        self._has_failed = False
        if is_new:
            self._on_change()

    def _note_failure(self, error: Exception) -> None:
        if not self._has_failed:
            _log.warning("token keys can't be fetched", issuer=self._name, reason=_reason(error))
        self._has_failed = True
        if self._keys is not None and time.monotonic() - self._fetched_at > self._pace.kept_s:
            _log.error("token keys are too old to be believed", issuer=self._name)
            self._keys = None
            self._on_change()


def _reason(error: Exception) -> str:
    """What went wrong; a KeySetInvalid says nothing of what came."""
    if isinstance(error, KeySetInvalid):
        return f"what came {error}"
    return str(error) or type(error).__name__
