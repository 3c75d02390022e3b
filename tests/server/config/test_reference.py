import re
import tomllib
from pathlib import Path

from strongroom.server.config import Settings, load_settings
from strongroom.server.config.meanings import meanings_of
from strongroom.server.config.options import section_of, unit_of
from strongroom.server.config.reference import reference

REFERENCE = Path(__file__).parents[3] / "docs" / "strongroom.reference.toml"
_OPTION = re.compile(r"^#(?=\[|[a-z_0-9]+ = )", re.MULTILINE)


def test_the_committed_reference_is_the_one_that_the_models_make() -> None:
    assert REFERENCE.read_text() == reference(), "run: strongroomd check-config --reference"


def test_the_reference_can_be_loaded_as_it_is() -> None:
    settings = load_settings(REFERENCE)
    defaults = {name: field for name, field in Settings.model_fields.items() if not field.is_required()}
    assert {name: getattr(settings, name) for name in defaults} == {
        name: field.default for name, field in defaults.items()
    }


def test_every_option_stands_in_the_reference() -> None:
    table = tomllib.loads(_OPTION.sub("", reference()))
    for name, field in Settings.model_fields.items():
        model = section_of(field.annotation)
        assert model
        assert set(table[name]) == set(model.model_fields)
        for array in (value for value in table[name].values() if isinstance(value, list) and value):
            entry = section_of(model.model_fields[_name_of(array, table[name])].annotation)
            assert entry
            assert set(array[0]) == set(entry.model_fields)


def _name_of(array: object, section: dict[str, object]) -> str:
    return next(name for name, value in section.items() if value is array)


def test_what_stands_behind_a_mark_is_the_default(tmp_path: Path) -> None:
    kept = re.compile(
        r"^#(?!\[|principal|fingerprint|dns|common_name|module|label|serial|ca )(?=[a-z_0-9]+ = )"
    )
    arrays = re.compile(r"^#\[\[.*\n(#.*\n)*", re.MULTILINE)
    lines = arrays.sub("", reference()).splitlines()
    authentication = lines.index("[authentication]")
    end = lines.index("[token]")
    shown = [*lines[:authentication], *lines[end:]]
    path = tmp_path / "strongroom.toml"
    path.write_text("\n".join(kept.sub("", line) for line in shown))
    assert load_settings(path).model_dump(exclude={"tls", "token", "store", "audit"}) == load_settings(
        REFERENCE
    ).model_dump(exclude={"tls", "token", "store", "audit"})


def test_every_option_has_a_description_and_every_number_a_unit_or_a_count() -> None:
    for section in Settings.model_fields.values():
        model = section_of(section.annotation)
        assert model
        for name, field in model.model_fields.items():
            assert meanings_of(model)[name], name
            if field.annotation is float:
                assert unit_of(name), name
