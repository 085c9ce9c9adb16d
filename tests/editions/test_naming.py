"""Edition ids and draft files."""

from datetime import UTC, date, datetime

from digest.editions.naming import draft_path, edition_id
from tests.newsroom_folder import NewsroomFolder


def test_an_edition_is_named_by_its_day_in_the_publication_s_time_zone(newsroom: NewsroomFolder) -> None:
    newsroom.configure(('name = "The Gazette"\n', 'name = "The Gazette"\ntimezone = "Pacific/Auckland"\n'))
    config = newsroom.run()[0].config
    evening = datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert edition_id(config, "daily", evening) == "2026-11-24-daily"
    assert edition_id(config, "weekly", evening, date(2026, 11, 30)) == "2026-11-30-weekly"
    assert draft_path(config, "2026-11-24-daily") == newsroom.path / "editions" / "2026-11-24-daily.toml"
