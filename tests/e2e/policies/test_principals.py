"""The policies of principals are administered."""

import pytest

from strongroom.client import Client, errors
from tests.e2e.policies.principals import Principal, allow, denied, document

ADMIN = "arn:aws:iam::111122223333:role/client/admin"


def test_administration_can_be_delegated_by_path(client: Client, worker: Principal) -> None:
    worker.may(allow("kms:*PrincipalPolicy", Resource="arn:aws:iam::111122223333:role/apps/*"))
    app = "arn:aws:iam::111122223333:role/apps/orders"
    worker.client.put_principal_policy(app, "orders", document(allow("kms:Encrypt")))
    assert "kms:Encrypt" in worker.client.get_principal_policy(app, "orders")
    denied(lambda: worker.client.put_principal_policy(worker.arn, "more", document(allow("kms:*"))))
    denied(lambda: worker.client.delete_principal_policy(ADMIN, "administrator"))
    worker.client.delete_principal_policy(app, "orders")
    with pytest.raises(errors.NotFound):
        client.get_principal_policy(app, "orders")


def test_principals_are_listed_page_by_page(client: Client) -> None:
    names = [f"arn:aws:iam::111122223333:role/pages/{n}" for n in range(5)]
    for name in names:
        client.put_principal_policy(name, "b", document(allow("kms:ListKeys")))
        client.put_principal_policy(name, "a", document(allow("kms:ListKeys")))
    found, marker = {}, None
    while marker != "":
        page = client.list_principals(limit=2, marker=marker)
        assert len(page.principals) <= 2
        found.update({entry.principal: entry.policy_names for entry in page.principals})
        marker = page.next_marker
    assert {name: found[name] for name in names} == dict.fromkeys(names, ("a", "b"))
    for name in names:
        client.delete_principal_policy(name, "a")
        client.delete_principal_policy(name, "b")


def test_a_principal_has_at_most_ten_policies(client: Client, worker: Principal) -> None:
    for n in range(10):
        worker.may(allow("kms:ListKeys"), name=f"p{n}")
    with pytest.raises(errors.LimitExceeded):
        worker.may(allow("kms:ListKeys"), name="p10")
    worker.may(allow("kms:ListAliases"), name="p9")  # one of these in its place
    assert "ListAliases" in client.get_principal_policy(worker.arn, "p9")


@pytest.mark.parametrize(
    ("principal", "name", "policy", "error"),
    [
        ("arn:aws:iam::111122223333:root", "x", document(allow("kms:*")), errors.ValidationError),
        ("somebody", "x", document(allow("kms:*")), errors.ValidationError),
        (ADMIN, "a name", document(allow("kms:*")), errors.ValidationError),
        (ADMIN, "x", "my policy", errors.MalformedPolicy),
        (ADMIN, "x", document(allow("kms:*", Principal="*")), errors.MalformedPolicy),
        (ADMIN, "x", document({"Effect": "Allow", "Action": "kms:*"}), errors.MalformedPolicy),
    ],
)
def test_what_is_no_policy_of_a_principal_is_refused(
    client: Client, principal: str, name: str, policy: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.put_principal_policy(principal, name, policy)
