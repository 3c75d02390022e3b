"""Every figure that a process counts: its name, what it tells, and what it is told apart by."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What can be done with a figure."""

    COUNTER = auto()
    """It only grows; those of all processes are added up."""
    HISTOGRAM = auto()
    """Likewise, for each bucket."""
    GAUGE = auto()
    """It is as it is now, in each process that lives."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Figures of one name.

    Args:
        name: as Prometheus names it; of a counter, without `_total`.
        kind: what it is.
        help: what it tells.
        labels: the names of what it is told apart by; a gauge has `process`, too.
        buckets: upper bounds in seconds, of a histogram.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_QUICK = (0.000025, 0.00005)
_SECONDS = (
    *(0.0001, 0.00025, 0.0005),
    *(0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0),
)

REQUESTS = Family(
    "strongroom_requests",
    Kind.COUNTER,
    "Requests that were answered; of a batch, each item.",
    ("operation", "outcome", "account"),
)
DURATION = Family(
    "strongroom_request_duration_seconds",
    Kind.HISTOGRAM,
    "Time from a message's arrival to its answer, turns and threads included; a batch is one.",
    ("operation",),
    _SECONDS,
)
UNDER_WAY = Family(
    "strongroom_requests_under_way", Kind.GAUGE, "Messages that have arrived and aren't answered yet."
)
TOKEN_DURATION = Family(
    "strongroom_token_call_duration_seconds",
    Kind.HISTOGRAM,
    "Time of a call to the token, well or not.",
    ("kind",),
    _QUICK + _SECONDS,
)
TOKEN_STATE = Family(
    "strongroom_token_state",
    Kind.GAUGE,
    "1 for the state that the token is in, 0 for others.",
    ("state",),
)
TOKEN_LOSSES = Family("strongroom_token_losses", Kind.COUNTER, "How often a process lost its token.")
TOKEN_RECOVERIES = Family(
    "strongroom_token_recoveries", Kind.COUNTER, "How often a process got its token back."
)
SESSIONS = Family(
    "strongroom_token_sessions",
    Kind.GAUGE,
    "Sessions of the token: that may be open, that are, and that nobody uses now.",
    ("state",),
)
PAIRS_READY = Family(
    "strongroom_data_key_pairs_ready", Kind.GAUGE, "Data key pairs made ahead that wait now.", ("key_spec",)
)
PAIR_HITS = Family(
    "strongroom_data_key_pair_hits",
    Kind.COUNTER,
    "Requests for a data key pair that found one made ahead.",
    ("key_spec",),
)
PAIR_MISSES = Family(
    "strongroom_data_key_pair_misses",
    Kind.COUNTER,
    "Requests for a data key pair that found none made ahead.",
    ("key_spec",),
)
CACHE_HITS = Family(
    "strongroom_cache_hits", Kind.COUNTER, "Looks into a cache that found what they wanted.", ("cache",)
)
CACHE_MISSES = Family(
    "strongroom_cache_misses", Kind.COUNTER, "Looks into a cache that had to ask the store.", ("cache",)
)
CACHED = Family("strongroom_cached", Kind.GAUGE, "How much a cache holds now.", ("cache",))
RECORDS = Family("strongroom_audit_records", Kind.COUNTER, "Audit records of requests that were written.")
RECORD_FAILURES = Family(
    "strongroom_audit_failures",
    Kind.COUNTER,
    "Requests that weren't answered because their audit record couldn't be written, and looks that found so.",
)
LAST_RECORD = Family(
    "strongroom_audit_last_record_timestamp_seconds",
    Kind.GAUGE,
    "When the last audit record of a request was written, to the second.",
)
LAST_CHECKPOINT = Family(
    "strongroom_audit_last_checkpoint_timestamp_seconds",
    Kind.GAUGE,
    "When the last checkpoint of the audit trail was signed.",
)
REFUSALS = Family(
    "strongroom_refusals",
    Kind.COUNTER,
    "Requests that were refused for an account's rate or share, or because they would have waited too long.",
    ("why", "account", "what"),
)
USES_WAITING = Family(
    "strongroom_last_uses_waiting", Kind.GAUGE, "Keys whose last use isn't in the store yet."
)
READY = Family("strongroom_ready", Kind.GAUGE, "1 if a worker serves: token, store and audit trail are well.")
STARTS = Family("strongroom_process_starts", Kind.COUNTER, "How often a process was started.", ("process",))

FAMILIES: Sequence[Family] = (
    *(REQUESTS, DURATION, UNDER_WAY, READY),
    *(TOKEN_DURATION, TOKEN_STATE, TOKEN_LOSSES, TOKEN_RECOVERIES, SESSIONS),
    *(PAIRS_READY, PAIR_HITS, PAIR_MISSES),
    *(CACHE_HITS, CACHE_MISSES, CACHED),
    *(RECORDS, RECORD_FAILURES, LAST_RECORD, LAST_CHECKPOINT, USES_WAITING, STARTS, REFUSALS),
)
