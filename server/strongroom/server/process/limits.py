"""What the operating system grants a process of the service."""

import resource


def claim() -> None:
    """As many open files as may be had, one for each connection; no core file: it would hold secrets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
