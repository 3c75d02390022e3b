"""AWS's policy language: documents are parsed and compiled once, and then answer in microseconds.

Pure rules: what a policy says of a request, and how the sources of permission decide together.
"""

from strongroom.server.core.policies.decisions import (
    NO_GRANTS,
    Decision,
    Granted,
    Reason,
    decide_on_key,
    decide_on_retiring,
    decide_without_key,
)
from strongroom.server.core.policies.documents import parse_key_policy, parse_principal_policy
from strongroom.server.core.policies.policy import NO_POLICY, SILENCE, Answer, Policy, Statement
from strongroom.server.core.policies.requests import Lookup, PolicyRequest

__all__ = [
    "NO_GRANTS",
    "NO_POLICY",
    "SILENCE",
    "Answer",
    "Decision",
    "Granted",
    "Lookup",
    "Policy",
    "PolicyRequest",
    "Reason",
    "Statement",
    "decide_on_key",
    "decide_on_retiring",
    "decide_without_key",
    "parse_key_policy",
    "parse_principal_policy",
]
