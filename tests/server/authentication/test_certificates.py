"""A client certificate is believed while an authority of now vouches for it."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from strongroom.server.authentication import CertificateAuthenticator, ClientTrust, PrincipalMap
from strongroom.server.cli.development_pki import Issued, issue_client, make_authority
from strongroom.server.config.revocation_lists import ListUnusable, parse_lists
from strongroom.server.config.tls_files import ClientAuthorities
from strongroom.server.core.clock import utc_now
from strongroom.server.core.errors import CredentialsInvalid
from tests.support.authorities import (
    DAY,
    make_bare_client,
    make_intermediate,
    make_root,
    revocation_list,
)

SPIFFE_ID = "spiffe://corp.example/billing"
ARN = "arn:aws:iam::111122223333:role/billing"
PRINCIPALS = PrincipalMap("aws", {"corp.example": "111122223333"}, {("common_name", "bare"): ARN}, {})


X400_ADDRESS = b"\xa3\x00"
UNREADABLE_ISSUER = x509.UnrecognizedExtension(
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER, b"\x30\x07\xa1\x02" + X400_ADDRESS + b"\x82\x01\x01"
)
STRANGE_NAMES = {
    "an address of X.400": b"\x30\x02" + X400_ADDRESS,
    "a name of EDI": b"\x30\x02\xa5\x00",
    "an address of three bytes": b"\x30\x05\x87\x03abc",
    "no names": b"\x04\x01\x00",
}


def trust_in(*authorities: Issued, lists: bytes = b"") -> ClientTrust:
    certificates = tuple(one.certificate for one in authorities)
    pem = b"".join(one.certificate_pem for one in authorities)
    return ClientTrust(
        ClientAuthorities(pem, certificates, parse_lists(lists, certificates) if lists else ())
    )


class Service:
    """An authenticator at a time that can be moved."""

    def __init__(self, trust: ClientTrust) -> None:
        self.ahead = dt.timedelta()
        self.authenticator = CertificateAuthenticator(PRINCIPALS, trust, lambda: utc_now() + self.ahead)

    def believes(self, client: Issued, *intermediates: Issued) -> bool:
        shown = b"".join(one.certificate_pem for one in intermediates)
        try:
            caller = self.authenticator.authenticate(client.certificate_pem, shown)
        except CredentialsInvalid:
            return False
        assert caller.arn == ARN
        return True


@pytest.fixture
def authority() -> Issued:
    return make_authority("authority")


@pytest.fixture
def client(authority: Issued) -> Issued:
    return issue_client(authority, SPIFFE_ID)


def test_an_authoritys_client_is_believed(authority: Issued, client: Issued) -> None:
    service = Service(trust_in(make_authority("other"), authority))
    assert service.believes(client)
    assert service.believes(client)


def test_a_client_without_any_extension_is_believed(authority: Issued) -> None:
    assert Service(trust_in(authority)).believes(make_bare_client(authority, "bare"))


def test_who_comes_by_an_intermediate_is_believed_with_it_alone() -> None:
    root = make_root("root")
    between = make_intermediate(root, "between")
    client = issue_client(between, SPIFFE_ID)
    assert Service(trust_in(root)).believes(client, between)
    assert not Service(trust_in(root)).believes(client)
    assert Service(trust_in(between)).believes(client)


def test_who_is_no_authority_vouches_for_nobody() -> None:
    root = make_root("root")
    for leaf in (make_intermediate(root, "leaf", is_authority=False), make_bare_client(root, "leaf")):
        forged = issue_client(leaf, SPIFFE_ID)
        assert not Service(trust_in(root)).believes(forged, leaf)


def test_what_nobody_vouches_for_is_refused_though_it_bears_the_name(client: Issued) -> None:
    assert not Service(trust_in(make_authority("authority"))).believes(client)


def test_a_removed_authority_vouches_for_nobody_any_more(authority: Issued, client: Issued) -> None:
    service = Service(trust_in(authority))
    assert service.believes(client)
    service.authenticator.use(trust_in(make_authority("other")))
    assert not service.believes(client)


def test_a_certificate_that_was_believed_is_refused_once_it_has_run_out(authority: Issued) -> None:
    service = Service(trust_in(authority))
    client = make_bare_client(authority, "bare", ends_in=dt.timedelta(hours=1))
    assert service.believes(client)
    service.ahead = dt.timedelta(minutes=59)
    assert service.believes(client)
    service.ahead = dt.timedelta(minutes=61)
    assert not service.believes(client)


def test_a_certificate_before_its_time_is_refused(authority: Issued) -> None:
    client = make_bare_client(authority, "bare", starts_in=dt.timedelta(hours=1))
    assert not Service(trust_in(authority)).believes(client)


def test_a_revoked_certificate_is_refused(authority: Issued, client: Issued) -> None:
    other = issue_client(authority, SPIFFE_ID)
    service = Service(trust_in(authority, lists=revocation_list(authority, [client])))
    assert not service.believes(client)
    assert service.believes(other)


def test_a_certificate_that_was_believed_is_refused_once_it_is_revoked(
    authority: Issued, client: Issued
) -> None:
    service = Service(trust_in(authority, lists=revocation_list(authority)))
    assert service.believes(client)
    service.authenticator.use(trust_in(authority, lists=revocation_list(authority, [client])))
    assert not service.believes(client)


def test_a_revoked_intermediate_vouches_for_nobody() -> None:
    root = make_root("root")
    between = make_intermediate(root, "between")
    service = Service(trust_in(root, lists=revocation_list(root, [between])))
    assert not service.believes(issue_client(between, SPIFFE_ID), between)


def test_a_revoked_intermediate_vouches_for_nobody_as_an_authority_either() -> None:
    root = make_root("root")
    between = make_intermediate(root, "between")
    lowest = make_intermediate(between, "lowest")
    clients = [issue_client(one, SPIFFE_ID) for one in (between, lowest)]
    service = Service(trust_in(root, between, lowest, lists=revocation_list(root)))
    assert [service.believes(client) for client in clients] == [True, True]
    revoking = revocation_list(root, [between])
    service.authenticator.use(trust_in(root, between, lowest, lists=revoking + revocation_list(between)))
    assert [service.believes(client) for client in clients] == [False, False]
    service.authenticator.use(trust_in(between, lowest, lists=revocation_list(between)))
    assert [service.believes(client) for client in clients] == [True, True]


def test_nobody_is_believed_where_the_list_above_the_authority_ran_out() -> None:
    root = make_root("root", ends_in=3 * DAY)
    between = make_intermediate(root, "between")
    client = issue_client(between, SPIFFE_ID)
    service = Service(trust_in(root, between, lists=revocation_list(root, ends_in=DAY / 2)))
    assert service.believes(client)
    service.ahead = 2 * DAY / 3
    assert not service.believes(client)


def test_authorities_that_certified_each_other_vouch_until_one_is_revoked() -> None:
    one, other = make_root("one"), make_root("other")
    by_other = make_intermediate(other, "one", key=one.key)
    by_one = make_intermediate(one, "other", key=other.key)
    client = issue_client(by_other, SPIFFE_ID)
    assert Service(trust_in(by_one, by_other, lists=revocation_list(one))).believes(client)
    assert not Service(trust_in(by_one, by_other, lists=revocation_list(other, [by_other]))).believes(client)


def test_an_authority_is_not_revoked_by_its_own_list() -> None:
    root = make_root("root")
    service = Service(trust_in(root, lists=revocation_list(root, [root])))
    assert service.believes(issue_client(root, SPIFFE_ID))


@pytest.mark.parametrize(
    "times", [{"ends_in": -DAY / 2}, {"starts_in": DAY / 3}], ids=["ran out", "not yet valid"]
)
def test_an_authority_out_of_its_time_vouches_for_nobody_and_others_for_theirs(
    authority: Issued, client: Issued, times: dict[str, dt.timedelta]
) -> None:
    other = make_root("other", **times)
    service = Service(trust_in(other, authority, lists=revocation_list(authority)))
    assert service.believes(client)
    assert not service.believes(issue_client(other, SPIFFE_ID))
    service.authenticator.use(trust_in(other, authority, lists=revocation_list(authority, [client])))
    assert not service.believes(client)


def test_nobody_is_believed_whose_authoritys_list_ran_out(authority: Issued, client: Issued) -> None:
    other = make_authority("other")
    service = Service(trust_in(authority, other, lists=revocation_list(authority)))
    assert service.believes(client)
    service.ahead = DAY + dt.timedelta(minutes=1)
    assert not service.believes(client)
    assert service.believes(issue_client(other, SPIFFE_ID))


def test_of_several_lists_the_newest_counts(authority: Issued, client: Issued) -> None:
    old = revocation_list(authority, ends_in=-dt.timedelta(hours=1))
    new = revocation_list(authority, [client])
    for lists in (old + new, new + old):
        service = Service(trust_in(authority, lists=lists))
        assert not service.believes(client)
        assert service.believes(issue_client(authority, SPIFFE_ID))


@pytest.mark.parametrize(
    "which",
    ["foreign", "part", "delta", "none", "torn", "torn behind another", "altered", "another", "unreadable"],
)
def test_a_list_that_cannot_be_used_is_refused(authority: Issued, which: str) -> None:
    point = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)  # noqa: FBT003 # as it takes them
    lists = {
        "foreign": revocation_list(make_authority("authority")),
        "another": revocation_list(make_authority("another")),
        "part": revocation_list(authority, extensions=[(point, True)]),
        "delta": revocation_list(authority, extensions=[(x509.DeltaCRLIndicator(1), True)]),
        "unreadable": revocation_list(authority, extensions=[(UNREADABLE_ISSUER, False)]),
        "none": b"",
        "torn": b"".join(revocation_list(authority).splitlines(keepends=True)[:2]),
        "torn behind another": revocation_list(authority) + revocation_list(authority)[:-40],
        "altered": b"".join(revocation_list(authority).splitlines(keepends=True)[::2]),
    }
    with pytest.raises(ListUnusable):
        parse_lists(lists[which], [authority.certificate])


@pytest.mark.parametrize(
    "pem", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_refused(authority: Issued, pem: bytes) -> None:
    service = Service(trust_in(authority))
    with pytest.raises(CredentialsInvalid):
        service.authenticator.authenticate(pem, b"")


@pytest.mark.parametrize("names", STRANGE_NAMES.values(), ids=STRANGE_NAMES)
def test_who_bears_names_that_cannot_be_read_is_refused(authority: Issued, names: bytes) -> None:
    extension = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names)
    client = make_bare_client(authority, "bare", extensions=[extension])
    assert not Service(trust_in(authority)).believes(client)


def test_who_bears_an_extension_twice_is_refused(authority: Issued) -> None:
    first, second = (x509.ObjectIdentifier(f"1.2.3.4.{last}") for last in (5, 6))
    extensions = [x509.UnrecognizedExtension(oid, b"\x05\x00") for oid in (first, second)]
    client = make_bare_client(authority, "bare", extensions=extensions).certificate
    twice = client.public_bytes(Encoding.DER).replace(b"\x2a\x03\x04\x06", b"\x2a\x03\x04\x05")
    pem = x509.load_der_x509_certificate(twice).public_bytes(Encoding.PEM)
    with pytest.raises(CredentialsInvalid):
        Service(trust_in(authority)).authenticator.authenticate(pem, b"")


ROLE = "arn:aws:iam::111122223333:role/"
LONGEST = "a" * (512 - len(ROLE))


@pytest.mark.parametrize("path", ["billing/api", "a.b/..c/d..", "x=1,2@y+z_-", LONGEST])
def test_a_path_of_a_spiffe_id_is_a_role(path: str) -> None:
    assert PRINCIPALS.by_spiffe_id(f"spiffe://corp.example/{path}").arn == ROLE + path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/billing",
        "billing/",
        "a//b",
        "x/../billing",
        "./x",
        "x/.",
        "..",
        "a b",
        "a%2fb",
        f"{LONGEST}a",
    ],
)
def test_a_path_that_no_role_can_have_is_nobody(path: str) -> None:
    with pytest.raises(CredentialsInvalid):
        PRINCIPALS.by_spiffe_id(f"spiffe://corp.example/{path}")
