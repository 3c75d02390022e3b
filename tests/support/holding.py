"""Keeping a thread busy."""

from threading import Event

from strongroom.server.fair_threads import FairThreads


def hold(threads: FairThreads) -> Event:
    """Keeps a thread busy until the event is set; returns when it is."""
    begun, go = Event(), Event()

    def wait() -> None:
        begun.set()
        go.wait(60)

    threads.submit_for("holder", wait)
    assert begun.wait(60)
    return go
