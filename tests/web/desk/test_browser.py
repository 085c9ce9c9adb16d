"""An editor's morning at the desk, in a real browser, until the readers have their email."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, FrameLocator, Page, Route

from digest.core.resources import find_shipped
from digest.web.desk import app
from tests.chromium import needs_chromium
from tests.newsroom_folder import NewsroomFolder

NOW = "2026-11-23T07:30:00Z"
DIGEST = (sys.executable, "-m", "digest")
DRAFT = Path("editions/2026-11-23-daily.toml")  # in the newsroom, which is the current folder
APPROVAL_REQUIRED = '[daily]\napproval = "required"\n'
MERGED = "It includes what someone else changed in the meantime."
COMET, FERRY, MAYOR = (f".story[data-id='example.com/{name}']" for name in ("comet", "ferry", "mayor"))
STORY_IDS = "[...document.querySelectorAll('.story')].map(e => e.dataset.id)"

pytestmark = needs_chromium


@pytest.fixture
def address(newsroom: NewsroomFolder) -> Iterator[str]:
    """The address of a desk in a process of its own."""
    newsroom.configure(more=APPROVAL_REQUIRED)
    command = [*DIGEST, "preview", "--serve", "--port", "0", "--now", NOW]
    with subprocess.Popen(command, cwd=newsroom.path, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout
        printed = re.search(r"http://\S+", desk.stdout.readline())
        assert printed
        yield printed[0]
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


@pytest.fixture
def draft_page(page: Page) -> Page:
    """The page, with a draft made on it."""
    make_draft(page)
    return page


@pytest.fixture
def other(draft_page: Page, address: str) -> Page:
    """A second editor's page of the same draft."""
    other = draft_page.context.new_page()
    other.goto(address)
    other.locator(".story").first.wait_for()
    return other


def make_draft(page: Page) -> None:
    page.get_by_role("button", name="Make a draft").click()
    page.locator(".story").first.wait_for()


def until(page: Page, expression: str, timeout: float = 60.0) -> None:
    """Wait for JavaScript to be true. Playwright's own way evaluates text, which the desk's policy forbids."""
    ends = time.monotonic() + timeout
    while not page.evaluate(expression):
        assert time.monotonic() < ends, f"still not true: {expression}"
        page.wait_for_timeout(50)


def click_save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def wait_until_saved(page: Page) -> None:
    until(page, "document.querySelector('#save-state').textContent === 'Saved'")


def phone_of(page: Page) -> FrameLocator:
    return page.frame_locator("figure[data-device=phone] iframe")


