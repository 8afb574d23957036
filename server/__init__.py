"""HTTP: the API, the pages, their security and settings."""
