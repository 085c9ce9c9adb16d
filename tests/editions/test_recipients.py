"""Merge field values: the preferences link."""

import re

from tests.mails import parse_mail, read_texts
from tests.newsroom_folder import NewsroomFolder


def test_each_reader_has_a_preferences_link_in_their_own_language(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='preferences_url = "https://www.example.com/me?u={email}&t={token}"\n')
    newsroom.subscribe("ada@example.com,Ada", "uwe@example.org,Uwe,,,,de")
    newsroom.send()
    mails = {parse_mail(mail)["To"].addresses[0].addr_spec: read_texts(parse_mail(mail)) for mail in newsroom.mails()}
    links = {re.findall(r"https://www.example.com/me\S+", mails[reader][0])[0] for reader in mails}
    assert len(links) == 2
    assert all("u=ada%40example.com&t=" in link or "u=uwe%40example.org&t=" in link for link in links)
    assert "Preferences: https://" in mails["ada@example.com"][0]
    assert "Einstellungen: https://" in mails["uwe@example.org"][0]
    assert ">Einstellungen</a>" in mails["uwe@example.org"][1]


def test_without_a_preferences_page_there_is_no_link(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    assert "Preferences" not in "".join(read_texts(parse_mail(newsroom.mails()[0])))
