"""From answer messages to results, for both clients, a module for each family of operations."""
