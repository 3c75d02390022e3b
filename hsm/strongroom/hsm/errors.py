"""What can go wrong with a token.

HsmError
    CiphertextRejected      the token says that ciphertext, IV, AAD and key don't belong together
    HsmFault                anything that no other class says; the token answers, but not as it should
    IdentityMismatch        an object under the right id isn't the one that was made under it
    KeyMaterialRejected     what was unwrapped isn't a key of the kind that was asked for
    KeyNotProtected         the token made a key that isn't provably non-extractable; it was destroyed
    MaterialMissing         the token is healthy, but this object is gone
    MechanismUnsupported    the token can't do what was asked
    PinRejected             the token refused the PIN; never tried again, since tokens lock
    PinUnavailable          the PIN can't be read from where the configuration says
    ProfileInvalid          the token profile can't be used
    PublicKeyRejected       not a public key, or not one of the kind that is needed
    SignatureRejected       the signature isn't one of this key over this message
    TokenAmbiguous          several tokens match the profile
    TokenFull               no room for another object
    TokenNotFound           no token matches the profile
    TokenUnavailable        the token is away or recovering; try again later
"""


class HsmError(Exception):
    """Anything that the token layer raises. Never with PIN, plaintext or key material."""


class CiphertextRejected(HsmError):
    """Ciphertext, IV, AAD and key don't belong together. Says nothing more, so that nothing leaks."""


class HsmFault(HsmError):
    """The token answers, but not as it should."""


class IdentityMismatch(HsmError):
    """No object under this id is the one that was made under it."""


class KeyMaterialRejected(HsmError):
    """What was unwrapped isn't a key of the kind that was asked for; the text says what it must be."""


class KeyNotProtected(HsmError):
    """A fresh key isn't provably non-extractable; it was destroyed."""


class MaterialMissing(HsmError):
    """The token is healthy, but has no such object."""


class MechanismUnsupported(HsmError):
    """The token can't do what was asked."""


class PinRejected(HsmError):
    """The token refused the PIN."""


class PinUnavailable(HsmError):
    """The PIN can't be read from where the configuration says."""


class ProfileInvalid(HsmError):
    """The token profile can't be used."""


class PublicKeyRejected(HsmError):
    """Not a public key, or not one of the kind that is needed."""


class SignatureRejected(HsmError):
    """The signature isn't one of this key over this message, or isn't a signature."""


class TokenAmbiguous(HsmError):
    """Several tokens match the profile."""


class TokenFull(HsmError):
    """The token has no room for another object."""


class TokenNotFound(HsmError):
    """No token matches the profile."""


class TokenUnavailable(HsmError):
    """The token is away or recovering.

    Args:
        message: what is known of the reason.
        retry_after_s: when to try again, in seconds.
    """

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
