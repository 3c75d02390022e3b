# Made by scripts/gen-client from _aio/calls.py; change that, not this.
"""A connection to the service, and how a call is made on it."""

from typing import Any

import grpc

from strongroom.client import _checksums, _connections
from strongroom.client._connections import DEFAULT_TIMEOUT_S, Endpoint
from strongroom.client._statuses import error_of
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import key_service_pb2_grpc as keys_grpc
from strongroom.v1 import policy_service_pb2_grpc as policies_grpc


class Calls:
    """What every family of operations builds on.

    Args:
        endpoint: where the service is and who asks.
        timeout_s: after how many seconds a call is given up; those that make key pairs get at least 60.
        verify_checksums: False to neither send nor check the checksums of bytes.
    """

    def __init__(
        self, endpoint: Endpoint, *, timeout_s: float = DEFAULT_TIMEOUT_S, verify_checksums: bool = True
    ) -> None:
        self._timeout_s = timeout_s
        self._verify_checksums = verify_checksums
        self._channel = grpc.secure_channel(
            endpoint.address, endpoint.credentials(), options=_connections.channel_options()
        )
        self._keys = keys_grpc.KeyServiceStub(self._channel)
        self._policies = policies_grpc.PolicyServiceStub(self._channel)
        self._crypto = crypto_grpc.CryptoServiceStub(self._channel)

    def _call(self, method: Any, request: Any, *, at_least_s: float = 0) -> Any:  # noqa: ANN401 # any unary call
        if self._verify_checksums:
            _checksums.add_checksums(request)
        try:
            answer = method(request, timeout=max(self._timeout_s, at_least_s))
        except grpc.RpcError as error:
            raise error_of(error) from None
        if self._verify_checksums:
            _checksums.check_answer(request, answer)
        return answer
