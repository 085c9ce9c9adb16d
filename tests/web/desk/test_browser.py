"""An editor's morning at the desk, in a real browser, until the readers have their mail."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from digest.core.resources import shipped
from digest.web.desk import app
from tests.chromium import needs_chromium
from tests.newsroom_folder import NewsroomFolder

NOW = "2026-11-23T07:30:00Z"
DIGEST = (sys.executable, "-m", "digest")

pytestmark = needs_chromium


@pytest.fixture
def address(newsroom: NewsroomFolder) -> Iterator[str]:
    """A desk in a process of its own."""
    newsroom.configure(more='[daily]\napproval = "required"\n')
    command = [*DIGEST, "preview", "--serve", "--port", "0", "--now", NOW]
    with subprocess.Popen(command, cwd=newsroom.path, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout
        told = re.search(r"http://\S+", desk.stdout.readline())
        assert told
        yield told[0]
        desk.terminate()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        yield page
    assert errors == []


def plain_text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def until(page: Page, what: str, timeout: float = 30.0) -> None:
    """Wait for JavaScript to be true; Playwright's own way evaluates text, which the desk's policy forbids."""
    ends = time.monotonic() + timeout
    while not page.evaluate(what):
        assert time.monotonic() < ends, f"never: {what}"
        page.wait_for_timeout(50)


def test_the_page_loads_all_its_modules_without_an_error_on_the_console(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        written: list[str] = []
        loaded: dict[str, int] = {}
        page.on("console", lambda line: written.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: written.append(str(error)))
        page.on("response", lambda answer: loaded.update({answer.url.rpartition("/")[2]: answer.status}))
        page.goto(address)
        page.frame_locator("figure[data-device=desktop] iframe").get_by_text("The ferry is back").first.wait_for()
        page.get_by_role("button", name="Make a draft").click()
        page.locator(".story").first.wait_for()
    modules = {file.name for file in (Path(app.__file__).parent / "static").glob("*.js")}
    assert {name: status for name, status in loaded.items() if name.endswith(".js")} == dict.fromkeys(modules, 200)
    assert written == []


def test_an_edition_is_drafted_edited_approved_and_sent(page: Page, newsroom: NewsroomFolder) -> None:
    phone = page.frame_locator("figure[data-device=phone] iframe")
    phone.get_by_text("The ferry is back").first.wait_for()
    assert page.locator("figure[data-device=phone] iframe").evaluate("e => e.contentWindow.innerWidth") == 375

    page.get_by_role("button", name="Dark").click()
    until(
        page,
        "(() => { const paper = document.querySelector('iframe').contentDocument.querySelector('.paper');"
        " return paper && parseInt(getComputedStyle(paper).backgroundColor.match(/\\d+/)[0]) < 60; })()",
    )
    page.get_by_role("button", name="Phone", exact=True).click()
    assert page.locator("figure:visible").count() == 1
    page.fill("#search", "Kenji")
    page.press("#search", "Enter")
    until(page, "document.querySelector('.line b').textContent === 'A comet over the harbour'")

    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    newsroom.write("feed.xml", (newsroom.path / "feed.xml").read_text().replace("</channel>", LATE))
    page.get_by_role("button", name="Add to the draft").click()
    until(page, "document.querySelectorAll('.story').length === 3")
    page.locator("#segment").select_option("")

    stories = page.locator(".story")
    comet = page.locator(".story", has_text="A comet over the harbour")
    comet.locator(".grip").drag_to(stories.first, target_position={"x": 100, "y": 4})
    ids = "[...document.querySelectorAll('.story')].map(e => e.dataset.id)"
    assert page.evaluate(ids)[0] == "example.com/comet"
    page.locator(".story[data-id='example.com/ferry']").focus()
    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate(ids) == ["example.com/comet", "example.com/mayor", "example.com/ferry"]

    page.locator(".story[data-id='example.com/mayor'] .hide input").check()
    page.locator(".story[data-id='example.com/ferry'] .headline").fill("She is back, and so are we")
    page.fill("#note", "Good morning from the **quay**.")
    phone.get_by_text("Good morning from the").wait_for()  # before it is saved
    assert page.locator("#trying").is_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved in 2026-11-23-daily.toml.").wait_for()
    page.locator("#trying").wait_for(state="hidden")
    page.fill("#by", "Zoë")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved by Zoë, ").wait_for()

    sent = subprocess.run(
        [*DIGEST, "send", "--daily", "--now", NOW], cwd=newsroom.path, capture_output=True, text=True, check=True
    )
    assert "2 stories, 2 recipients, 2 accepted" in sent.stdout
    parsed = [message_from_bytes(one, policy=policy.default) for one in newsroom.mails()]
    mails = {mail["To"]: mail for mail in parsed}
    ada = plain_text(mails["Ada <ada@example.com>"])
    assert "Good morning from the quay." in ada
    assert "She is back, and so are we" in ada
    assert "The mayor swims" not in ada
    assert mails["Ada <ada@example.com>"]["Subject"] == "She is back, and so are we"
    assert "She is back" not in plain_text(mails["Kenji <kenji@example.org>"])


LATE = (
    "<item><title>The mayor swims</title><link>https://www.example.com/mayor</link><category>City</category>"
    "<pubDate>Mon, 23 Nov 2026 07:10:00 GMT</pubDate></item></channel>"
)


def test_a_finding_leads_to_its_place(page: Page, newsroom: NewsroomFolder) -> None:
    footer = (shipped("templates") / "footer.mjml").read_text()
    picture = '<tr><td><img src="https://www.example.com/shop.gif" width="10" height="10" /></td></tr></mj-table>'
    newsroom.write("templates/footer.mjml", footer.replace("</mj-table>", picture))
    page.get_by_role("button", name="no alt attribute").click()
    hit = page.frame_locator("figure[data-device=phone] iframe").locator("img[src$='shop.gif']")
    assert "outline" in (hit.get_attribute("style") or "")


def test_what_two_editors_change_is_kept_and_where_both_changed_the_same_they_are_asked(
    page: Page, address: str, newsroom: NewsroomFolder
) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    other = page.context.new_page()
    other.goto(address)
    other.locator(".story").first.wait_for()

    other.fill("#subject", "A subject of mine")
    page.locator(".story[data-id='example.com/ferry'] .headline").fill("She is back")
    page.keyboard.press("Control+s")
    page.get_by_text("Saved in 2026-11-23-daily.toml.").wait_for()
    other.locator(".story[data-id='example.com/comet'] .down").click()
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("What somebody else had changed meanwhile is in it too.").wait_for()
    file = newsroom.path / "editions" / "2026-11-23-daily.toml"
    assert 'subject = "A subject of mine"' in file.read_text()
    assert 'headline = "She is back"' in file.read_text()

    until(page, "document.querySelector('#subject').value === 'A subject of mine'")
    page.fill("#subject", "One")
    page.fill("#note", "A note")
    other.fill("#subject", "Another")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved in 2026-11-23-daily.toml.").wait_for()
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("the subject: theirs is “One”, yours “Another”").wait_for()
    assert 'subject = "One"' in file.read_text()
    other.get_by_role("button", name="Keep mine of these").click()
    until(other, "document.querySelector('#note').value === 'A note'")
    assert 'subject = "Another"' in file.read_text()
    assert "A note" in file.read_text()


def test_what_was_not_saved_when_the_page_was_closed_can_be_brought_back(page: Page, newsroom: NewsroomFolder) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    page.locator(".story[data-id='example.com/comet'] .headline").fill("Two comets")
    page.locator(".story[data-id='example.com/comet'] .up").click()
    page.locator("#trying").wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="Bring them back").click()
    assert page.locator(".story .headline").first.input_value() == "The ferry is back"
    assert page.locator(".section").first.locator(".headline").nth(1).input_value() == "Two comets"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved in").wait_for()
    assert "Two comets" in (newsroom.path / "editions" / "2026-11-23-daily.toml").read_text()


def test_who_writes_on_keeps_their_place_whatever_is_saved_or_changes(page: Page, newsroom: NewsroomFolder) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    page.click("#note")
    for number in range(6):
        page.keyboard.type(f"Word {number}. ", delay=20)
        page.keyboard.press("Control+s")
        if number == 2:
            newsroom.subscribe("bo@example.org,Bo")
        page.wait_for_timeout(300)
    expected = "".join(f"Word {number}. " for number in range(6))
    assert page.input_value("#note") == expected
    until(page, "document.querySelector('#state').textContent === 'Saved'")
    file = newsroom.path / "editions" / "2026-11-23-daily.toml"
    assert expected.strip() in file.read_text()
    # Somebody else's save comes while the caret stands in a field that is as it was.
    file.write_text(file.read_text().replace('subject = ""', 'subject = "Theirs"'))
    until(page, "document.querySelector('#subject').value === 'Theirs'")
    page.keyboard.type("And on.")
    assert page.input_value("#note").endswith("And on.") or page.input_value("#note") == expected.strip() + "And on."
    page.wait_for_timeout(1200)
    page.keyboard.press("Control+s")
    until(page, "document.querySelector('#state').textContent === 'Saved'")
    assert "And on." in file.read_text()
    page.locator("#trying").wait_for(state="hidden")


def test_what_is_written_while_a_question_is_open_is_kept(page: Page, address: str, newsroom: NewsroomFolder) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    other = page.context.new_page()
    other.goto(address)
    other.locator(".story").first.wait_for()
    page.fill("#subject", "Mine")
    other.fill("#subject", "Theirs")
    other.fill("#preheader", "Theirs too")
    other.keyboard.press("Control+s")
    other.get_by_text("Saved in").wait_for()
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Keep mine of these").wait_for()
    page.locator(".story[data-id='example.com/comet'] .excerpt").fill("Written meanwhile.")
    page.get_by_role("button", name="Keep mine of these").click()
    page.get_by_text("What somebody else had changed meanwhile is in it too.").wait_for()
    text = (newsroom.path / "editions" / "2026-11-23-daily.toml").read_text()
    for told in ('subject = "Mine"', 'preheader = "Theirs too"', 'excerpt = "Written meanwhile."'):
        assert told in text
    until(page, "document.querySelector('#preheader').value === 'Theirs too'")


def test_a_section_that_one_renames_and_stories_that_the_other_moves_are_no_clash(
    page: Page, address: str, newsroom: NewsroomFolder
) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    other = page.context.new_page()
    other.goto(address)
    other.locator(".story").first.wait_for()
    other.locator(".story[data-id='example.com/comet'] .up").click()
    page.locator(".section[data-was=City] .name").fill("Town")
    page.keyboard.press("Control+s")
    page.get_by_text("Saved in").wait_for()
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("What somebody else had changed meanwhile is in it too.").wait_for()
    text = (newsroom.path / "editions" / "2026-11-23-daily.toml").read_text()
    assert text.index('name = "Town"') < text.index("comet") < text.index('name = "Science"')


def test_the_page_tells_of_the_approval_and_of_the_send_as_they_are(page: Page, newsroom: NewsroomFolder) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    page.fill("#by", "Zoë")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved by Zoë, ").wait_for()
    page.fill("#subject", "Another")
    page.get_by_text("then it wants another approval").wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Changed since Zoë approved it.").wait_for()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved by Zoë, ").wait_for()
    page.fill("#note", "Too late")
    subprocess.run([*DIGEST, "send", "--daily", "--now", NOW], cwd=newsroom.path, capture_output=True, check=True)
    page.get_by_text("This edition is closed: already sent").wait_for()
    assert page.locator("#save").count() == 0
    assert page.locator("#note").is_disabled()


def test_a_section_is_made_renamed_and_filled_at_the_desk(page: Page, newsroom: NewsroomFolder) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    page.get_by_role("button", name="Add a section").click()
    page.keyboard.type("By the water")
    page.locator(".section[data-was=City] .name").fill("Town")
    page.locator(".story[data-id='example.com/comet']").focus()
    page.keyboard.press("Alt+ArrowDown")
    phone = page.frame_locator("figure[data-device=phone] iframe")
    phone.get_by_text("By the water").first.wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved in").wait_for()
    text = (newsroom.path / "editions" / "2026-11-23-daily.toml").read_text()
    assert text.index('name = "Town"') < text.index('name = "By the water"') < text.index("A comet over the harbour")


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_the_page_does_not_run_out_of_its_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()
    page.locator(".story .star").last.click()
    assert page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth, scrollY]") == [
        900,
        width,
        0,
    ]


def test_a_change_on_disk_is_on_the_page_within_a_second(page: Page, newsroom: NewsroomFolder) -> None:
    phone = page.frame_locator("figure[data-device=phone] iframe")
    phone.get_by_text("The ferry is back").first.wait_for()
    newsroom.configure(("The Gazette", "The Evening Gazette"), more='[daily]\napproval = "required"\n')
    phone.get_by_text("The Evening Gazette").first.wait_for(timeout=5000)
    newsroom.write("templates/footer.mjml", "{{ broken ")
    page.locator(".error").wait_for()
    (newsroom.path / "templates" / "footer.mjml").unlink()
    page.locator(".error").wait_for(state="detached")
