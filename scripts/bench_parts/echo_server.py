"""The unit of the measurements: an empty grpc.aio server with the same transport and the same messages.

`python echo_server.py PKI-DIR PORT`: decodes an EncryptRequest, answers a constant EncryptResponse.
"""

import sys
from pathlib import Path

import grpc
import uvloop

from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages

_ANSWER = messages.EncryptResponse(ciphertext_blob=b"x" * 109, key_id="k" * 80, encryption_algorithm=1)


class _Echo(crypto_grpc.CryptoServiceServicer):
    async def Encrypt(self, request, context):  # noqa: ANN001, ANN202, ARG002, N802
        return _ANSWER


async def _serve(pki: Path, port: int) -> None:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
    crypto_grpc.add_CryptoServiceServicer_to_server(_Echo(), server)
    pair = ((pki / "server.key").read_bytes(), (pki / "server.pem").read_bytes())
    ca = (pki / "ca.pem").read_bytes()
    server.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials([pair], ca, True))
    await server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
