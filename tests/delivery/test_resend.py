"""Resend's batches, and the key by which the same request is not sent twice."""

from typing import Any

import pytest

from digest.delivery import ResendSettings, open_provider
from digest.errors import DeliveryError
from digest.models import InlineImage
from tests.delivery.sample import Make, Send, make_recipients, outcomes
from tests.servers.resend import ResendServer, too_fast

BUSY = (502, b"<html>")


def settings_of(server: ResendServer, **more: Any) -> ResendSettings:
    return ResendSettings(**{"host": server.url, "timeout": 5.0, **more})


def test_a_hundred_mails_are_one_request(send: Send, resend_server: ResendServer, message: Make) -> None:
    receipts = send(settings_of(resend_server), message(), *make_recipients(150), secret="good")
    assert [len(request) for request in resend_server.requests] == [100, 50]
    assert set(outcomes(receipts)) == {"accepted"}
    assert receipts[7].detail == "ae2014de-c168-4c61-8267-000000000008"
    mail = resend_server.mails[7]
    assert mail["To"] == "Reader 7 <reader7@example.com>"
    assert mail["tags"] == [{"name": "recipient", "value": receipts[7].recipient.message_id.partition("@")[0]}]


def test_pictures_go_one_by_one(send: Send, resend_server: ResendServer, message: Make, picture: InlineImage) -> None:
    resend_server.invalid = {"reader1@example.com"}
    receipts = send(settings_of(resend_server), message(images=(picture,)), *make_recipients(4), secret="good")
    assert [type(request) for request in resend_server.requests] == [dict] * 4
    assert outcomes(receipts) == ["accepted", "refused", "accepted", "accepted"]
    assert receipts[1].bounced


def test_a_bad_address_does_not_stop_the_other_mails(send: Send, resend_server: ResendServer, message: Make) -> None:
    for permissive in (True, False):  # whether it honours the request's header
        resend_server.permissive = permissive
        resend_server.known.clear()
        resend_server.mails.clear()
        resend_server.invalid = {"reader1@example.com", "reader4@example.com"}
        receipts = send(settings_of(resend_server), message(), *make_recipients(6), secret="good")
        assert outcomes(receipts) == ["accepted", "refused", "accepted", "accepted", "refused", "accepted"]
        assert "5.1.3 Invalid `to` field" in receipts[1].detail
        assert receipts[1].bounced
        assert len(resend_server.mails) == 4


@pytest.mark.parametrize("pictures", [0, 1])
def test_a_request_without_a_response_is_repeated_and_nobody_gets_two_mails(
    send: Send, resend_server: ResendServer, message: Make, picture: InlineImage, pictures: int
) -> None:
    resend_server.lose = 1
    mail = message(images=(picture,) * pictures)
    receipts = send(settings_of(resend_server), mail, *make_recipients(3), secret="good")
    assert outcomes(receipts) == ["accepted"] * 3
    assert len(resend_server.mails) == 3


def test_a_request_is_repeated_only_once(send: Send, resend_server: ResendServer, message: Make) -> None:
    people = make_recipients(3)
    for answers, outcome in (([BUSY], "accepted"), ([BUSY, BUSY], "in_doubt"), ([BUSY, (429, {})], "in_doubt")):
        resend_server.known.clear()
        resend_server.answers = list(answers)
        receipts = send(settings_of(resend_server), message(), *people, secret="good")
        assert outcomes(receipts) == [outcome] * 3
    resend_server.answers = [BUSY, (401, {"message": "revoked"})]
    receipts = send(settings_of(resend_server), message(), *people, secret="good")
    assert outcomes(receipts) == ["in_doubt"] * 3, "nobody may say that nobody was sent anything"


def test_the_same_batch_again_is_not_sent_again(send: Send, resend_server: ResendServer, message: Make) -> None:
    people = make_recipients(3)
    first = send(settings_of(resend_server), message(), *people, secret="good")
    assert send(settings_of(resend_server), message(), *people, secret="good") == first
    assert len(resend_server.mails) == 3
    receipts = send(settings_of(resend_server), message(subject="Another"), *people, secret="good")
    assert outcomes(receipts) == ["in_doubt"] * 3
    assert "409: This idempotency key has been used" in receipts[0].detail
    assert len(resend_server.mails) == 3


def test_a_short_delay_is_waited_for(
    send: Send, resend_server: ResendServer, message: Make, picture: InlineImage
) -> None:
    resend_server.answers = [None, too_fast()]
    receipts = send(settings_of(resend_server), message(images=(picture,)), *make_recipients(3), secret="good")
    assert outcomes(receipts) == ["accepted"] * 3
    resend_server.answers = [too_fast(), too_fast()]
    receipts = send(settings_of(resend_server), message(), *make_recipients(2), secret="good")
    assert outcomes(receipts) == ["deferred"] * 2
    assert receipts[0].retry_after == 1


def test_a_half_that_was_sent_is_not_sent_again(send: Send, resend_server: ResendServer, message: Make) -> None:
    resend_server.answers = [(413, {"message": "large"}), None, too_fast(), too_fast()]
    receipts = send(settings_of(resend_server), message(), *make_recipients(4), secret="good")
    assert outcomes(receipts) == ["accepted"] * 2 + ["deferred"] * 2
    assert [len(request) for request in resend_server.requests] == [2]


def test_a_check_finds_bad_domains_and_tracking(resend_server: ResendServer) -> None:
    def check() -> None:
        with open_provider(settings_of(resend_server), "good") as opened:
            opened.check()

    check()
    resend_server.domains = [{"name": "example.com", "status": "pending"}]
    with pytest.raises(DeliveryError, match="no verified domain"):
        check()
    resend_server.domains = [{"name": "example.com", "status": "verified", "click_tracking": True}]
    with pytest.raises(DeliveryError, match="switch open and click tracking off"):
        check()
    resend_server.sending_key = True
    check()
