"""What mail programs support, by caniemail's data, against what an email uses.

The data is not part of this project: a checkout of github.com/hteumeuleu/caniemail, or the file that
https://www.caniemail.com/api/data.json gives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from digest.errors import ConfigError
from digest.lint.features import used
from digest.lint.findings import Finding, minor
from digest.lint.page import Page

DEFAULT_CLIENTS = ("gmail.*", "outlook.*", "apple-mail.*", "yahoo.*", "thunderbird.*", "samsung-email.*")
"""What most readers have."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What caniemail calls a feature, and how the newest tested version of each client supports it.

    Clients are `family.platform`; an answer is `y`, `n`, `a` (in part) or `u` (unknown), then the notes: `a #1 #2`.
    """

    title: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Support:
    """The features by caniemail's names for them."""

    features: Mapping[str, Feature]

    def clients(self, patterns: Collection[str]) -> list[str]:
        """The clients of the data that these patterns name, in order."""
        known = {client for feature in self.features.values() for client in feature.answers}
        return sorted(client for client in known if any(fnmatchcase(client, pattern) for pattern in patterns))

    def lacking(self, use: str, clients: Collection[str]) -> list[str]:
        """Which of the clients do not support a use of a feature, as `features.used` names it.

        Support in part counts as support, unless the use falls under one of the answer's notes.
        """
        name, _, note = use.partition("#")
        feature = self.features.get(name)
        answers = {client: feature.answers.get(client, "u").split() for client in clients} if feature else {}
        return [
            client for client, (answer, *notes) in answers.items() if answer == "n" or (note and f"#{note}" in notes)
        ]


def of_clients(page: Page, patterns: Collection[str], support: Support, baseline: Collection[str]) -> Iterator[Finding]:
    """Findings about features that some of the chosen clients lack and that are not in the baseline."""
    for pattern in patterns:
        if not support.clients([pattern]):
            what = "no mail program of this name in caniemail's data"
            yield minor("client-support", what, pattern, "write it as `gmail.ios`, or `gmail.*` for them all")
    clients = support.clients(patterns)
    for use, where in used(page).items():
        name = use.partition("#")[0]
        if use not in baseline and name not in baseline and (lacking := support.lacking(use, clients)):
            everywhere = len(lacking) == len(clients)
            title = support.features[name].title
            what = f"{title} does nothing in {'any of the chosen programs' if everywhere else ', '.join(lacking)}"
            hint = f"see that the mail is right without it: https://www.caniemail.com/features/{name}/"
            yield Finding("client-support", everywhere, what, where, hint)


class _Raw(msgspec.Struct):
    title: str
    stats: dict[str, dict[str, dict[str, str]]]
    slug: str = ""


class _Data(msgspec.Struct):
    data: list[_Raw]


def load_support(path: Path) -> Support:
    """Read caniemail's data.

    Args:
        path: Its folder of features, a Markdown file each, or its `data.json`.

    Raises:
        ConfigError: there is no such data, or a file of it cannot be read.
    """
    try:
        features = _from_folder(path) if path.is_dir() else _from_file(path)
    except OSError as error:
        raise _unreadable(error.strerror or str(error), path) from None
    if not features:
        raise _unreadable("has no features", path)
    return Support(features)


def _from_file(path: Path) -> dict[str, Feature]:
    try:
        return {raw.slug: _feature(raw) for raw in msgspec.json.decode(path.read_bytes(), type=_Data).data}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(f"is not caniemail's data.json: {error}", path) from None


def _from_folder(folder: Path) -> dict[str, Feature]:
    # Here, not above: only reading the data needs YAML.
    import frontmatter
    import yaml

    features = {}
    for file in sorted(folder.glob("[!_]*.md")):
        try:
            # Its files are indented with tabs, which YAML allows only in part.
            told = frontmatter.loads(file.read_text("utf-8").expandtabs()).metadata
            features[file.stem] = _feature(msgspec.convert(told, _Raw))
        except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise _unreadable(f"is no feature of caniemail: {' '.join(str(error).split())}", file) from None
    return features


def _feature(raw: _Raw) -> Feature:
    """A feature with each client's newest answer: versions are in order of their tests."""
    answers = {
        f"{family}.{platform}": list(versions.values())[-1]
        for family, platforms in raw.stats.items()
        for platform, versions in platforms.items()
        if versions
    }
    return Feature(raw.title, {client: answer.strip() or "u" for client, answer in answers.items()})


def _unreadable(what: str, path: Path) -> ConfigError:
    hint = "name the folder `_features` of a checkout of caniemail, or its data.json"
    return ConfigError(what, location=str(path), hint=hint)
