"""Whether a caller may do something: the one place that asks key policies and principal policies."""

from strongroom.server.authorization.authorizer import Authorizer
from strongroom.server.authorization.conditions import Asked, Supposed, tells_last_use

__all__ = ["Asked", "Authorizer", "Supposed", "tells_last_use"]
