"""From Python arguments to request messages, for both clients, a module for each family of operations."""
