"""digest: a news site's recent articles, grouped and rendered as an email, sent once to every reader."""

__version__ = "0.1.0"
