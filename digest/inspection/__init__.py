"""Read-only views of a newsroom: check, preview, articles, screenshots."""
