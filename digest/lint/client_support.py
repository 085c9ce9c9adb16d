"""Check that the mail programs that matter support the features that an email uses, by caniemail's data."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from digest.lint.caniemail import Support
from digest.lint.features import find_features
from digest.lint.findings import Finding, minor
from digest.lint.page import Page

DEFAULT_CLIENTS = ("gmail.*", "outlook.*", "apple-mail.*", "yahoo.*", "thunderbird.*", "samsung-email.*")
"""The mail programs that most readers have."""


def check_client_support(
    page: Page, patterns: Collection[str], support: Support, baseline: Collection[str]
) -> Iterator[Finding]:
    """Find features outside the baseline that some of the chosen clients lack; serious if all of them do."""
    for pattern in patterns:
        if not support.find_clients([pattern]):
            message = "no mail program in caniemail's data has this name"
            yield minor("client-support", message, pattern, "write it as `gmail.ios`, or `gmail.*` for all of Gmail")
    clients = support.find_clients(patterns)
    for use, location in find_features(page).items():
        name = use.partition("#")[0]
        if use not in baseline and name not in baseline and (lacking := support.find_lacking(use, clients)):
            in_none = len(lacking) == len(clients)
            programs = "any of the chosen programs" if in_none else ", ".join(lacking)
            message = f"{support.features[name].title} does not work in {programs}"
            hint = f"make sure that the email is right without it: https://www.caniemail.com/features/{name}/"
            yield Finding("client-support", in_none, message, location, hint)
