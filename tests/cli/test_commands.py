"""The commands as a person or cron runs them: their output, their exit status, and what signals and pipes do to them."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command import digest
from tests.newsroom_folder import NewsroomFolder
from tests.servers.smtp import SmtpServer
from tests.waiting import wait_until

NOW = "2026-11-23T07:00:00Z"


def test_help_lists_every_command() -> None:
    shown = digest("--help")
    assert shown.returncode == 0
    for command in ("init", "preview", "send", "status", "cancel", "check"):
        assert f"\n  {command} " in shown.stdout
        assert digest(command, "--help").returncode == 0


def test_a_new_newsroom_works_at_once(tmp_path: Path) -> None:
    made = digest("init", "paper", cwd=tmp_path)
    assert made.returncode == 0
    paper = tmp_path / "paper"
    shown = digest("preview", cwd=paper)
    assert shown.returncode == 0
    assert shown.stderr == ""
    assert "12 stories" in shown.stdout
    html = (paper / "preview.html").read_text()
    assert "data:image/png;base64," in html
    assert "cid:" not in html
    sent = digest("send", "--daily", cwd=paper)
    assert sent.returncode == 0
    assert sent.stderr == ""
    assert "2 recipients, 2 accepted" in sent.stdout
    assert sent.stdout.count("\n") == 1
    again = digest("init", cwd=paper)
    assert again.returncode == 2
    assert "already has digest.toml and subscribers.csv and articles" in again.stderr


def test_send_ends_with_one_line_and_is_silent_when_asked(newsroom: NewsroomFolder) -> None:
    sent = digest("-q", "send", "--daily", "--now", NOW)
    assert (sent.returncode, sent.stdout, sent.stderr) == (0, "", "")
    again = digest("send", "--daily", "--now", NOW)
    assert again.stdout == "2026-11-23-daily: already sent to 2 readers at 07:00, nothing to do\n"
    assert len(newsroom.mails()) == 2


def test_a_terminal_shows_a_progress_bar_with_the_rate(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(30)))
    newsroom.configure(("[delivery]\n", "[delivery]\nrate = 40\n"))
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "digest", "send", "--daily", "--yes", "--now", NOW]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=terminal, env={**os.environ, "COLUMNS": "120"}
    ) as run:
        os.close(terminal)
        shown = b""
        with suppress(OSError):  # what the other end of a terminal shows
            while data := os.read(screen, 65536):
                shown += data
        assert run.stdout
        assert run.stdout.read().startswith(b"2026-11-23-daily: 2 stories, 30 recipients, 30 accepted")
    os.close(screen)
    assert run.returncode == 0
    assert b"Sending daily" in shown
    assert b"a second" in shown
    assert b"/30" in shown


def test_cancel_stops_an_active_send(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(500)))
    newsroom.configure(("[delivery]\n", "[delivery]\nrate = 5\n"))
    command = [sys.executable, "-m", "digest", "send", "--daily", "--yes", "--now", NOW]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        wait_until(lambda: bool(newsroom.mails()))
        cancelled = digest("cancel", "2026-11-23-daily")
        output, _ = run.communicate(timeout=60)
    assert (cancelled.returncode, cancelled.stderr) == (0, "")
    assert "sends no more" in cancelled.stdout
    assert "skipped because it was cancelled" in output
    assert run.returncode == 3
    assert 0 < len(newsroom.mails()) < 500
    assert "already stopped" in digest("cancel", "2026-11-23-daily").stdout


def test_resume_logs_each_mail_with_v(newsroom: NewsroomFolder) -> None:
    digest("send", "--daily", "--now", NOW, "--limit", "1")
    resumed = digest("-v", "resume", "2026-11-23-daily")
    assert resumed.returncode == 0
    assert re.search(r"2026-11-23-daily ke\*\*\*@example.org accepted", resumed.stderr)


def test_a_send_continues_when_its_output_is_closed(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(60)))
    command = f"{sys.executable} -m digest -vv send --daily --yes --now {NOW} 2>&1 | head -1"
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    assert len(newsroom.mails()) == 60
    assert "nothing to do" in digest("send", "--daily", "--now", NOW).stdout


def test_status_lists_editions_and_every_recipient(newsroom: NewsroomFolder) -> None:
    assert digest("status").stdout == "No edition has been sent yet.\n"
    assert json.loads(digest("status", "--json").stdout) == {"editions": [], "failing_sources": []}
    digest("send", "--daily", "--now", NOW)
    assert "2026-11-23-daily\tsent\t2\t2\t2\tThe ferry is back" in digest("status").stdout
    assert "ada@example.com\taccepted\t" in digest("status", "2026-11-23-daily").stdout
    status = json.loads(digest("status", "2026-11-23-daily", "--json").stdout)
    assert status["counts"]["accepted"] == 2
    assert {person["email"] for person in status["recipients"]} == {"ada@example.com", "kenji@example.org"}
    unknown = digest("status", "2020-01-01-daily")
    assert unknown.returncode == 2
    assert "the latest: 2026-11-23-daily" in unknown.stderr


def test_articles_shows_the_section_or_the_reason_of_each(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[sections]\n", "[sections]\nlimit = 1\n"))
    feed = newsroom.path / "feed.xml"
    item = "<item><title>{0}</title><link>https://www.example.com/{0}</link><category>City</category><pubDate>{1}</pubDate></item>"
    more = item.format("Old", "Sat, 21 Nov 2026 05:00:00 GMT") + item.format("Second", "Mon, 23 Nov 2026 01:00:00 GMT")
    feed.write_text(feed.read_text().replace("</channel>", f"{more}</channel>"))
    shown = digest("articles", "--now", NOW)
    assert shown.returncode == 0
    assert shown.stdout.splitlines() == [
        "section\tage\tsource\theadline\twhy not",
        "City (lead)\t2 h\tfeed\tThe ferry is back\t",
        "Science\t3 h\tfeed\tA comet over the harbour\t",
        '\t6 h\tfeed\tSecond\tover the section limit; counted in the "more in City" line',
        "\t2 d\tfeed\tOld\tpublished before the window (21 Nov 2026 05:00)",
    ]
    rows = json.loads(digest("articles", "--json", "--now", NOW).stdout)
    assert [row["section"] for row in rows] == ["City", "Science", None, None]
    assert rows[3]["left_out"].startswith("published before the window")


def test_articles_as_json_have_authors_summary_and_image(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ('type = "feed"\nname = "feed"\npath = "feed.xml"', 'type = "folder"\nname = "stories"\npath = "."')
    )
    newsroom.write(
        "tram.md",
        "---\nheadline: The tram is back\npublished: 2026-11-23T05:00:00Z\ncategories: [City]\nauthors: Ada Penhale, Transport editor\n"
        "image: https://www.example.com/tram.jpg\nimage_alt: A tram\n---\n\nLine seven runs again.\n",
    )
    (row,) = json.loads(digest("articles", "--json", "--now", NOW).stdout)
    assert row["authors"] == [{"name": "Ada Penhale", "role": "Transport editor"}]
    assert row["summary"] == "Line seven runs again."
    assert row["image"] == {
        "url": "https://www.example.com/tram.jpg",
        "file": None,
        "alt": "A tram",
        "width": None,
        "height": None,
    }


def test_status_names_a_source_that_keeps_failing(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[[sources]]\ntype = "feed"\nname = "gone"\npath = "gone.xml"\n')
    digest("send", "--daily", "--now", NOW)
    digest("send", "--daily", "--now", "2026-11-24T07:00:00Z")
    shown = digest("status").stdout
    assert "Source gone has failed since 23 Nov 2026 07:00 UTC: " in shown
    assert "no such file" in shown


@pytest.mark.parametrize("command", ["", "send", "draft"])
def test_examples_in_help_keep_their_lines(command: str) -> None:
    help_text = digest(*filter(None, [command, "--help"])).stdout
    assert "\\b" not in help_text
    assert any(re.match(r"  (0 7 \* \* \*  cd .*)?digest (send|init|draft)", line) for line in help_text.splitlines())


def test_preview_writes_what_one_reader_gets(newsroom: NewsroomFolder) -> None:
    files = ["-o", "p.html", "--text", "p.txt", "--eml", "p.eml"]
    shown = digest("preview", "--now", NOW, "--as", "Kenji@Example.org", *files)
    assert shown.returncode == 0
    assert "Subject:   A comet over the harbour\n" in shown.stdout
    text = (newsroom.path / "p.txt").read_text()
    assert "kenji@example.org" in text
    assert "The ferry is back" not in text
    assert (newsroom.path / "p.eml").read_bytes().startswith(b"From: The Gazette <news@example.com>\r\n")
    assert not list(newsroom.path.glob("ledger*"))
    stranger = digest("preview", "--now", NOW, "--as", "stranger@example.com")
    assert stranger.returncode == 2
    assert "stranger@example.com is not a subscriber" in stranger.stderr
    nothing = digest("preview", "--now", NOW, "--as", "zoe@example.net")
    assert nothing.returncode == 0
    assert "nothing to preview" in nothing.stdout


def test_preview_reports_the_problems_of_the_email(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[daily]\nsubject = "' + "A headline that never ends " * 12 + '"\n')
    shown = digest("preview", "--now", NOW)
    assert shown.returncode == 0
    assert "Findings:  0 serious, " in shown.stdout
    assert "`digest check` lists them" in shown.stdout


def test_preview_to_stdout_is_the_html_alone(newsroom: NewsroomFolder) -> None:
    shown = digest("preview", "--now", NOW, "-o", "-")
    assert shown.stdout.startswith("<!DOCTYPE html>")
    assert shown.stdout.rstrip().endswith("</html>")
    assert newsroom.path.joinpath("preview.html").exists() is False


def test_a_preview_without_news_shows_the_latest_and_says_so(newsroom: NewsroomFolder) -> None:
    shown = digest("preview", "--now", "2026-12-24T07:00:00Z")
    assert shown.returncode == 0
    assert "no new stories since 23 Dec 07:00" in shown.stderr
    assert "2 stories" in shown.stdout
    assert newsroom.path.joinpath("preview.html").exists()


def test_check_requires_https_for_the_newsroom_s_own_addresses(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ('name = "The Gazette"', 'name = "The Gazette"\nlogo = "http://www.example.com/logo.png"'),
        ('unsubscribe_url = "https:', 'unsubscribe_url = "http:'),
        more='[sections.pages]\nWorld = "http://www.example.com/w"\n',
    )
    result = digest("check", "--now", NOW)
    assert result.returncode == 1
    keys = [line.split(" in digest.toml")[0].strip() for line in result.stdout.splitlines() if "is http:" in line]
    assert keys == ["publication.logo", "audience.unsubscribe_url", "sections.pages.World"]


def test_check_reports_each_problem(newsroom: NewsroomFolder) -> None:
    good = digest("check", "--now", NOW)
    assert good.returncode == 0, good.stdout
    assert good.stdout.count("ok    ") == 8
    newsroom.write("feed.xml", "<html>")
    newsroom.subscribe("nonsense,X")
    bad = digest("check", "--now", NOW)
    assert bad.returncode == 1
    assert "FAIL  sources" in bad.stdout
    assert "subscribers.csv:2: `nonsense` is not a valid email address" in bad.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("send",), 2, "--daily or --weekly"),
        (("send", "--daily", "--now", "today"), 2, "not a valid date and time"),
        (("send", "--daily", "--dry-run", "--to", "a@example.com"), 2, "use only one of them"),
        (("send", "--hourly"), 2, "No such option"),
        (("-c", "nowhere.toml", "preview"), 2, "digest init"),
        (("cancel", "2026-11-23-daily"), 2, "no edition"),
        (("preview", "-o", "/nowhere/preview.html", "--now", NOW), 2, "cannot be written"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    newsroom: NewsroomFolder, arguments: tuple[str, ...], status: int, words: str
) -> None:
    shown = digest(*arguments)
    assert shown.returncode == status
    assert words in shown.stderr
    assert "Traceback" not in shown.stderr
    assert newsroom.mails() == []


def test_a_broken_template_is_named_with_its_line(newsroom: NewsroomFolder) -> None:
    newsroom.write("templates/masthead.mjml", "<mj-text>\n{{ publicatoin.name }}</mj-text>")
    shown = digest("send", "--daily", "--now", NOW)
    assert shown.returncode == 2
    assert "templates/masthead.mjml:2: 'publicatoin' is undefined" in shown.stderr
    assert newsroom.mails() == []


def test_two_sends_at_once_send_one_edition(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(200)))
    command = [sys.executable, "-W", "error", "-m", "digest", "send", "--daily", "--yes", "--now", NOW]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=newsroom.path)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60) for process in running]
    assert sorted(process.returncode for process in running) in ([0, 0], [0, 75]), outputs
    assert len(newsroom.mails()) == 200


def test_a_killed_send_is_finished_by_the_next_one(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(150)))
    newsroom.configure(("[delivery]\n", "[delivery]\nrate = 20\n"))
    command = [sys.executable, "-m", "digest", "send", "--daily", "--yes", "--now", NOW]
    process = subprocess.Popen(command, cwd=newsroom.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(newsroom.mails()) >= 10)
    process.kill()
    process.wait()
    newsroom.configure()
    finished = digest("send", "--daily", "--now", NOW)
    status = json.loads(digest("status", "2026-11-23-daily", "--json").stdout)
    in_doubt = status["counts"]["in_doubt"]
    assert finished.returncode == (3 if in_doubt else 0)
    assert in_doubt <= 1
    assert status["counts"]["accepted"] + in_doubt == 150
    assert 150 - in_doubt <= len(newsroom.mails()) <= 150


def test_suppress_overrides_subscribers_csv(newsroom: NewsroomFolder) -> None:
    assert digest("suppress", "ADA@example.com").stdout == "ada@example.com is suppressed\n"
    assert digest("suppress", "ada@example.com").stdout == "ada@example.com was already suppressed\n"
    assert "ada@example.com\tunsubscribed\t" in digest("suppress", "--list").stdout
    sent = digest("send", "--daily", "--now", NOW)
    assert "2 recipients, 1 accepted, 0 refused, 1 suppressed" in sent.stdout
    assert sent.returncode == 0
    assert len(newsroom.mails()) == 1
    assert digest("unsuppress", "ada@example.com").stdout == "ada@example.com may be mailed again\n"
    assert digest("suppress", "nobody").returncode == 2
    assert digest("suppress").returncode == 2


def test_sigterm_finishes_what_is_in_flight(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(150)))
    newsroom.configure(("[delivery]\n", "[delivery]\nrate = 20\n"))
    command = [sys.executable, "-m", "digest", "send", "--daily", "--yes", "--now", NOW]
    process = subprocess.Popen(command, cwd=newsroom.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(newsroom.mails()) >= 5)
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "left for the next run" in out
    assert "run the same command again to continue" in err
    newsroom.configure()
    assert "in doubt" not in digest("send", "--daily", "--now", NOW).stdout
    assert len(newsroom.mails()) == 150


@pytest.mark.parametrize("options", [(), ("--late",), ("--limit", "1")])
def test_readers_are_not_emailed_at_a_made_up_time(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, options: tuple[str, ...]
) -> None:
    newsroom.through_smtp(smtp_server)
    refused = digest("send", "--daily", "--now", NOW, *options)
    assert refused.returncode == 2
    assert "smtp would email every reader" in refused.stderr
    assert smtp_server.handler.mails == []
    assert digest("send", "--daily", "--now", NOW, "--dry-run").returncode == 0
    assert digest("send", "--daily", "--now", NOW, "--to", "editor@example.com").returncode == 0
    assert digest("send", "--daily", "--now", NOW, "--yes").stdout.startswith(
        "2026-11-23-daily: 2 stories, 2 recipients"
    )
    assert len(smtp_server.handler.mails) == 3
