"""The gRPC face."""

from strongroom.server.faces.grpc.server import GrpcFace

__all__ = ["GrpcFace"]
