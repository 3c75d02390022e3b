"""The operations of a real deployment, called with messages, over keys whose values are known.

The first keys of each kind are imported as anybody would, wrapped by one algorithm after the other. The rest
are planted, for each import needs a wrapping pair: a row in the store and, where the private or secret key is
used, an object on the token, as ImportKeyMaterial makes both.
"""

import math
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from pkcs11 import Attribute

from strongroom.hsm import SHAPES, CallKind, KeyKind, KeyPurpose, MaterialId, key_checks, objects, templates
from strongroom.hsm.connection import Connection
from strongroom.hsm.identifiers import TokenObject
from strongroom.hsm.sessions import PooledSession
from strongroom.server import app
from strongroom.server.config import load_settings
from strongroom.server.core import key_policies
from strongroom.server.core.blob import kms_material_id
from strongroom.server.core.errors import Internal, KmsError
from strongroom.server.core.event_ids import EventIds
from strongroom.server.credentials import credential_parts
from strongroom.server.deployment import open_store
from strongroom.server.key_usage import LastUses
from strongroom.server.operations import OPERATIONS, Operation, Parts
from strongroom.server.pipeline import Pipeline
from strongroom.server.quotas import Unlimited
from strongroom.server.recording import record_writer
from strongroom.server.request_log import RequestLog
from strongroom.server.requests import Arrival
from strongroom.server.store import NewKey, NewMaterial
from strongroom.server.token_opening import open_token
from strongroom.v1 import importing_pb2, key_service_pb2
from strongroom.v1 import resources_pb2 as v1
from tests.support.deployments import Deployment
from tests.support.wrapping import pkcs8, wrap
from tests.vectors.keys import private_key, spki_of

BOOT_ID = "vectors"
IMPORTED = 4
"""How many keys of each kind and purpose are imported."""
MOST_HMAC_BYTES = 128
TWO_STEPS = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")  # take material of any length
_OPERATIONS: Mapping[type[Message], Operation] = {operation.request: operation for operation in OPERATIONS}

Check = Callable[[PooledSession, int, bytes], bytes]


