"""What the operating system grants a process of the service, and what it keeps others from."""

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def claim() -> None:
    """As many open files as may be had, one for each connection; no core file: it would hold secrets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def set_traceable(*, is_traceable: bool) -> None:
    """Closes memory and environment of this process to the other processes of its user, or opens them.

    Where they are closed, /proc/<pid>/mem, environ and fd belong to root, a debugger can't attach without
    CAP_SYS_PTRACE, and no core is piped to a crash reporter, which RLIMIT_CORE doesn't keep from it. Each
    process says so for itself: execve opens them. Source: PR_SET_DUMPABLE(2const), proc(5), core(5).

    Raises:
        OSError: the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, int(is_traceable), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl: {os.strerror(ctypes.get_errno())}")
