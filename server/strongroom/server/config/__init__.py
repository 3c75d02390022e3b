"""The configuration: one TOML file, checked before anything starts."""

from strongroom.server.config.loading import file_warnings, load_settings, problem_at
from strongroom.server.config.problems import ConfigInvalid, Problem
from strongroom.server.config.settings import Settings

__all__ = ["ConfigInvalid", "Problem", "Settings", "file_warnings", "load_settings", "problem_at"]
