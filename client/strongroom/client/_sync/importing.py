# Made by scripts/gen-client from _aio/importing.py; change that, not this.
"""Import of key material into keys of origin EXTERNAL."""

from datetime import datetime

from strongroom.client._answers import importing as answers
from strongroom.client._connections import SLOW_TIMEOUT_S
from strongroom.client._requests import importing as requests
from strongroom.client._sync.calls import Calls
from strongroom.client.results import ImportParameters, KeyMaterial
from strongroom.v1 import importing_pb2 as messages


class ImportCalls(Calls):
    """The operations of KeyService on imported material."""

    def get_parameters_for_import(
        self,
        key_id: str,
        *,
        wrapping_algorithm: str = "RSAES_OAEP_SHA_256",
        wrapping_key_spec: str = "RSA_4096",
    ) -> ImportParameters:
        """A public key under which material is wrapped, and a token for one import, good for 24 hours.

        Args:
            key_id: a key of origin EXTERNAL.
            wrapping_algorithm: how the material will be wrapped, one of `names.WRAPPING_ALGORITHMS`.
            wrapping_key_spec: the kind of public key, one of `names.WRAPPING_KEY_SPECS`.
        """
        request = requests.get_parameters_for_import(key_id, wrapping_algorithm, wrapping_key_spec)
        answer = self._call(self._keys.GetParametersForImport, request, at_least_s=SLOW_TIMEOUT_S)
        return answers.import_parameters(answer)

    def import_key_material(
        self,
        key_id: str,
        import_token: bytes,
        encrypted_key_material: bytes,
        *,
        valid_to: datetime | None = None,
        import_type: str | None = None,
        key_material_description: str = "",
        key_material_id: str = "",
    ) -> KeyMaterial:
        """Imports wrapped material; the key becomes usable once it has all that it remembers.

        Args:
            key_id: a key of origin EXTERNAL.
            import_token: of `get_parameters_for_import`.
            encrypted_key_material: the material, wrapped under its public key.
            valid_to: when the service deletes the material, at most 365 days ahead; never unless it is given.
            import_type: NEW_KEY_MATERIAL, or EXISTING_KEY_MATERIAL, the default once something was imported.
            key_material_description: what the material is; not secret.
            key_material_id: the material that this has to be.
        """
        request = requests.import_key_material(
            key_id,
            import_token,
            encrypted_key_material,
            valid_to=valid_to,
            import_type=import_type,
            key_material_description=key_material_description,
            key_material_id=key_material_id,
        )
        answer = self._call(self._keys.ImportKeyMaterial, request, at_least_s=SLOW_TIMEOUT_S)
        return answers.key_material(answer)

    def delete_imported_key_material(self, key_id: str, *, key_material_id: str = "") -> KeyMaterial:
        """Deletes a key's current material, or the one that is named; without it the key can't be used."""
        request = messages.DeleteImportedKeyMaterialRequest(key_id=key_id, key_material_id=key_material_id)
        return answers.key_material(self._call(self._keys.DeleteImportedKeyMaterial, request))
