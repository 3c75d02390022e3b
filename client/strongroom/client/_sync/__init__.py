# Made by scripts/gen-client from _aio/__init__.py; change that, not this.
"""The client for threads."""

from strongroom.client._sync.client import Client

__all__ = ["Client"]
