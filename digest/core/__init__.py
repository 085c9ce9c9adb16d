"""Domain-free helpers that several packages share."""
