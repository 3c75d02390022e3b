"""The options that say whose bearer tokens are believed, and who their subjects are."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from strongroom.server.config.fields import HTTPS, PRINCIPAL, Duration, FileOrUrl, FilePath, Section

SUBJECT = "{sub}"
"""What stands for the subject in a template."""

_TEMPLATE = r"^arn:[a-z0-9-]+:iam::[0-9]{12}:(user|role)/([A-Za-z0-9_+=,.@-]+/)*\{sub\}$"
_Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_Audience = Annotated[str, Field(min_length=1, max_length=255)]
_Subject = Annotated[str, Field(min_length=1, max_length=512)]
_Principal = Annotated[str, Field(pattern=PRINCIPAL)]


class TokenIssuerSettings(Section):
    """Whose bearer tokens (JWT) are believed at server.listen_tokens, and who its subjects are."""

    issuer: Annotated[
        str, Field(pattern=r"^[!-~]{1,255}$", examples=["https://kubernetes.default.svc.cluster.local"])
    ]
    """What `iss` must be, exactly."""
    audiences: Annotated[tuple[_Audience, ...], Field(min_length=1, examples=[("strongroom",)])]
    """`aud` must have one of these. Never another service's: its tokens would be believed here."""
    jwks: Annotated[FileOrUrl, Field(examples=["https://kubernetes.default.svc/openid/v1/jwks"])]
    """The issuer's public keys, a JSON Web Key Set: a file, or an https:// URL."""
    jwks_ca: Annotated[FilePath | None, Field(examples=["pki/issuer-ca.pem"])] = None
    """PEM of the authorities that may vouch for that URL, instead of the system's."""
    jwks_bearer: Annotated[
        FilePath | None, Field(examples=["/var/run/secrets/kubernetes.io/serviceaccount/token"])
    ] = None
    """A file with a token to show there, read at each fetch; Kubernetes wants one."""
    algorithms: Annotated[tuple[_Algorithm, ...], Field(min_length=1)] = ("ES256", "RS256", "EdDSA")
    """Algorithms of signatures: RS, PS or ES with 256, 384 or 512, and EdDSA."""
    max_lifetime_s: Annotated[Duration, Field(gt=0, le=31_536_000)] = 86400.0
    """Seconds that a token may be valid for, from `iat` (or now) to `exp`; others are refused."""
    leeway_s: Annotated[Duration, Field(ge=0, le=300)] = 30.0
    """Seconds that the issuer's clock may differ from this one."""
    subjects: Annotated[
        dict[_Subject, _Principal],
        Field(examples=[{"system:serviceaccount:billing:api": "arn:aws:iam::111122223333:role/billing"}]),
    ] = Field(default_factory=dict)
    """Principals of subjects (`sub`)."""
    principal: Annotated[
        str | None, Field(pattern=_TEMPLATE, examples=["arn:aws:iam::111122223333:role/k8s/{sub}"])
    ] = None
    """The principal of every other subject: {sub} is it, with / for each :. Without: others are refused."""

    @model_validator(mode="after")
    def _is_of_use(self) -> Self:
        if not self.subjects and self.principal is None:
            raise ValueError("must have subjects, principal or both: nobody could use its tokens")
        if not self.is_remote and (self.jwks_ca or self.jwks_bearer):
            raise ValueError("must have jwks_ca and jwks_bearer only where jwks is a URL")
        return self

    @property
    def is_remote(self) -> bool:
        """True if the keys are fetched, False if they are in a file."""
        return self.jwks.startswith(HTTPS)

    @property
    def prefix(self) -> str | None:
        """What all principals of the template begin with."""
        return None if self.principal is None else self.principal.removesuffix(SUBJECT)


def refuse_shared_principals(issuers: Sequence[TokenIssuerSettings]) -> None:
    """Returns if no two subjects can be one principal, unless both are named with it.

    Raises:
        ValueError: a principal that a template makes is another's, too.
    """
    prefixes = [issuer.prefix for issuer in issuers if issuer.prefix is not None]
    named = {principal for issuer in issuers for principal in issuer.subjects.values()}
    shared = [*_nested(prefixes), *(one for one in named if one.startswith(tuple(prefixes)))]
    if shared:
        raise ValueError(
            f"must not let another subject be {shared[0]}…: a template's principals are its subjects' alone"
        )


def _nested(prefixes: Sequence[str]) -> Iterator[str]:
    for place, prefix in enumerate(prefixes):
        others = (*prefixes[:place], *prefixes[place + 1 :])
        yield from (other for other in others if other.startswith(prefix))
