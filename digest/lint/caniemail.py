"""Read caniemail's data: which mail programs support which features.

The data is not part of this project. It is a checkout of github.com/hteumeuleu/caniemail, or the file at
https://www.caniemail.com/api/data.json.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from digest.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as caniemail describes it, and how the newest tested version of each client supports it.

    Clients are `family.platform`. An answer is `y`, `n`, `a` (partial) or `u` (unknown), then its notes: `a #1 #2`.
    """

    title: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Support:
    """The features by caniemail's names for them."""

    features: Mapping[str, Feature]

    def find_clients(self, patterns: Collection[str]) -> list[str]:
        """Return the clients in the data that match one of the patterns, sorted."""
        known = {client for feature in self.features.values() for client in feature.answers}
        return sorted(client for client in known if any(fnmatchcase(client, pattern) for pattern in patterns))

    def find_lacking(self, use: str, clients: Collection[str]) -> list[str]:
        """Return the clients that do not support a use of a feature, which is named as in `features.find_features`.

        Partial support counts as support, unless one of the answer's notes applies to the use.
        """
        name, _, note = use.partition("#")
        feature = self.features.get(name)
        answers = {client: feature.answers.get(client, "u").split() for client in clients} if feature else {}
        return [
            client for client, (answer, *notes) in answers.items() if answer == "n" or (note and f"#{note}" in notes)
        ]


class _RawFeature(msgspec.Struct):
    title: str
    stats: dict[str, dict[str, dict[str, str]]]
    slug: str = ""


class _DataFile(msgspec.Struct):
    data: list[_RawFeature]


def load_support(path: Path) -> Support:
    """Read caniemail's data.

    Args:
        path: Its folder of features, a Markdown file each, or its `data.json`.

    Raises:
        ConfigError: there is no such data, or a file of it cannot be read.
    """
    try:
        features = _read_folder(path) if path.is_dir() else _read_file(path)
    except OSError as error:
        raise _error(error.strerror or str(error), path) from None
    if not features:
        raise _error("has no features", path)
    return Support(features)


def _read_file(path: Path) -> dict[str, Feature]:
    try:
        return {raw.slug: _to_feature(raw) for raw in msgspec.json.decode(path.read_bytes(), type=_DataFile).data}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _error(f"is not caniemail's data.json: {error}", path) from None


def _read_folder(folder: Path) -> dict[str, Feature]:
    # Imported here, not above: only reading the data needs YAML.
    import frontmatter
    import yaml

    features = {}
    for file in sorted(folder.glob("[!_]*.md")):
        try:
            # The files are indented with tabs, which YAML allows only in places.
            metadata = frontmatter.loads(file.read_text("utf-8").expandtabs()).metadata
            features[file.stem] = _to_feature(msgspec.convert(metadata, _RawFeature))
        except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise _error(f"is not a feature of caniemail: {' '.join(str(error).split())}", file) from None
    return features


def _to_feature(raw: _RawFeature) -> Feature:
    """Return a feature with each client's newest answer: its versions are in the order they were tested in."""
    answers = {
        f"{family}.{platform}": list(versions.values())[-1]
        for family, platforms in raw.stats.items()
        for platform, versions in platforms.items()
        if versions
    }
    return Feature(raw.title, {client: answer.strip() or "u" for client, answer in answers.items()})


def _error(message: str, path: Path) -> ConfigError:
    hint = "name the folder `_features` of a checkout of caniemail, or its data.json"
    return ConfigError(message, location=str(path), hint=hint)
