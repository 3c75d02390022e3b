"""The token profiles that come with the package, as data."""
