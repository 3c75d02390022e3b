"""The fields of requests that hold several values: pairs, tags, tokens, items; as those of `fields`."""

from dataclasses import dataclass
from typing import ClassVar

from strongroom.server.core import encryption_context
from strongroom.server.core.fields import IN_ORDER, Request, Violations, length_violations, violation


@dataclass(frozen=True, slots=True)
class EncryptionContext:
    """The pairs that are authenticated with a ciphertext; recorded in the clear."""

    name: str
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:
        context = getattr(request, self.name)
        if not context:
            return IN_ORDER
        if len(context) > encryption_context.MAX_PAIRS:
            return violation(self.name, f"have at most {encryption_context.MAX_PAIRS} pairs")
        if "" in context:
            return violation(f"{self.name}.key", "have length greater than or equal to 1", "")
        if encryption_context.size_bytes(context) > encryption_context.MAX_BYTES:
            return violation(self.name, f"have at most {encryption_context.MAX_BYTES} bytes")
        return IN_ORDER

    def record(self, request: Request) -> object:
        context = getattr(request, self.name)
        return {key: context[key] for key in context} or None


@dataclass(frozen=True, slots=True)
class StringMap:
    """Up to `most` pairs of texts, the first part of 1 to 512 characters, the other of up to 2048.

    All together have at most as many characters as an encryption context may have bytes.
    """

    name: str
    most: int
    is_recorded: ClassVar[bool] = True
    most_characters: ClassVar[int] = encryption_context.MAX_BYTES
    most_key_characters: ClassVar[int] = 512
    most_value_characters: ClassVar[int] = 2048

    def check(self, request: Request) -> Violations:
        pairs = getattr(request, self.name)
        if len(pairs) > self.most:
            return violation(self.name, f"have at most {self.most} pairs")
        for key, value in pairs.items():
            found = length_violations(f"{self.name}.key", key, 1, self.most_key_characters)
            found += length_violations(f"{self.name}.value", value, 0, self.most_value_characters)
            if found:
                return found
        if sum(len(key) + len(value) for key, value in pairs.items()) > self.most_characters:
            return violation(self.name, f"have at most {self.most_characters} characters")
        return IN_ORDER

    def record(self, request: Request) -> object:
        return dict(getattr(request, self.name)) or None


@dataclass(frozen=True, slots=True)
class GrantTokens:
    """Up to ten grant tokens; bearer secrets, so never shown."""

    name: str = "grant_tokens"
    is_recorded: ClassVar[bool] = False
    most: ClassVar[int] = 10
    most_characters: ClassVar[int] = 8192

    def check(self, request: Request) -> Violations:
        tokens = getattr(request, self.name)
        if not tokens:
            return IN_ORDER
        if len(tokens) > self.most:
            return violation(self.name, f"have length less than or equal to {self.most}")
        if not all(0 < len(token) <= self.most_characters for token in tokens):
            return violation(f"{self.name}.member", f"have length 1 to {self.most_characters}")
        return IN_ORDER

    def record(self, request: Request) -> object:  # noqa: ARG002 # never shown
        return None


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a request; how they go together is checked by `strongroom.server.core.tags`."""

    name: str = "tags"
    is_recorded: ClassVar[bool] = True
    most_key_characters: ClassVar[int] = 128
    most_value_characters: ClassVar[int] = 256
    most_shown: ClassVar[int] = 50

    def check(self, request: Request) -> Violations:
        for index, tag in enumerate(getattr(request, self.name), start=1):
            path = f"{self.name}.{index}.member"
            found = length_violations(f"{path}.tag_key", tag.tag_key, 1, self.most_key_characters)
            found += length_violations(f"{path}.tag_value", tag.tag_value, 0, self.most_value_characters)
            if found:
                return found
        return IN_ORDER

    def record(self, request: Request) -> object:
        tags = getattr(request, self.name)
        shown = tags[: self.most_shown]
        return [{"tagKey": tag.tag_key, "tagValue": tag.tag_value} for tag in shown] or None


@dataclass(frozen=True, slots=True)
class TagKeys:
    """The names of tags."""

    name: str = "tag_keys"
    is_recorded: ClassVar[bool] = True
    most_characters: ClassVar[int] = Tags.most_key_characters
    most: ClassVar[int] = Tags.most_shown

    def check(self, request: Request) -> Violations:
        tag_keys = getattr(request, self.name)
        if len(tag_keys) > self.most:
            return violation(self.name, f"have length less than or equal to {self.most}")
        for index, tag_key in enumerate(tag_keys, start=1):
            found = length_violations(f"{self.name}.{index}.member", tag_key, 1, self.most_characters)
            if found:
                return found
        return IN_ORDER

    def record(self, request: Request) -> object:
        return list(getattr(request, self.name)[: self.most]) or None


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a batch; each is validated and recorded as a request of its own."""

    name: str
    most: int
    is_recorded: ClassVar[bool] = False

    def check(self, request: Request) -> Violations:
        count = len(getattr(request, self.name))
        if not count:
            return violation(self.name, "have length greater than or equal to 1")
        if count > self.most:
            return violation(self.name, f"have length less than or equal to {self.most}")
        return IN_ORDER

    def record(self, request: Request) -> object:  # noqa: ARG002 # the items' own records show them
        return None
