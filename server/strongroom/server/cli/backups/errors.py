"""What keeps a backup from being made or used.

BackupError
    BackupExists        there is something at the place of the new backup
    BackupUnusable      it isn't a backup, not a whole one, or not one of this deployment
    NotConfirmed        the restoration wasn't confirmed
    TokenNeeded         the token can't be asked what it has
"""


class BackupError(Exception):
    """Anything that is wrong with a backup. Nothing was changed."""


class BackupExists(BackupError):
    """There is something at the place of the new backup."""


class BackupUnusable(BackupError):
    """It isn't a backup, not a whole one, or not one of this deployment."""


class NotConfirmed(BackupError):
    """The restoration wasn't confirmed."""


class TokenNeeded(BackupError):
    """The token can't be asked what it has."""
