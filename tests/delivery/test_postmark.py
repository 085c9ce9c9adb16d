"""Postmark's result for each mail of a batch, and the limits of a batch."""

from typing import Any

import pytest

from digest.delivery import PostmarkSettings, open_provider
from digest.errors import DeliveryError
from digest.models import InlineImage, Outcome
from digest.storage import Database
from tests.delivery.sample import Make, Send, make_recipients, outcomes
from tests.newsroom_folder import NewsroomFolder
from tests.servers.postmark import PostmarkServer


def settings_of(server: PostmarkServer, **more: Any) -> PostmarkSettings:
    return PostmarkSettings(**{"host": server.url, "timeout": 5.0, **more})


def test_five_hundred_mails_are_one_request(send: Send, postmark_server: PostmarkServer, message: Make) -> None:
    receipts = send(settings_of(postmark_server), message(), *make_recipients(750), secret="good")
    assert [len(request) for request in postmark_server.requests] == [500, 250]
    assert set(outcomes(receipts)) == {"accepted"}
    assert receipts[7].detail == "0a129aee-e1cd-480d-b08d-000000000008"
    mail = postmark_server.mails[7]
    assert mail["To"] == "Reader 7 <reader7@example.com>"
    assert mail["MessageStream"] == "broadcast"
    assert mail["headers"]["X-PM-KeepID"] == "true"
    assert mail["Metadata"] == {"recipient": receipts[7].recipient.message_id.partition("@")[0]}
    assert "Date" not in mail["headers"]


def test_no_request_exceeds_the_size_limit(send: Send, postmark_server: PostmarkServer, message: Make) -> None:
    large = InlineImage("map@digest", "map.png", "image/png", bytes(7_000_000))
    receipts = send(settings_of(postmark_server), message(images=(large,)), *make_recipients(12), secret="good")
    assert [len(request) for request in postmark_server.requests] == [5, 5, 2]
    assert outcomes(receipts) == ["accepted"] * 12


def test_each_mail_has_its_own_result(send: Send, postmark_server: PostmarkServer, message: Make) -> None:
    people = make_recipients(9)
    postmark_server.inactive = {people[1].email}
    items: dict[int, dict[str, Any]] = {
        2: {"ErrorCode": 300, "Message": "Invalid 'To' address: 'reader2@example.com'."},
        3: {"ErrorCode": 300, "Message": "Error parsing 'To': Illegal email domain '+' in address 'x@+'."},
        4: {"ErrorCode": 300, "Message": "Error parsing 'Reply-To': Illegal email domain '+' in address 'x@+'."},
        5: {"ErrorCode": 411, "Message": "Forbidden attachment type"},
        6: {"ErrorCode": 429, "Message": "Rate limit exceeded"},
        7: {"ErrorCode": 412, "Message": "Account is pending"},
        8: {"Message": "Message accepted, but delivery may be delayed.", "MessageID": "38360f97"},
    }
    postmark_server.items = {people[place].email: item for place, item in items.items()}
    receipts = send(settings_of(postmark_server), message(), *people, secret="good")
    assert outcomes(receipts) == ["accepted", *["refused"] * 5, *["deferred"] * 2, "accepted"]
    assert [place for place, receipt in enumerate(receipts) if receipt.bounced] == [1, 2, 3]
    assert receipts[1].detail.startswith("406 5.1.1 You tried to send to a recipient that has been marked as inactive.")
    assert receipts[2].detail == "300 5.1.3 Invalid 'To' address: 'reader2@example.com'."
    assert receipts[8].detail == "38360f97"


@pytest.mark.parametrize(
    "short", [[], [{"ErrorCode": 0, "MessageID": "a"}], [{"ErrorCode": "x"}] * 2, [{}] * 2, [1, 2]]
)
def test_a_response_without_a_result_for_each_leaves_all_in_doubt(
    send: Send, postmark_server: PostmarkServer, message: Make, short: object
) -> None:
    postmark_server.answers = [(200, short)]
    receipts = send(settings_of(postmark_server), message(), *make_recipients(2), secret="good")
    assert outcomes(receipts) == ["in_doubt"] * 2


def test_an_unknown_stream_or_sender_stops_the_run(send: Send, postmark_server: PostmarkServer, message: Make) -> None:
    with pytest.raises(DeliveryError, match=r"1235 .*does not exist on this server.*\[delivery.postmark\] stream"):
        send(settings_of(postmark_server, stream="other"), message(), *make_recipients(3), secret="good")
    postmark_server.senders = set()
    with pytest.raises(DeliveryError, match="400 The 'From' address you supplied is not a Sender Signature"):
        send(settings_of(postmark_server), message(), *make_recipients(3), secret="good")
    assert postmark_server.mails == []


def test_a_check_finds_a_bad_stream_and_tracking(postmark_server: PostmarkServer) -> None:
    def check(stream: str = "broadcast") -> None:
        with open_provider(settings_of(postmark_server, stream=stream), "good") as opened:
            opened.check()

    check()
    with pytest.raises(DeliveryError, match="422 The message stream for the provided 'ID' was not found"):
        check("other/one")
    postmark_server.streams["inbound"] = {"ID": "inbound", "MessageStreamType": "Inbound", "ArchivedAt": None}
    with pytest.raises(DeliveryError, match="for incoming mail"):
        check("inbound")
    postmark_server.track_opens = True
    with pytest.raises(DeliveryError, match="switch Open Tracking off"):
        check()


def test_an_inactive_recipient_is_suppressed(
    newsroom: NewsroomFolder, postmark_server: PostmarkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTMARK_SERVER_TOKEN", postmark_server.key)
    table = f'[delivery.postmark]\nhost = "{postmark_server.url}"\n'
    newsroom.configure(("[delivery]\n", '[delivery]\nprovider = "postmark"\n'), more=table)
    postmark_server.inactive = {"ada@example.com"}
    report = newsroom.send()
    assert (report.outcomes[Outcome.ACCEPTED], report.outcomes[Outcome.REFUSED]) == (len(postmark_server.mails), 1)
    with Database.open_to_read(f"sqlite:///{newsroom.path / 'ledger.sqlite3'}") as database:
        assert [(one.email, one.reason) for one in database.suppressions.list_all()] == [("ada@example.com", "bounced")]
