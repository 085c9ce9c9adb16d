"""What is frozen: recipients, one Message for each segment, and the stories that count as sent."""

import pytest

from digest.editions.composition import Composition
from digest.errors import SubscribersError
from digest.models import Edition, Segment
from digest.render import RenderedEmail
from digest.sending.send import send
from tests.mails import parse_mail, read_texts
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import list_editions


def test_readers_get_only_the_categories_they_chose_and_nothing_without_news(newsroom: NewsroomFolder) -> None:
    report = newsroom.send()
    assert report.recipients == 2
    by_reader = {
        parse_mail(mail)["To"].addresses[0].addr_spec: read_texts(parse_mail(mail)) for mail in newsroom.mails()
    }
    assert set(by_reader) == {"ada@example.com", "kenji@example.org"}
    assert "The ferry is back" not in by_reader["kenji@example.org"][1]


def test_each_segment_is_rendered_once(newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R,{'Science' if number % 2 else 'City'}" for number in range(20)))
    rendered = []
    render = Composition.render

    def counted(self: Composition, edition: Edition, segment: Segment) -> RenderedEmail:
        rendered.append(segment.key)
        return render(self, edition, segment)

    monkeypatch.setattr(Composition, "render", counted)
    newsroom.send()
    assert sorted(rendered) == ["city", "science"]
    assert [record.subject for record in list_editions(newsroom)] == ["The ferry is back"]


def test_having_no_valid_subscribers_is_an_error_that_changes_nothing(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("not an address,X")
    today, problems = newsroom.run()
    with pytest.raises(SubscribersError, match="no valid subscribers"):
        list(send(today))
    assert "subscribers.csv:2" in str(problems[0])
    assert list_editions(newsroom) == []


def test_a_story_that_did_not_fit_does_not_count_as_sent(newsroom: NewsroomFolder) -> None:
    items = "".join(
        f"<item><title>Story number {number} {'of a long headline ' * 14}</title><link>https://www.example.com/{number}</link></item>"
        for number in range(300)
    )
    newsroom.write("feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>")
    newsroom.configure(("[sections]\n", "[sections]\nlimit = 400\n"), more="[daily]\nmax_articles = 400\n")
    newsroom.subscribe("ada@example.com,Ada")
    report = newsroom.send()
    text, _ = read_texts(parse_mail(newsroom.mails()[0]))
    shown = text.count("https://www.example.com/")
    assert 100 < report.stories < 300
    assert report.stories <= shown + 1


def test_a_problem_of_every_segment_is_reported_once(newsroom: NewsroomFolder) -> None:
    newsroom.configure(('name = "The Gazette"\n', 'name = "The Gazette"\nlogo = "gone.png"\n'))
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science", "zoe@example.net,Zoë,City")
    run, problems = newsroom.run()
    assert "3 accepted" in str(next(iter(send(run))))
    assert [problem.location.rpartition("/")[2] for problem in problems] == ["gone.png"]
