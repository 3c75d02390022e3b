"""Builds all parts from the configuration; whatever is wired wrongly can't start."""

import math
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from strongroom.hsm import KeyKind, KeyPurpose, Token, TokenState
from strongroom.server.authorization import Authorizer
from strongroom.server.config import Settings
from strongroom.server.core.clock import utc_now
from strongroom.server.core.event_ids import EventIds
from strongroom.server.core.grant_tokens import IssuedGrantTokens
from strongroom.server.core.markers import Markers
from strongroom.server.credentials import CredentialParts, credential_parts, principal_map
from strongroom.server.deployment import open_store, runtime_directory
from strongroom.server.faces.grpc import GrpcFace
from strongroom.server.faces.grpc.handlers import Dispatch, operation_handlers
from strongroom.server.faces.grpc.server import GrpcOptions
from strongroom.server.fairness import Fairness, build_fairness
from strongroom.server.key_usage import LastUses
from strongroom.server.keyring import EncryptionCounter, KeyCache, KeyGrants, KeyResolver, PrincipalPolicies
from strongroom.server.materials import material_importer, material_maker
from strongroom.server.observation import UNOBSERVED, Observation, observe
from strongroom.server.operations import OPERATIONS, Parts
from strongroom.server.operations.asymmetric import AsymmetricKeys
from strongroom.server.operations.mac_keys import MacKeys
from strongroom.server.operations.symmetric import SymmetricCipher
from strongroom.server.pipeline import Pipeline
from strongroom.server.recording import AuditTrail, audit_trail, realm_of
from strongroom.server.request_log import RequestLog
from strongroom.server.store import Store
from strongroom.server.token_opening import open_token

INLINE_LATENCY_US = 200.0
"""A token quicker than this is used on the event loop: a hop to a thread and back costs 50 to 80 µs."""

_SEED_BYTES = 10


def _parts(
    settings: Settings, token: Token, store: Store, boot_id: str, observation: Observation = UNOBSERVED
) -> Parts:
    realm = realm_of(settings)
    principals = PrincipalPolicies(store.principals)
    grants = KeyGrants(store.grants)
    keys = KeyCache(store, store.feed(), realm, principals, grants)
    grant_tokens = IssuedGrantTokens(store.secret("grant tokens"))
    observation.watch_caches({"keys": keys, "principal_policies": principals})
    counter = EncryptionCounter(store, settings.limits.encryptions_block)
    maker = material_maker(settings, token, store, boot_id)
    return Parts(
        token=token,
        store=store,
        keys=keys,
        authorizer=Authorizer(principals, grants, grant_tokens),
        resolver=KeyResolver(keys, realm),
        cipher=SymmetricCipher(token, counter, store),
        asymmetric=AsymmetricKeys(token, store),
        macs=MacKeys(token, store),
        maker=maker,
        importer=material_importer(maker, token, store),
        grant_tokens=grant_tokens,
        markers=Markers(store.secret("markers")),
        realm=realm,
        quick=_quick(settings, token),
        max_keys=settings.limits.keys_per_account,
        max_aliases=settings.limits.aliases_per_key,
        principal=principal_map(settings).by_arn,
        clock=utc_now,
        new_key_id=lambda: str(uuid.uuid4()),
    )


def _quick(settings: Settings, token: Token) -> frozenset[tuple[KeyKind, KeyPurpose]]:
    """The keys whose use may run on the event loop, by what the probe measured."""
    capabilities, dispatch = token.capabilities, settings.token.dispatch
    most_us = {"inline": math.inf, "threads": 0.0}.get(dispatch, INLINE_LATENCY_US)
    return frozenset(
        choice for choice in capabilities.offered() if capabilities.latency_us(*choice) < most_us
    )


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts of one worker process, wired together."""

    token: Token
    store: Store
    trail: AuditTrail
    uses: LastUses
    fairness: Fairness
    face: GrpcFace
    credentials: CredentialParts
    observation: Observation

    def close(self) -> None:
        """Ends threads, token and store."""
        for threads in self.fairness.threads.values():
            threads.shutdown(wait=True, cancel_futures=True)
        self.uses.flush()
        self.trail.close()
        self.credentials.close()
        self.observation.close()
        self.token.close()
        self.store.close()


def build_worker(
    settings: Settings, *, name: str, boot_id: str, on_token: Callable[[TokenState, str], None]
) -> Worker:
    """Builds a worker; call it within the event loop that will run it.

    Args:
        settings: the configuration.
        name: the worker's name, `worker-0`.
        boot_id: of the service that the worker belongs to.
        on_token: told of the token's changes of state, from any thread.

    Raises:
        HsmError, StoreError, AuditUnavailable, OSError: a part can't be had.
    """
    store = open_store(settings)
    credentials = credential_parts(settings)
    observation = observe(settings, name, with_traces=True)
    token = open_token(settings, on_token, observation)
    trail = audit_trail(settings, name, store, token)
    parts = _parts(settings, token, store, boot_id, observation)
    uses = LastUses(store)
    fairness = build_fairness(settings, runtime_directory(settings))
    observation.watch_uses(uses)
    observation.watch_checkpoints(trail.checkpoints)
    observation.watch_refusals(fairness.refusals)
    pipeline = Pipeline(
        parts,
        credentials.authenticator,
        trail.records,
        EventIds(os.urandom(_SEED_BYTES)),
        uses,
        fairness.quotas,
        logs=RequestLog(settings.log.requests),
        figures=observation.requests,
    )
    dispatch = Dispatch(
        pipeline,
        fairness.threads,
        may_run_inline=bool(parts.quick),
        admission=fairness.admission,
        patience=fairness.patience,
        figures=observation.calls,
        traces=observation.traces,
    )
    handlers = operation_handlers(OPERATIONS, dispatch)
    services = sorted({operation.service for operation in OPERATIONS})
    face = GrpcFace(handlers, services, credentials.certificates, _grpc_options(settings))
    return Worker(token, store, trail, uses, fairness, face, credentials, observation)


def _grpc_options(settings: Settings) -> GrpcOptions:
    server = settings.server
    return GrpcOptions(
        listen=server.listen,
        listen_tokens=server.listen_tokens,
        max_request_bytes=server.max_request_bytes,
        max_concurrent_requests=server.max_concurrent_requests,
        max_connection_age_s=server.max_connection_age_s,
        reflection=server.reflection,
    )
