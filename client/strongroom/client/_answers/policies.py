"""The answers about policies."""

from strongroom.client.results import AccessExplained, PrincipalEntry, PrincipalPage
from strongroom.v1 import policy_service_pb2 as messages


def principal_page(message: messages.ListPrincipalsResponse) -> PrincipalPage:
    """A page of principals."""
    entries = (PrincipalEntry(one.principal, tuple(one.policy_names)) for one in message.principals)
    return PrincipalPage(tuple(entries), message.next_marker)


def access_explained(message: messages.ExplainAccessResponse) -> AccessExplained:
    """What decides."""
    return AccessExplained(message.allowed, message.reason, message.decided_by)
