"""Links that no longer work."""

import pytest

from digest.lint import find_broken_links, list_links
from digest.models import Message


def test_each_web_address_is_listed_once_and_personal_links_are_not(good: Message) -> None:
    assert list_links(good) == ["https://www.example.com/ferry", "https://www.example.com/ferry.jpg"]


@pytest.mark.parametrize(
    ("status", "rules"),
    [
        (200, []),
        (304, []),
        (404, [("link-broken", True)]),
        (410, [("link-broken", True)]),
        (503, [("link-broken", True)]),
        (403, [("link-unknown", False)]),
        (429, [("link-unknown", False)]),
    ],
)
def test_the_meaning_of_each_response(status: int, rules: list[tuple[str, bool]]) -> None:
    found = find_broken_links(["https://www.example.com/a"], lambda _url: status)
    assert [(finding.rule, finding.serious) for finding in found] == rules


def test_each_address_is_requested_once_and_a_failure_stops_no_other() -> None:
    requested = []

    def fetch(url: str) -> int:
        requested.append(url)
        if url.endswith("a"):
            raise TimeoutError("timed out")
        return 404

    found = find_broken_links(["https://a", "https://b", "https://b"], fetch)
    assert requested == ["https://a", "https://b"]
    assert [str(finding) for finding in found] == [
        "https://a: cannot be reached: timed out; fix the link, or try again later",
        "https://b: answers 404; fix the link",
    ]
