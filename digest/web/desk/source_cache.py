"""Keeps the edition composed from the sources, so that the desk does not fetch them each time a file changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.config import Config
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.errors import SourceError
from digest.models import Cadence
from digest.storage import Database
from digest.web.desk.fingerprint import fingerprint, source_paths


@dataclass(frozen=True, slots=True)
class FetchedSources:
    """The edition composed from the sources, or the error that prevented it."""

    origin: object
    """The configuration of the sources and the state of their local files, when they were fetched."""
    composition: Composition | None
    error: str = ""


class SourceCache:
    """What the sources had when they were last fetched. Not thread-safe, except for `fetch`."""

    def __init__(self, cadence: Cadence) -> None:
        self._cadence: Cadence = cadence
        self._fetched = FetchedSources(None, None)
        self.refreshes = 0
        """How often an editor has asked to fetch the sources again."""

    def current(self, config: Config, now: datetime) -> FetchedSources:
        """Return what is cached; fetch again only if the sources' configuration or local files have changed."""
        if self._fetched.origin != _origin(config):
            self._fetched = self.fetch(config, now)
        return self._fetched

    def fetch(self, config: Config, now: datetime) -> FetchedSources:
        """Fetch the sources, and leave what is cached alone."""
        origin = _origin(config)  # taken first: a file that changes meanwhile is then read again
        try:
            with Database.read_for(config) as database:
                return FetchedSources(origin, compose_from_sources(config, database, self._cadence, now))
        except SourceError as error:
            return FetchedSources(origin, None, str(error))

    def refresh(self, fetched: FetchedSources) -> None:
        """Use what was just fetched at an editor's request."""
        self._fetched = fetched
        self.refreshes += 1


def _origin(config: Config) -> object:
    return config.sources, fingerprint(source_paths(config))
