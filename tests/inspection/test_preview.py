"""What an editor sees, leaving no trace."""

from datetime import UTC, datetime

from digest import config as configuration
from digest.inspection.preview import preview
from tests.newsroom_folder import NewsroomFolder
from tests.servers.web import WebServer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
OLD = '[[sources]]\ntype = "feed"\nname = "feed"\npath = "feed.xml"\n'
ITEM = "<item><title>Story number {0}</title><link>https://www.example.com/{0}</link></item>"


def test_many_web_sources_are_read_before_there_is_a_ledger(newsroom: NewsroomFolder, web: WebServer) -> None:
    tables = []
    for number in range(20):
        web.page(
            f"/{number}", f"<rss version='2.0'><channel>{ITEM.format(number)}</channel></rss>".encode(), ETag='"1"'
        )
        tables.append(f'[[sources]]\ntype = "feed"\nname = "source {number}"\nurl = "{web.url}/{number}"\n')
    newsroom.configure((OLD, "".join(tables)))
    before = sorted(newsroom.path.iterdir())
    shown = preview(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    assert shown.edition
    assert len(shown.composition.selection.stories) == 20
    assert list(shown.problems) == []
    assert sorted(newsroom.path.iterdir()) == before


def test_what_is_shown_is_what_is_sent(newsroom: NewsroomFolder) -> None:
    loaded = configuration.load(newsroom.path / "digest.toml")
    shown = preview(loaded, "daily", NOW, "Ada@example.com")
    assert shown.recipient.values["name"] == "Ada"
    assert shown.subject == "The ferry is back"
    assert "ada@example.com" in shown.text
    assert b"To: Ada <ada@example.com>\r\n" in shown.mail
    assert "cid:" not in shown.html


def test_a_preview_says_why_a_send_would_be_refused(newsroom: NewsroomFolder) -> None:
    newsroom.configure(('postal_address = "1 Quay Street, Example City"\n', ""))
    shown = preview(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    assert shown.edition
    assert "postal_address under [publication]" in str(shown.problems[0])


def test_pictures_to_embed_are_embedded(newsroom: NewsroomFolder, web: WebServer) -> None:
    gif = b"GIF89a\x20\x03\x58\x02" + b"0" * 20
    urls = [web.page("/ferry.gif", gif), web.page("/gone.gif", status=404), "http://127.0.0.2:9/private.gif"]
    logo = web.page("/logo.gif", gif + b"1")
    items = "".join(
        f"<item><title>Story number {number}</title><link>https://www.example.com/{number}</link>"
        f"<enclosure type='image/gif' url='{url}'/></item>"
        for number, url in enumerate(urls)
    )
    newsroom.write("feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>")
    site = ('url = "https://www.example.com"', f'url = "{web.url}"\nlogo = "{logo}"')
    newsroom.configure(site, more="[daily]\nembed_images = true\n")
    shown = preview(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    assert shown.mail.count(b"Content-ID: <") == 2
    assert "data:image/gif;base64," in shown.html
    problems = {problem.location: problem for problem in shown.problems}
    assert "404" in problems[urls[1]].message
    assert "private network" in problems[urls[2]].message
    assert {problem.hint for problem in problems.values()} == {"the email links to the picture instead"}
    newsroom.send()
    assert newsroom.mails()[0].count(b"Content-ID: <") == 2


def test_the_brief_layout_fetches_only_the_logos(newsroom: NewsroomFolder, web: WebServer) -> None:
    logos = [web.page("/logo.gif", b"GIF89a\x20\x03\x58\x02" + b"0" * 20), web.page("/night.gif", status=404)]
    picture = web.page("/ferry.gif", b"GIF89a\x20\x03\x58\x02" + b"1" * 20)
    item = f"<item><title>A story</title><enclosure type='image/gif' url='{picture}'/></item>"
    newsroom.write("feed.xml", f"<rss version='2.0'><channel>{item}</channel></rss>")
    site = f'url = "{web.url}"\nlogo = "{logos[0]}"\nlogo_dark = "{logos[1]}"'
    newsroom.configure(
        ('url = "https://www.example.com"', site), more='[daily]\nembed_images = true\nlayout = "brief"\n'
    )
    shown = preview(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    assert shown.mail.count(b"Content-ID: <") == 1
    assert len(web.agents) == 2
    assert [problem.location for problem in shown.problems] == [logos[1]]
    assert logos[1] in shown.html


def test_subject_and_preheader_are_templates(newsroom: NewsroomFolder) -> None:
    daily = "[daily]\nsubject = '{{ publication.name }}: {{ edition.lead.headline }}'\n"
    newsroom.configure(more=daily + "preheader = 'And {{ edition.articles|length - 1 }} more'\n")
    shown = preview(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    assert shown.subject == "The Gazette: The ferry is back"
    assert shown.preheader == "And 1 more"
    assert "And 1 more" in shown.html
