"""The options that say who a credential stands for."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from strongroom.server.config.fields import ACCOUNT_ID, PRINCIPAL, Section
from strongroom.server.config.token_issuer_settings import TokenIssuerSettings, refuse_shared_principals

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Name = Annotated[str, Field(min_length=1)]
_TagKey = Annotated[str, Field(min_length=1, max_length=128)]
_TagValue = Annotated[str, Field(max_length=256)]
_NAMES = ("fingerprint_sha256", "dns", "common_name")


class TrustDomainSettings(Section):
    """A SPIFFE trust domain: spiffe://<name>/<path> is the principal arn:…:iam::<account_id>:role/<path>."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,255}$", examples=["corp.example"])]
    """The trust domain."""
    account_id: Annotated[str, Field(pattern=ACCOUNT_ID, examples=["111122223333"])]
    """The account of its principals, 12 digits."""


class CertificateSettings(Section):
    """A client certificate without SPIFFE id, by exactly one of its names."""

    principal: Annotated[str, Field(pattern=PRINCIPAL, examples=["arn:aws:iam::111122223333:role/billing"])]
    """The IAM ARN that it stands for."""
    fingerprint_sha256: Annotated[_Sha256 | None, Field(examples=["00" * 32])] = None
    """SHA-256 of the certificate, 64 lowercase hex digits."""
    dns: Annotated[_Name | None, Field(examples=["billing.corp.example"])] = None
    """A DNS name in its subject alternative names."""
    common_name: Annotated[_Name | None, Field(examples=["billing"])] = None
    """The CN of its subject."""

    @model_validator(mode="after")
    def _has_one_name(self) -> Self:
        if len(self.names) != 1:
            raise ValueError("must have exactly one of fingerprint_sha256, dns and common_name")
        return self

    @property
    def names(self) -> list[tuple[str, str]]:
        """The names given, as `(option, value)`."""
        return [(option, value) for option in _NAMES if (value := getattr(self, option)) is not None]


class PrincipalSettings(Section):
    """Tags of a principal, for policies: aws:PrincipalTag/<name>. No client can say its own."""

    principal: Annotated[str, Field(pattern=PRINCIPAL, examples=["arn:aws:iam::111122223333:role/billing"])]
    """Its IAM ARN."""
    tags: Annotated[dict[_TagKey, _TagValue], Field(max_length=50, examples=[{"team": "billing"}])]
    """Its tags."""


def _unambiguous_principals(entries: tuple[PrincipalSettings, ...]) -> tuple[PrincipalSettings, ...]:
    _refuse_repeated(entry.principal for entry in entries)
    return entries


def _unambiguous_domains(domains: tuple[TrustDomainSettings, ...]) -> tuple[TrustDomainSettings, ...]:
    _refuse_repeated(domain.name for domain in domains)
    return domains


def _unambiguous_names(entries: tuple[CertificateSettings, ...]) -> tuple[CertificateSettings, ...]:
    _refuse_repeated(" ".join(name) for entry in entries for name in entry.names)
    return entries


def _unambiguous_issuers(issuers: tuple[TokenIssuerSettings, ...]) -> tuple[TokenIssuerSettings, ...]:
    _refuse_repeated(issuer.issuer for issuer in issuers)
    refuse_shared_principals(issuers)
    return issuers


def _refuse_repeated(names: Iterable[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ValueError(f"must not give {', '.join(repeated)} more than once: who that is must be clear")


class AuthenticationSettings(Section):
    """Which principal a client certificate or a bearer token stands for; all others are refused."""

    trust_domains: Annotated[tuple[TrustDomainSettings, ...], AfterValidator(_unambiguous_domains)] = ()
    """SPIFFE trust domains."""
    certificates: Annotated[tuple[CertificateSettings, ...], AfterValidator(_unambiguous_names)] = ()
    """Client certificates without SPIFFE id."""
    token_issuers: Annotated[tuple[TokenIssuerSettings, ...], AfterValidator(_unambiguous_issuers)] = ()
    """Issuers of bearer tokens."""
    principals: Annotated[tuple[PrincipalSettings, ...], AfterValidator(_unambiguous_principals)] = ()
    """Tags of principals."""
