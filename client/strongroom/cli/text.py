"""Text that others wrote, made fit for a terminal."""


def printable(text: str) -> str:
    """Escapes what isn't printable: whoever wrote it doesn't command the terminal of whoever reads it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