def send() -> str:
    command = [*DIGEST, "send", "--daily", "--now", NOW]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def plain_text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def test_the_page_loads_all_its_modules_without_an_error_on_the_console(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        printed: list[str] = []
        loaded: dict[str, int] = {}
        page.on("console", lambda line: printed.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: printed.append(str(error)))
        page.on("response", lambda response: loaded.update({response.url.rpartition("/")[2]: response.status}))
        page.goto(address)
        phone_of(page).get_by_text("The ferry is back").first.wait_for()
        make_draft(page)
    modules = {file.name for file in (Path(app.__file__).parent / "static").glob("*.js")}
    assert {name: status for name, status in loaded.items() if name.endswith(".js")} == dict.fromkeys(modules, 200)
    assert printed == []


LATE_STORY = (
    "<item><title>The mayor swims</title><link>https://www.example.com/mayor</link><category>City</category>"
    "<pubDate>Mon, 23 Nov 2026 07:10:00 GMT</pubDate></item></channel>"
)


def test_an_edition_is_drafted_edited_approved_and_sent(page: Page, newsroom: NewsroomFolder) -> None:
    phone = phone_of(page)
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

    make_draft(page)
    newsroom.write("feed.xml", (newsroom.path / "feed.xml").read_text().replace("</channel>", LATE_STORY))
    page.get_by_role("button", name="Add to the draft").click()
    until(page, "document.querySelectorAll('.story').length === 3")
    page.locator("#segment").select_option("")
    until(page, "document.querySelector('.line b').textContent === 'The ferry is back'")  # nothing moves any more

    page.locator(COMET).locator(".grip").drag_to(page.locator(".story").first, target_position={"x": 100, "y": 4})
    until(page, f"{STORY_IDS}[0] === 'example.com/comet'")
    page.locator(FERRY).focus()
    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate(STORY_IDS) == ["example.com/comet", "example.com/mayor", "example.com/ferry"]

    page.locator(f"{MAYOR} .hide input").check()
    page.locator(f"{FERRY} .headline").fill("She is back, and so are we")
    page.fill("#note", "Good morning from the **quay**.")
    phone.get_by_text("Good morning from the").wait_for()  # before it is saved
    assert page.locator("#unsaved-notice").is_visible()
    click_save(page)
    page.get_by_text("Saved to 2026-11-23-daily.toml.").wait_for()
    page.locator("#unsaved-notice").wait_for(state="hidden")
    page.fill("#by", "Zoë")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved by Zoë, ").wait_for()

    assert "2 stories, 2 recipients, 2 accepted" in send()
    parsed = [message_from_bytes(mail, policy=policy.default) for mail in newsroom.mails()]
    mails = {mail["To"]: mail for mail in parsed}
    ada = plain_text(mails["Ada <ada@example.com>"])
    assert "Good morning from the quay." in ada
    assert "She is back, and so are we" in ada
    assert "The mayor swims" not in ada
    assert mails["Ada <ada@example.com>"]["Subject"] == "She is back, and so are we"
    assert "She is back" not in plain_text(mails["Kenji <kenji@example.org>"])


def test_a_finding_leads_to_its_place(page: Page, newsroom: NewsroomFolder) -> None:
    # The mark goes away after 2.5 seconds, which may be sooner than a busy machine looks: here it stays.
    page.evaluate(
        "(() => { const real = window.setTimeout;"
        " window.setTimeout = (call, delay) => (delay === 2500 ? 0 : real(call, delay)); })()"
    )
    footer = (find_shipped("templates") / "footer.mjml").read_text()
    picture = '<tr><td><img src="https://www.example.com/shop.gif" width="10" height="10" /></td></tr></mj-table>'
    newsroom.write("templates/footer.mjml", footer.replace("</mj-table>", picture))
    image = phone_of(page).locator("img[src$='shop.gif']")
    image.wait_for(state="attached")
    # Another frame may have an empty document, because it has only begun to load.
    page.locator("figure[data-device=tablet] iframe").evaluate("e => e.contentDocument.documentElement.remove()")
    page.get_by_role("button", name="no alt attribute").click()
    assert "outline" in (image.get_attribute("style") or "")


def test_the_changes_of_both_editors_are_kept_and_the_page_asks_about_a_conflict(draft_page: Page, other: Page) -> None:
    page = draft_page
    other.fill("#subject", "A subject of mine")
    page.locator(f"{FERRY} .headline").fill("She is back")
    page.keyboard.press("Control+s")
    wait_until_saved(page)
    other.locator(f"{COMET} .down").click()
    click_save(other)
    other.get_by_text(MERGED).wait_for()
    assert 'subject = "A subject of mine"' in DRAFT.read_text()
    assert 'headline = "She is back"' in DRAFT.read_text()

    until(page, "document.querySelector('#subject').value === 'A subject of mine'")
    wait_until_saved(other)
    page.fill("#subject", "One")
    page.fill("#note", "A note")
    other.fill("#subject", "Another")
    click_save(page)
    wait_until_saved(page)
    click_save(other)
    other.get_by_text("Subject: theirs is “One”, yours is “Another”").wait_for()
    assert 'subject = "One"' in DRAFT.read_text()
    other.get_by_role("button", name="Keep mine").click()
    until(other, "document.querySelector('#note').value === 'A note'")
    assert 'subject = "Another"' in DRAFT.read_text()
    assert "A note" in DRAFT.read_text()


def test_unsaved_changes_can_be_restored_after_the_page_was_closed(draft_page: Page) -> None:
    page = draft_page
    page.locator(f"{COMET} .headline").fill("Two comets")
    page.locator(f"{COMET} .up").click()
    page.locator("#unsaved-notice").wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="Restore them").click()
    assert page.locator(".story .headline").first.input_value() == "The ferry is back"
    assert page.locator(".section").first.locator(".headline").nth(1).input_value() == "Two comets"
    click_save(page)
    wait_until_saved(page)
    assert "Two comets" in DRAFT.read_text()


def test_the_caret_keeps_its_place_whatever_is_saved_or_changes(draft_page: Page, newsroom: NewsroomFolder) -> None:
    page = draft_page
    page.click("#note")
    for number in range(6):
        page.keyboard.type(f"Word {number}. ", delay=20)
        page.keyboard.press("Control+s")  # and type on while it saves
        if number == 2:
            newsroom.subscribe("bo@example.org,Bo")
    until(page, "document.querySelectorAll('#segment option').length === 1")  # the page has shown the new list
    expected = "".join(f"Word {number}. " for number in range(6))
    assert page.input_value("#note") == expected
    wait_until_saved(page)
    assert expected.strip() in DRAFT.read_text()
    # Someone else saves while the caret is in a field without unsaved changes.
    DRAFT.write_text(DRAFT.read_text().replace('subject = ""', 'subject = "Theirs"'))
    until(page, "document.querySelector('#subject').value === 'Theirs'")
    page.keyboard.type("And on.")
    assert page.input_value("#note") in (f"{expected}And on.", f"{expected.strip()}And on.")
    page.locator("#unsaved-notice").wait_for()
    page.keyboard.press("Control+s")
    wait_until_saved(page)
    assert "And on." in DRAFT.read_text()
    page.locator("#unsaved-notice").wait_for(state="hidden")


