"""The gRPC server of one worker."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from strongroom.server.faces.grpc.credentials import ServerCertificates
from strongroom.server.faces.grpc.handlers import OperationHandler, generic_handlers

_Status = health_pb2.HealthCheckResponse


@dataclass(frozen=True, slots=True)
class GrpcOptions:
    """How the server listens.

    Args:
        listen: `host:port`, for clients with a certificate; several workers share it by SO_REUSEPORT.
        listen_tokens: likewise for clients with a token; empty for none.
        max_request_bytes: the largest message that is read.
        max_concurrent_requests: how many streams a connection may have open.
        max_connection_age_s: after which clients are asked to reconnect, so that certificates are
            checked again and connections spread over workers; 0 for never.
        reflection: True to tell clients about the services.
    """

    listen: str
    listen_tokens: str
    max_request_bytes: int
    max_concurrent_requests: int
    max_connection_age_s: int
    reflection: bool


class GrpcFace:
    """Serves operations, health and reflection over mTLS; and operations alone to clients with a token.

    Anybody can connect where a token is the credential, so nothing is there that needs none.
    """

    def __init__(
        self,
        handlers: Sequence[OperationHandler],
        services: Iterable[str],
        certificates: ServerCertificates,
        options: GrpcOptions,
    ) -> None:
        self._services = (*services, "")
        self._health = health.aio.HealthServicer()
        server = _server(handlers, options)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        if options.reflection:
            names = (*self._services[:-1], health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server)
        _listen(server, options.listen, certificates.mutual)
        self._servers = [server]
        if options.listen_tokens:
            self._servers.append(_server(handlers, options))
            _listen(self._servers[-1], options.listen_tokens, certificates.plain)

    async def start(self) -> None:
        """Begins to serve; not ready until `set_ready`."""
        await self.set_ready(is_ready=False)
        for server in self._servers:
            await server.start()

    async def set_ready(self, *, is_ready: bool) -> None:
        """Tells health checks whether this worker can do its work."""
        status = _Status.SERVING if is_ready else _Status.NOT_SERVING
        for service in self._services:
            await self._health.set(service, status)

    async def drain(self, timeout_s: float) -> None:
        """Accepts nothing more and lets running calls end; those that last longer are cancelled."""
        await self._health.enter_graceful_shutdown()
        await asyncio.gather(*(server.stop(timeout_s) for server in self._servers))


def _server(handlers: Iterable[OperationHandler], options: GrpcOptions) -> grpc.aio.Server:
    server = grpc.aio.server(options=_channel_options(options))
    server.add_generic_rpc_handlers(generic_handlers(handlers))
    return server


def _listen(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials) -> None:
    try:
        server.add_secure_port(address, credentials)
    except RuntimeError:
        raise OSError(
            f"Can't listen on {address}: is the port taken, and the address this machine's?"
        ) from None


def _channel_options(options: GrpcOptions) -> list[tuple[str, int]]:
    age_ms = options.max_connection_age_s * 1000
    return [
        ("grpc.so_reuseport", 1),
        ("grpc.max_receive_message_length", options.max_request_bytes),
        # A token of 8 KiB and the other entries: of what is over the default some would be refused by chance.
        ("grpc.max_metadata_size", 16 * 1024),
        # The default, two minutes, would let silent connections take every descriptor.
        ("grpc.server_handshake_timeout_ms", 10_000),
        ("grpc.max_concurrent_streams", options.max_concurrent_requests),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
        *([("grpc.max_connection_age_ms", age_ms)] if age_ms else []),
    ]
