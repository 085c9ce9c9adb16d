"""Words for people, put together."""


def count_of(count: int, one: str, many: str) -> str:
    """A number with its noun: `1 story`, `2 stories`."""
    return f"{count} {one if count == 1 else many}"
