"""Builds what makes, imports and deletes materials."""

from strongroom.hsm import Token
from strongroom.server.config import Settings
from strongroom.server.core.clock import utc_now
from strongroom.server.core.import_tokens import ImportTokens
from strongroom.server.core.material_names import MaterialNames
from strongroom.server.operations import MaterialImporter, MaterialMaker
from strongroom.server.store import Store


def material_maker(settings: Settings, token: Token, store: Store, boot_id: str) -> MaterialMaker:
    """What makes materials on the token."""
    return MaterialMaker(token, store, settings.deployment.name, boot_id, utc_now)


def material_importer(maker: MaterialMaker, token: Token, store: Store) -> MaterialImporter:
    """What imports materials, and deletes them."""
    tokens = ImportTokens(store.secret("import tokens"))
    return MaterialImporter(maker, token, store, tokens, MaterialNames(store.secret("material ids")))
