"""The configuration: one TOML file, checked before anything starts."""

from strongroom.server.config.loading import ConfigInvalid, Problem, load_settings
from strongroom.server.config.settings import Settings

__all__ = ["ConfigInvalid", "Problem", "Settings", "load_settings"]
