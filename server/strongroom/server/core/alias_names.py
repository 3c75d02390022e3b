"""Which names an alias may have.

Source: AWS KMS API reference, CreateAlias; the text about the prefix as recorded live.
"""

from strongroom.server.core.errors import AliasReserved, InvalidAliasName, ValidationFailed

PREFIX = "alias/"
MAX_CHARACTERS = 256
PATTERN = "[a-zA-Z0-9:/_-]+"

_RESERVED = "alias/aws/"


def check_alias_name(name: str) -> None:
    """Returns if an alias may have this name, which satisfies the pattern.

    Raises:
        ValidationFailed: it lacks the prefix, or has a colon.
        InvalidAliasName: it is the prefix alone.
        AliasReserved: it belongs to the service.
    """
    if not name.startswith(PREFIX):
        raise ValidationFailed(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name == PREFIX:
        raise InvalidAliasName("The alias has no name behind its prefix.")
    if ":" in name:
        raise ValidationFailed(f"{name} contains invalid characters for an alias")
    if name.startswith(_RESERVED):
        raise AliasReserved("")
