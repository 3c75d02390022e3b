"""Looking a deployment over, from its configuration to the running service, without changing it."""

from strongroom.server.cli.examination.findings import Finding, Verdict
from strongroom.server.cli.examination.rounds import examine
from strongroom.server.cli.examination.subject import ClientFiles

__all__ = ["ClientFiles", "Finding", "Verdict", "examine"]