def test_a_page_loaded_before_a_save_does_not_replace_what_was_saved(
    draft_page: Page, newsroom: NewsroomFolder
) -> None:
    page = draft_page
    page.click("#note")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/?*", lambda route: held.append((route, route.fetch())), times=1)
    newsroom.subscribe("bo@example.org,Bo")  # makes the page load itself again
    while not held:
        page.wait_for_timeout(20)
    page.keyboard.type("Mine")
    page.keyboard.press("Control+s")
    wait_until_saved(page)
    ((route, response),) = held
    route.fulfill(response=response)
    for _ in range(3):
        page.wait_for_event("requestfinished", lambda request: request.url.endswith("/revision"))
    page.keyboard.type(" too")
    assert page.input_value("#note") == "Mine too"


def test_changes_made_while_a_question_is_open_are_kept(draft_page: Page, other: Page) -> None:
    page = draft_page
    page.fill("#subject", "Mine")
    other.fill("#subject", "Theirs")
    other.fill("#preheader", "Theirs too")
    other.keyboard.press("Control+s")
    wait_until_saved(other)
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Keep mine").wait_for()
    page.locator(f"{COMET} .excerpt").fill("Written meanwhile.")
    page.get_by_role("button", name="Keep mine").click()
    page.get_by_text(MERGED).wait_for()
    text = DRAFT.read_text()
    for line in ('subject = "Mine"', 'preheader = "Theirs too"', 'excerpt = "Written meanwhile."'):
        assert line in text
    until(page, "document.querySelector('#preheader').value === 'Theirs too'")


def test_one_editor_may_rename_a_section_while_another_moves_its_stories(draft_page: Page, other: Page) -> None:
    page = draft_page
    other.locator(f"{COMET} .up").click()
    page.locator(".section[data-was=City] .name").fill("Town")
    page.keyboard.press("Control+s")
    wait_until_saved(page)
    click_save(other)
    other.get_by_text(MERGED).wait_for()
    text = DRAFT.read_text()
    assert text.index('name = "Town"') < text.index("comet") < text.index('name = "Science"')


def test_the_page_follows_the_approval_and_the_send(draft_page: Page) -> None:
    page = draft_page
    page.fill("#by", "Zoë")
    page.get_by_role("button", name="Approve").click()
    page.locator("#approval", has_text="Approved by Zoë, ").wait_for()
    page.fill("#subject", "Another")
    page.get_by_text("requires a new approval").wait_for()
    click_save(page)
    page.locator("#approval", has_text="Changed since Zoë approved it.").wait_for()
    page.get_by_role("button", name="Approve").click()
    page.locator("#approval", has_text="Approved by Zoë, ").wait_for()
    page.fill("#note", "Too late")
    send()
    page.locator(".closed", has_text="This edition is closed: already sent").wait_for()
    assert page.locator("#save").count() == 0
    assert page.locator("#note").is_disabled()


def test_a_section_is_added_renamed_and_filled(draft_page: Page) -> None:
    page = draft_page
    page.get_by_role("button", name="Add a section").click()
    page.keyboard.type("By the water")
    page.locator(".section[data-was=City] .name").fill("Town")
    page.locator(COMET).focus()
    page.keyboard.press("Alt+ArrowDown")
    phone_of(page).get_by_text("By the water").first.wait_for()
    click_save(page)
    wait_until_saved(page)
    text = DRAFT.read_text()
    assert text.index('name = "Town"') < text.index('name = "By the water"') < text.index("A comet over the harbour")


@pytest.mark.parametrize("width", [1440, 900, 390])
def test_the_page_fits_its_window(draft_page: Page, width: int) -> None:
    draft_page.set_viewport_size({"width": width, "height": 900})
    draft_page.locator(".story .star").last.click()
    size = "[document.documentElement.scrollHeight, document.documentElement.scrollWidth, scrollY]"
    assert draft_page.evaluate(size) == [900, width, 0]


def test_a_change_on_disk_appears_on_the_page(page: Page, newsroom: NewsroomFolder) -> None:
    phone = phone_of(page)
    phone.get_by_text("The ferry is back").first.wait_for()
    newsroom.configure(("The Gazette", "The Evening Gazette"), more=APPROVAL_REQUIRED)
    phone.get_by_text("The Evening Gazette").first.wait_for()
    newsroom.write("templates/footer.mjml", "{{ broken ")
    page.locator(".error").wait_for()
    (newsroom.path / "templates" / "footer.mjml").unlink()
    page.locator(".error").wait_for(state="detached")