@dataclass
class Service:
    """A pipeline over a SoftHSM2 token, a store and an audit trail, without gRPC in front."""

    parts: Parts
    pipeline: Pipeline
    certificate: bytes
    account_id: str
    _planted: list[Any] = field(default_factory=list)
    _brought: list[str] = field(default_factory=list)
    _imported: Counter[tuple[KeyKind, KeyPurpose]] = field(default_factory=Counter)

    def answer(self, request: Message) -> Any:
        """What the operation of this request answers: its response, or the error; never Internal."""
        operation = _OPERATIONS[type(request)]
        arrival = Arrival(request.SerializeToString(), self.certificate, "ipv4:127.0.0.1:1", "", math.inf)
        self.pipeline.catch_up()
        (outcome,) = self.pipeline.finish([self.pipeline.begin(operation, arrival)])
        if outcome.error is None:
            return operation.response.FromString(outcome.body)
        assert not isinstance(outcome.error, Internal)
        return outcome.error

    def answered(self, request: Message, where: str) -> Any:
        """The response of an operation that must not refuse; `where` says which vector it is."""
        answer = self.answer(request)
        assert not isinstance(answer, KmsError), f"{where}: {answer!r}"
        return answer

    def refused(self, request: Message, error: type[KmsError], where: str) -> None:
        """Returns if an operation refuses with this very error."""
        answer = self.answer(request)
        assert type(answer) is error, f"{where}: {answer!r}"

    def plant_public(self, kind: KeyKind, purpose: KeyPurpose, spki: bytes) -> str:
        """A key of which only the public key is there; gives its id."""
        key, material = self._names(kind, purpose)
        self.parts.store.begin_create(key, material, BOOT_ID)
        self.parts.store.complete_create(key.key_id, material.material_id, spki)
        return key.key_id

    def plant_private(
        self, kind: KeyKind, purpose: KeyPurpose, value: Mapping[Attribute, bytes], spki: bytes
    ) -> str:
        """A pair whose private key is on the token; gives its id."""
        key = private_key(kind, value)
        # An imported key has no public key but its own.
        if key and spki_of(key.public_key()) == spki and self._is_to_be_imported(kind, purpose):
            return self._import(kind, purpose, pkcs8(key))
        return self._plant(kind, purpose, value, lambda _session, _handle, _material_id: spki)

    def plant_secret(self, kind: KeyKind, purpose: KeyPurpose, value: bytes) -> str:
        """A secret key on the token; gives its id."""
        if len(value) <= MOST_HMAC_BYTES and self._is_to_be_imported(kind, purpose):
            return self._import(kind, purpose, value)

        def check(session: PooledSession, handle: int, material_id: bytes) -> bytes:
            return key_checks.make(session, handle, kind, material_id)

        return self._plant(kind, purpose, {Attribute.VALUE: value}, check)

    def _is_to_be_imported(self, kind: KeyKind, purpose: KeyPurpose) -> bool:
        self._imported[kind, purpose] += 1
        return self._imported[kind, purpose] <= IMPORTED

    def _import(self, kind: KeyKind, purpose: KeyPurpose, material: bytes) -> str:
        create = key_service_pb2.CreateKeyRequest(
            key_spec=v1.KeySpec.Value(f"KEY_SPEC_{kind.value}"),
            key_usage=v1.KeyUsage.Value(f"KEY_USAGE_{purpose.value}"),
            origin=v1.ORIGIN_EXTERNAL,
        )
        key_id = str(self.answered(create, "CreateKey").key_metadata.key_id)
        algorithm = TWO_STEPS[self._imported[kind, purpose] % len(TWO_STEPS)]
        parameters = self.answered(
            importing_pb2.GetParametersForImportRequest(
                key_id=key_id,
                wrapping_algorithm=v1.WrappingAlgorithm.Value(f"WRAPPING_ALGORITHM_{algorithm}"),
                wrapping_key_spec=v1.WRAPPING_KEY_SPEC_RSA_2048,
            ),
            "GetParametersForImport",
        )
        done = importing_pb2.ImportKeyMaterialRequest(
            key_id=key_id,
            import_token=parameters.import_token,
            encrypted_key_material=wrap(parameters.public_key, algorithm, material),
            expiration_model=v1.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE,
        )
        self.answered(done, "ImportKeyMaterial")
        self._brought.append(key_id)
        return key_id

    def _plant(
        self, kind: KeyKind, purpose: KeyPurpose, value: Mapping[Attribute, bytes], make_check: Check
    ) -> str:
        key, material = self._names(kind, purpose)
        self.parts.store.begin_create(key, material, BOOT_ID)
        template = {**self._template(kind, purpose, material), **value}

        def work(connection: Connection, session: PooledSession) -> bytes:
            with connection.lock:
                made = session.raw.create_object(template)
            self._planted.append(made)
            found = objects.Found(TokenObject(material.material_id, material.label), made)
            objects.remember_candidates(connection, [found])  # as if the token had been opened just now
            return make_check(session, made.handle, material.material_id)

        check = self.parts.token._runner.run(CallKind.IMPORT, work, attempts=1)
        self.parts.store.complete_create(key.key_id, material.material_id, check)
        return key.key_id

    def _template(self, kind: KeyKind, purpose: KeyPurpose, material: NewMaterial) -> dict[Attribute, Any]:
        shape = SHAPES[kind]
        return {
            **templates.template_of(kind, purpose, self.parts.token._profile),
            Attribute.CLASS: shape.object_class,
            Attribute.KEY_TYPE: shape.key_type,
            Attribute.TOKEN: True,
            Attribute.ID: material.material_id,
            Attribute.LABEL: material.label,
            **({Attribute.EC_PARAMS: shape.curve} if shape.curve else {}),
        }

    def _names(self, kind: KeyKind, purpose: KeyPurpose) -> tuple[NewKey, NewMaterial]:
        key_id, material_id, now = str(uuid.uuid4()), MaterialId(uuid.uuid4().bytes), self.parts.clock()
        key = NewKey(
            key_id=key_id,
            account_id=self.account_id,
            description="",
            key_spec=kind.value,
            key_usage=purpose.value,
            origin="EXTERNAL",
            multi_region=False,
            created_at=now,
            policy=key_policies.default_policy(self.parts.realm, self.account_id),
            created_by="tests/vectors",
            tags=(),
        )
        label = f"strongroom/dev/{key_id}"
        return key, NewMaterial(material_id, kms_material_id(material_id), label, now)

    def remove_planted(self) -> None:
        """Takes the planted objects off the token, so that it opens as fast for the next module."""
        while self._planted:
            self._planted.pop().destroy()
        while self._brought:
            record = self.parts.store.load_key(self._brought.pop())
            assert record is not None
            (material,) = record.materials
            self.parts.token.destroy(MaterialId(material.material_id), material.label)


@contextmanager
def opened(deployment: Deployment) -> Iterator[Service]:
    """The service of a deployment."""
    settings = load_settings(deployment.config)
    store = open_store(settings)
    token = open_token(settings)
    parts = app._parts(settings, token, store, BOOT_ID)
    records = record_writer(settings, "vectors")
    pipeline = Pipeline(
        parts,
        credential_parts(settings).authenticator,
        records,
        EventIds(b"0123456789"),
        LastUses(store),
        Unlimited(),
        logs=RequestLog.NONE,
    )
    certificate = (deployment.directory / "pki" / "client.pem").read_bytes()
    service = Service(parts, pipeline, certificate, settings.deployment.account_id)
    try:
        yield service
    finally:
        service.remove_planted()
        records.close()
        token.close()
        store.close()
