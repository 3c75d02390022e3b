"""Names of keys."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.support.lives.world import Life


class Aliases(Life):
    """What is done to aliases."""

    names = st.sampled_from(["one", "two", "three"])

    def _alias(self, name: str) -> str:
        return f"alias/{id(self)}/{name}"

    @rule(key_id=Life.ids, name=names)
    def create_alias(self, key_id: str, name: str) -> None:
        alias = self._alias(name)
        self.both(
            lambda: self.model.create_alias(alias, key_id), lambda: self.client.create_alias(alias, key_id)
        )

    @rule(key_id=Life.ids, name=names)
    def update_alias(self, key_id: str, name: str) -> None:
        alias = self._alias(name)
        self.both(
            lambda: self.model.update_alias(alias, key_id), lambda: self.client.update_alias(alias, key_id)
        )

    @rule(name=names)
    def delete_alias(self, name: str) -> None:
        alias = self._alias(name)
        self.both(lambda: self.model.delete_alias(alias), lambda: self.client.delete_alias(alias))

    @rule(name=names)
    def find_by_alias(self, name: str) -> None:
        alias = self._alias(name)
        both = self.both(
            lambda: self.model.find(self.model.aliases.get(alias, "")),
            lambda: self.client.describe_key(alias),
        )
        assert both is None or both[0].key_id == both[1].key_id

    @invariant()
    def all_keys_are_there(self) -> None:
        if self.world.steps % 20:
            return
        listed = {entry.key_id for entry in self.client.all_keys()}
        assert set(self.model.keys) <= listed
        aliases = {entry.alias_name: entry.target_key_id for entry in self.client.all_aliases()}
        mine = {name: key_id for name, key_id in aliases.items() if name.startswith(f"alias/{id(self)}/")}
        assert mine == self.model.aliases
