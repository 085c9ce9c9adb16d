"""The subscriber list at the desk: counted by segment, searched, its invalid rows reported."""

from collections.abc import Callable

from digest.storage import Database
from digest.web.desk.session import EditorSession
from tests.newsroom_folder import NOW, NewsroomFolder

Open = Callable[[], EditorSession]


def test_readers_are_counted_by_segment_and_found_by_name(newsroom: NewsroomFolder, open_session: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science", "eve@example.org,Eve,Science,weekly")
    readers = open_session().state().readers
    assert [(segment.key, count) for segment, count in readers.segments] == [("", 1), ("science", 1)]
    assert [reader.email for reader in readers.search("KENJ")] == ["kenji@example.org"]


def test_invalid_rows_are_reported_three_of_them_one_by_one(newsroom: NewsroomFolder, open_session: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", *(f"nobody {number},X" for number in range(5)))
    notices = [str(notice) for notice in open_session().state().notices]
    assert sum("subscribers.csv:" in notice for notice in notices) == 4
    assert "2 more invalid rows" in notices[-1]


def test_what_readers_choose_is_shown_at_once(newsroom: NewsroomFolder, open_session: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji")
    session = open_session()
    assert session.state().readers.segments[0][1] == 2
    with Database.open_for(newsroom.run()[0].config) as database:
        database.reader_choices.choose("ada@example.com", NOW, name="Ada Penhale", categories=("Science",))
        database.reader_choices.choose("kenji@example.org", NOW, status="unsubscribed")
    readers = session.state().readers
    assert [(segment.key, count) for segment, count in readers.segments] == [("science", 1)]
    assert [reader.email for reader in readers.search("penhale")] == ["ada@example.com"]
