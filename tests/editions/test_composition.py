"""The email that a composition renders."""

from tests.mails import parse_mail
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW


def test_every_email_has_the_headers_of_a_newsletter(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    mail = parse_mail(newsroom.mails()[0])
    assert mail["From"] == "The Gazette <news@example.com>"
    assert mail["Date"].datetime == NOW
    assert mail["List-Id"] == "<daily.digest.example.com>"
    assert mail["List-Unsubscribe"].endswith(", <mailto:leave@example.com?subject=unsubscribe>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")
