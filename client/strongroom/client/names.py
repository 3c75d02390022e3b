"""The names of specs, usages and algorithms, as AWS KMS has them, and their numbers on the wire."""

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from strongroom.v1 import resources_pb2 as v1

_Number = TypeVar("_Number", bound=int)
_Item_co = TypeVar("_Item_co", bound=int, covariant=True)


class _Enum(Protocol[_Item_co]):
    def items(self) -> Iterable[tuple[str, _Item_co]]: ...


class Names(Generic[_Number]):
    """The names of one kind of thing.

    Args:
        what: what is named, `signing algorithm`.
        enum: the enum of the API; its values begin with `SIGNING_ALGORITHM_`, the unset one is the first.
        spelt: gives AWS KMS's spelling of the rest.
    """

    def __init__(
        self, what: str, enum: _Enum[_Number], spelt: Callable[[str], str] = lambda name: name
    ) -> None:
        prefix = f"{what.upper().replace(' ', '_')}_"
        self.what = what
        unset, *rest = ((name.removeprefix(prefix), number) for name, number in enum.items())
        self._unset = unset[1]
        numbers = {spelt(name): number for name, number in rest}
        self._numbers = numbers
        self._names = {int(number): name for name, number in numbers.items()}

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every name."""
        return tuple(self._numbers)

    def number(self, name: str) -> _Number:
        """The number of a name; ValueError, with the allowed names, if there is none."""
        try:
            return self._numbers[name]
        except KeyError:
            allowed = ", ".join(self._numbers)
            raise ValueError(f"There is no {self.what} {name!r}. There are: {allowed}.") from None

    def number_if_given(self, name: str | None) -> _Number:
        """The number of a name; for None the one that leaves it to the service."""
        return self._unset if name is None else self.number(name)

    def name(self, number: int) -> str:
        """The name of a number: empty for 0, its digits if this client is older than the name."""
        return self._names.get(number, str(number or ""))

    def name_if_given(self, number: int) -> str | None:
        """The name of a number; None for 0."""
        return self.name(number) or None

    def names(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The names of numbers."""
        return tuple(map(self.name, numbers))


def _in_pascal_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


KEY_SPECS = Names("key spec", v1.KeySpec)
KEY_USAGES = Names("key usage", v1.KeyUsage)
KEY_STATES = Names("key state", v1.KeyState)
ORIGINS = Names("origin", v1.Origin)
DATA_KEY_PAIR_SPECS = Names("data key pair spec", v1.DataKeyPairSpec)
MESSAGE_TYPES = Names("message type", v1.MessageType)
ENCRYPTION_ALGORITHMS = Names("encryption algorithm", v1.EncryptionAlgorithm)
SIGNING_ALGORITHMS = Names("signing algorithm", v1.SigningAlgorithm)
MAC_ALGORITHMS = Names("mac algorithm", v1.MacAlgorithm)
KEY_AGREEMENT_ALGORITHMS = Names("key agreement algorithm", v1.KeyAgreementAlgorithm)
ENCAPSULATION_ALGORITHMS = Names("encapsulation algorithm", v1.EncapsulationAlgorithm)
KEY_MATERIAL_STATES = Names("key material state", v1.KeyMaterialState)
ROTATION_TYPES = Names("rotation type", v1.RotationType)
WRAPPING_ALGORITHMS = Names("wrapping algorithm", v1.WrappingAlgorithm)
WRAPPING_KEY_SPECS = Names("wrapping key spec", v1.WrappingKeySpec)
EXPIRATION_MODELS = Names("expiration model", v1.ExpirationModel)
IMPORT_TYPES = Names("import type", v1.ImportType)
IMPORT_STATES = Names("import state", v1.ImportState)
GRANT_OPERATIONS = Names("grant operation", v1.GrantOperation, _in_pascal_case)
