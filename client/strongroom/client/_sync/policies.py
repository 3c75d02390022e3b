# Made by scripts/gen-client from _aio/policies.py; change that, not this.
"""Who may do what: key policies and the policies of principals."""

from collections.abc import Iterator, Mapping

from strongroom.client._answers import policies as answers
from strongroom.client._sync.calls import Calls
from strongroom.client.results import AccessExplained, PrincipalEntry, PrincipalPage
from strongroom.v1 import policy_service_pb2 as messages


class PolicyCalls(Calls):
    """The operations of PolicyService; a policy is a JSON text."""

    def put_key_policy(
        self, key_id: str, policy: str, *, bypass_policy_lockout_safety_check: bool = False
    ) -> None:
        """Replaces the policy of a key, named by id or ARN; MalformedPolicy if it locks the caller out."""
        request = messages.PutKeyPolicyRequest(
            key_id=key_id,
            policy=policy,
            bypass_policy_lockout_safety_check=bypass_policy_lockout_safety_check,
        )
        self._call(self._policies.PutKeyPolicy, request)

    def get_key_policy(self, key_id: str) -> str:
        """The policy of a key."""
        request = messages.GetKeyPolicyRequest(key_id=key_id)
        answer = self._call(self._policies.GetKeyPolicy, request)
        return str(answer.policy)

    def list_key_policies(self, key_id: str) -> tuple[str, ...]:
        """The names of a key's policies: `default`."""
        request = messages.ListKeyPoliciesRequest(key_id=key_id)
        answer = self._call(self._policies.ListKeyPolicies, request)
        return tuple(answer.policy_names)

    def put_principal_policy(self, principal: str, policy_name: str, policy: str) -> None:
        """Writes a policy that says what a principal, named by ARN, may do."""
        request = messages.PutPrincipalPolicyRequest(
            principal=principal, policy_name=policy_name, policy=policy
        )
        self._call(self._policies.PutPrincipalPolicy, request)

    def get_principal_policy(self, principal: str, policy_name: str) -> str:
        """A policy of a principal."""
        request = messages.GetPrincipalPolicyRequest(principal=principal, policy_name=policy_name)
        answer = self._call(self._policies.GetPrincipalPolicy, request)
        return str(answer.policy)

    def delete_principal_policy(self, principal: str, policy_name: str) -> None:
        """Deletes a policy of a principal."""
        request = messages.DeletePrincipalPolicyRequest(principal=principal, policy_name=policy_name)
        self._call(self._policies.DeletePrincipalPolicy, request)

    def list_principals(self, *, limit: int | None = None, marker: str | None = None) -> PrincipalPage:
        """A page of the account's principals that have policies; 100 unless `limit` says 1 to 1000."""
        request = messages.ListPrincipalsRequest(limit=limit, marker=marker)
        return answers.principal_page(self._call(self._policies.ListPrincipals, request))

    def all_principals(self) -> Iterator[PrincipalEntry]:
        """All principals of the account that have policies, page by page."""
        marker: str | None = None
        while marker != "":
            page = self.list_principals(limit=1000, marker=marker)
            for entry in page.principals:
                yield entry
            marker = page.next_marker

    def explain_access(
        self, key_id: str, principal: str, action: str, *, conditions: Mapping[str, str] | None = None
    ) -> AccessExplained:
        """Whether a principal may do `kms:…` with a key, and what decides it.

        Args:
            key_id: id, ARN or alias of the key.
            principal: the ARN of who would do it.
            action: what.
            conditions: values of condition keys, `kms:EncryptionContext:tenant`.
        """
        request = messages.ExplainAccessRequest(
            key_id=key_id, principal=principal, action=action, conditions=conditions
        )
        return answers.access_explained(self._call(self._policies.ExplainAccess, request))
