"""A bearer token is believed if everything about it is right; otherwise nobody calls."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.authentication import PrincipalMap, TokenAuthenticator, TokenIssuer
from strongroom.server.authentication.claims import Rules
from strongroom.server.authentication.key_sources import FileKeys
from strongroom.server.authentication.subjects import SubjectMap
from strongroom.server.core.clock import utc_now
from strongroom.server.core.errors import CredentialsInvalid
from strongroom.server.core.key_sets import parse_key_set
from tests.support.bearers import AUDIENCE, ISSUER, ROLE, SUBJECT, Issuer, encoded, jwk_of, make_key, signed

BILLING = "arn:aws:iam::111122223333:role/billing"
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA")
PRINCIPALS = PrincipalMap("aws", {}, {}, {BILLING: {"team": "billing"}})


class Service:
    """An authenticator that believes one issuer, at a time that can be moved."""

    def __init__(self, issuer: Issuer, **rules: Any) -> None:
        self.issuer = issuer
        self.ahead = timedelta()
        self.source = FileKeys(parse_key_set(issuer.jwks_bytes))
        self.authenticator = TokenAuthenticator(PRINCIPALS, lambda: utc_now() + self.ahead)
        good = {
            "audiences": (AUDIENCE, "kms"),
            "algorithms": ALGORITHMS,
            "max_lifetime_s": 3600.0,
            "leeway_s": 30.0,
        }
        subjects = SubjectMap({"named": BILLING}, ROLE)
        self.authenticator.use(
            [TokenIssuer(Rules(issuer=issuer.name, **{**good, **rules}), subjects, self.source)]
        )

    def caller(self, token: str) -> Any:
        return self.authenticator.authenticate((f"Bearer {token}",))

    def refuses(self, token: str) -> bool:
        with pytest.raises(CredentialsInvalid) as caught:
            self.caller(token)
        assert token not in caught.value.message or len(token) < 3
        return "isn't accepted" in caught.value.message


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def service(issuer: Issuer) -> Service:
    return Service(issuer)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_good_token_is_believed(algorithm: str) -> None:
    issuer = Issuer(algorithm)
    caller = Service(issuer).caller(issuer.token())
    assert caller.arn == ROLE + SUBJECT.replace(":", "/")
    assert caller.account_id == "000000000000"
    assert caller.credential == f"jwt:{ISSUER}:{SUBJECT}"


def test_a_named_subject_has_its_principal_and_that_its_tags(issuer: Issuer, service: Service) -> None:
    caller = service.caller(issuer.token(sub="named"))
    assert (caller.arn, caller.account_id, caller.tags) == (BILLING, "111122223333", {"team": "billing"})


GOOD: dict[str, Callable[[], dict[str, Any]]] = {
    "one of several audiences": lambda: {"aud": ["other", AUDIENCE]},
    "another audience of ours": lambda: {"aud": "kms"},
    "no iat": lambda: {"iat": None},
    "just expired": lambda: {"exp": int(time.time()) - 5},
    "a clock that is ahead": lambda: {"iat": int(time.time()) + 20, "nbf": int(time.time()) + 20},
    "fractions of seconds": lambda: {"exp": time.time() + 100.5},
}


@pytest.mark.parametrize("claims", GOOD.values(), ids=GOOD)
def test_what_the_standard_allows_is_believed(
    issuer: Issuer, service: Service, claims: Callable[[], dict[str, Any]]
) -> None:
    assert service.caller(issuer.token(**claims()))


@pytest.mark.parametrize("header", [{"typ": None}, {"typ": "at+jwt"}, {"typ": "jwt"}, {"kid": None}])
def test_headers_may_leave_out_what_is_clear(
    issuer: Issuer, service: Service, header: dict[str, Any]
) -> None:
    assert service.caller(issuer.token(header))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_no_case(issuer: Issuer, service: Service, scheme: str) -> None:
    assert service.authenticator.authenticate((f"{scheme} {issuer.token()}",))


NOW = int(time.time())
CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 60},
    "not yet valid": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600, "exp": NOW + 3700},
    "valid for too long": {"exp": NOW + 86400},
    "valid for too long, without iat": {"exp": NOW + 86400, "iat": None},
    "valid for too long, issued long ago": {"iat": NOW - 86400},
    "another audience": {"aud": "another"},
    "other audiences": {"aud": ["another", "strongroom2"]},
    "no audiences": {"aud": []},
    "an audience that is no text": {"aud": [AUDIENCE, 1]},
    "an audience in an object": {"aud": {AUDIENCE: 1}},
    "another issuer": {"iss": "https://issuer.example/"},
    "an issuer that is a list": {"iss": [ISSUER]},
    "no exp": {"exp": None},
    "no sub": {"sub": None},
    "no iss": {"iss": None},
    "no aud": {"aud": None},
    "exp as text": {"exp": str(NOW + 600)},
    "exp true": {"exp": True},
    "exp without end": {"exp": float("inf")},
    "exp that is no number": {"exp": float("nan")},
    "exp beyond all": {"exp": 10**400},
    "exp before all": {"exp": -(10**400)},
    "exp in a list": {"exp": [NOW + 600]},
    "nbf as text": {"nbf": "0"},
    "nbf without end": {"nbf": float("inf")},
    "iat as text": {"iat": "0"},
    "iat false": {"iat": False},
    "sub a number": {"sub": 1},
    "sub a list": {"sub": ["named"]},
    "sub empty": {"sub": ""},
    "sub with a slash": {"sub": "system/serviceaccount"},
    "sub outside the grammar": {"sub": "a b"},
    "sub beyond ASCII": {"sub": "größe"},
    "sub with a line end": {"sub": "named\n"},
    "sub too long": {"sub": "a" * 513},
    "jti a number": {"jti": 1},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_claims_that_are_not_right_are_refused(
    issuer: Issuer, service: Service, claims: dict[str, Any]
) -> None:
    assert service.refuses(issuer.token(**claims))


HEADERS: dict[str, dict[str, Any]] = {
    "another kid": {"kid": "second"},
    "a kid that is a number": {"kid": 1},
    "alg none": {"alg": "none"},
    "alg in other letters": {"alg": "es256"},
    "alg of another kind": {"alg": "RS256"},
    "alg of another curve": {"alg": "ES384"},
    "alg a list": {"alg": ["ES256"]},
    "no alg": {"alg": None},
    "crit": {"crit": ["exp"], "exp": 1},
    "crit of what is known": {"crit": ["b64"], "b64": True},
    "crit empty": {"crit": []},
    "b64": {"b64": False},
    "another type": {"typ": "dpop+jwt"},
    "a type that is a number": {"typ": 1},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_headers_that_are_not_right_are_refused(
    issuer: Issuer, service: Service, header: dict[str, Any]
) -> None:
    assert service.refuses(issuer.token(header))


def test_without_kid_the_key_must_be_clear(issuer: Issuer, service: Service) -> None:
    other = make_key("ES256")
    issuer.jwks["keys"].append(jwk_of(other, "ES256", kid="other"))
    service.source.use(parse_key_set(issuer.jwks_bytes))
    assert service.refuses(issuer.token({"kid": None}))
    assert service.caller(issuer.token())


def test_another_keys_signature_is_refused(issuer: Issuer, service: Service) -> None:
    assert service.refuses(signed(issuer.claims(), make_key("ES256"), "ES256", {"kid": issuer.key_id}))


def _hmac_by_public_key(issuer: Issuer) -> str:
    pem = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signing_input = f"{encoded(json.dumps({'alg': 'HS256', 'kid': issuer.key_id}))}.{encoded(json.dumps(issuer.claims()))}"
    import hashlib
    import hmac

    return f"{signing_input}.{encoded(hmac.digest(pem, signing_input.encode(), hashlib.sha256))}"


def _unsigned(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), "", "none", {"kid": issuer.key_id})


def _by_a_key_that_it_brings(issuer: Issuer, **members: Any) -> str:
    key = make_key("ES256")
    header = {"kid": issuer.key_id, "jwk": jwk_of(key, "ES256"), **members}
    return signed(issuer.claims(), key, "ES256", header)


def _changed(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{encoded(json.dumps(issuer.claims(sub='named')))}.{signature}"


def _part(number: int, text: str) -> Callable[[Issuer], str]:
    def replaced(issuer: Issuer) -> str:
        parts = issuer.token().split(".")
        parts[number] = text
        return ".".join(parts)

    return replaced


FORGED: dict[str, Callable[[Issuer], str]] = {
    "an HMAC by the public key": _hmac_by_public_key,
    "no signature": _unsigned,
    "an empty signature": _part(2, ""),
    "a key in its header": _by_a_key_that_it_brings,
    "an address of a key in its header": lambda i: _by_a_key_that_it_brings(i, jku="https://127.0.0.1:1/"),
    "a certificate's address in its header": lambda i: _by_a_key_that_it_brings(i, x5u="https://127.0.0.1:1/"),
    "other claims": _changed,
    "a header that is no JSON": _part(0, encoded("{")),
    "a header that is a list": _part(0, encoded("[]")),
    "a deep header": _part(0, encoded("[" * 3000)),
    "deep claims": _part(1, encoded("[" * 3000)),
    "claims that are a list": lambda i: signed(["iss"], i.key, "ES256", {"kid": i.key_id}),
    "claims that are no text": _part(1, encoded(b"\xff\xfe")),
    "no base64": _part(1, "!!!!"),
    "padding": lambda i: f"{i.token()}==",
    "another alphabet": _part(1, "++//"),
    "a part too many": lambda i: f"{i.token()}.AAAA",
    "a part too few": lambda i: i.token().rpartition(".")[0],
    "a blank within": lambda i: i.token().replace(".", ". ", 1),
    "a blank before": lambda i: f" {i.token()}",
    "a line end": lambda i: f"{i.token()}\n",
    "text beyond ASCII": lambda i: "grö.ß.e",
    "half a character": lambda i: "\ud800.a.b",
    "a single dot": lambda i: ".",
    "dots": lambda i: "..",
}  # fmt: skip


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED)
def test_a_forged_or_torn_token_is_refused(
    issuer: Issuer, service: Service, make: Callable[[Issuer], str]
) -> None:
    assert service.refuses(make(issuer))


def test_what_a_good_token_brings_besides_is_not_looked_at(issuer: Issuer, service: Service) -> None:
    header = {"jku": "https://127.0.0.1:1/", "x5u": "https://127.0.0.1:1/", "jwk": {"kty": "oct", "k": "AA"}}
    assert service.caller(issuer.token(header))


def test_an_algorithm_that_the_issuer_may_not_use_is_refused(issuer: Issuer) -> None:
    assert Service(issuer, algorithms=("RS256", "EdDSA")).refuses(issuer.token())


def test_without_issuers_no_token_is_believed(issuer: Issuer) -> None:
    authenticator = TokenAuthenticator(PRINCIPALS, utc_now)
    with pytest.raises(CredentialsInvalid):
        authenticator.authenticate((f"Bearer {issuer.token()}",))


@pytest.mark.parametrize(
    "authorization",
    [
        (),
        ("",),
        ("Bearer",),
        ("Bearer ",),
        ("Basic YTpi",),
        ("Bearer a.b.c", "Bearer a.b.c"),
        ("Bearer " + "a" * 8193,),
    ],
    ids=["none", "empty", "no token", "blank", "another scheme", "twice", "huge"],
)
def test_what_is_no_bearer_token_is_refused(service: Service, authorization: tuple[str, ...]) -> None:
    with pytest.raises(CredentialsInvalid) as caught:
        service.authenticator.authenticate(authorization)
    assert "a.b.c" not in caught.value.message


def test_a_good_token_twice_is_refused(issuer: Issuer, service: Service) -> None:
    header = f"Bearer {issuer.token()}"
    with pytest.raises(CredentialsInvalid):
        service.authenticator.authenticate((header, header))


def test_a_token_that_was_believed_is_refused_once_it_has_expired(issuer: Issuer, service: Service) -> None:
    token = issuer.token()
    assert service.caller(token) is service.caller(token)
    service.ahead = timedelta(seconds=625)
    assert service.caller(token)  # the clocks may differ by as much
    service.ahead = timedelta(seconds=631)
    assert service.refuses(token)


def test_a_token_of_a_key_that_was_taken_back_is_refused(issuer: Issuer, service: Service) -> None:
    token = issuer.token()
    assert service.caller(token)
    issuer.rotate("second")
    service.source.use(parse_key_set(issuer.jwks_bytes))
    service.authenticator.forget()
    assert service.refuses(token)
    assert service.caller(issuer.token())


def test_no_token_is_believed_once_all_keys_are_withdrawn(issuer: Issuer, service: Service) -> None:
    token = issuer.token()
    assert service.caller(token)
    service.source.use(parse_key_set(b'{"keys": []}'))
    service.authenticator.forget()
    assert service.refuses(token)
    assert service.refuses(issuer.token({"kid": None}))


def test_a_subject_whose_principal_no_policy_could_name_is_refused(issuer: Issuer, service: Service) -> None:
    longest = "a" * (512 - len(ROLE))
    assert service.caller(issuer.token(sub=longest)).arn == ROLE + longest
    assert service.refuses(issuer.token(sub=f"{longest}a"))


_SUBJECTS = SubjectMap({}, ROLE)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_two_subjects_are_one_principal(one: str, other: str) -> None:
    principals = _SUBJECTS.principal(one), _SUBJECTS.principal(other)
    assert one == other or None in principals or principals[0] != principals[1]


@given(st.text(alphabet=":/ab", max_size=6), st.text(alphabet=":/ab", max_size=6))
def test_no_two_subjects_of_colons_and_slashes_are_one_principal(one: str, other: str) -> None:
    principals = _SUBJECTS.principal(one), _SUBJECTS.principal(other)
    assert one == other or None in principals or principals[0] != principals[1]


_FUZZED = Service(Issuer())
_TOKEN = _FUZZED.issuer.token()


@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.from_regex(r"(?i)bearer [A-Za-z0-9_.-]{0,60}", fullmatch=True),
            st.builds(
                lambda place, text: f"Bearer {_TOKEN[:place]}{text}{_TOKEN[place + 1 :]}",
                st.integers(0, len(_TOKEN)),
                st.text(max_size=2),
            ),
        ),
        max_size=2,
    )
)
def test_nothing_else_is_believed_nor_a_defect(authorization: list[str]) -> None:
    if authorization == [f"Bearer {_TOKEN}"]:
        return
    with pytest.raises(CredentialsInvalid):
        _FUZZED.authenticator.authenticate(tuple(authorization))


@given(
    st.dictionaries(
        st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
            ),
        ),
        min_size=1,
    )
)
def test_no_signed_claims_are_a_defect(claims: dict[str, Any]) -> None:
    issuer = _FUZZED.issuer
    token = signed({**issuer.claims(), **claims}, issuer.key, "ES256", {"kid": issuer.key_id})
    try:
        caller = _FUZZED.caller(token)
    except CredentialsInvalid:
        return
    assert caller.arn.startswith((ROLE, BILLING))
