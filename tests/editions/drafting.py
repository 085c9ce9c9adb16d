"""What an editor does with a draft: make it, edit it, and look at the email."""

from datetime import UTC, datetime, timedelta
from typing import Any

from digest import config as configuration
from digest.editions.draft import DraftResult, make_draft
from digest.inspection.preview import Preview, preview
from digest.models import Edition
from tests.newsroom_folder import NewsroomFolder

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LATER = NOW + timedelta(minutes=40)
NEXT_DAY = NOW + timedelta(days=1)
DRAFT = "editions/2026-11-23-daily.toml"
REQUIRED = '[daily]\napproval = "required"\n'
_ITEM = """<item><title>{0}</title><link>https://www.example.com/{1}</link><category>City</category>
<pubDate>Mon, 23 Nov 2026 07:10:00 GMT</pubDate></item></channel>"""


def make(newsroom: NewsroomFolder, now: datetime = NOW, **options: Any) -> DraftResult:
    """Make the draft of the daily edition."""
    return make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", now, **options)


def edit(newsroom: NewsroomFolder, *changes: tuple[str, str]) -> None:
    """Replace the first occurrence of each old text in the draft by the new one."""
    file = newsroom.path / DRAFT
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")


def show(newsroom: NewsroomFolder, reader: str = "", now: datetime = LATER) -> Preview:
    """What a reader would get."""
    return preview(configuration.load(newsroom.path / "digest.toml"), "daily", now, reader)


def show_edition(newsroom: NewsroomFolder, reader: str = "") -> Edition:
    """The edition that a reader would get, for whom there is news."""
    edition = show(newsroom, reader).edition
    assert edition
    return edition


def publish(newsroom: NewsroomFolder, headline: str, path: str) -> None:
    """Add a story of ten past seven to the feed."""
    feed = (newsroom.path / "feed.xml").read_text(encoding="utf-8")
    newsroom.write("feed.xml", feed.replace("</channel>", _ITEM.format(headline, path)))
