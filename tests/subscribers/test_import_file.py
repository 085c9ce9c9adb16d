"""Exports of other newsletter services, as they write them."""

from pathlib import Path

import pytest

from digest.errors import SubscribersError
from digest.models import Problem
from digest.subscribers.import_file import Export, read_addresses, read_export
from digest.subscribers.import_plan import ImportedSubscriber


def read(tmp_path: Path, text: str, *sections: str, name: str = "export.csv") -> tuple[Export, list[str]]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    export = read_export(file, sections, problems.append)
    return export, [str(problem).removeprefix(f"{file}:") for problem in problems]


def statuses(export: Export) -> dict[str, str]:
    return {email.partition("@")[0]: reader.status for email, reader in export.readers.items()}


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ("Email Address,First Name,Last Name", "ada@example.com, Ada , Penhale ", "Ada Penhale"),
        ("Email,Name,Surname", "ada@example.com,Ada, Penhale ", "Ada Penhale"),
        ("email,name,last_name", "ada@example.com,Ada Penhale,Penhale", "Ada Penhale"),
        ("email,first_name", "ada@example.com,Ada", "Ada"),
        ("Adresse e-mail;Prénom;Nom", "ada@example.com;Ada;Penhale", "Ada Penhale"),
        ("E-Mail-Adresse\tVorname\tNachname", "ada@example.com\tAda\tPenhale", "Ada Penhale"),
        ("Email, First name, Last name", 'ada@example.com, "Ada", "Penhale"', "Ada Penhale"),
        ("FirstName,LastName,EmailAddress", "Ada,Penhale,ada@example.com", "Ada Penhale"),
    ],
)
def test_columns_are_recognised_by_many_names(tmp_path: Path, header: str, row: str, name: str) -> None:
    export, problems = read(tmp_path, f"{header}\n{row}\n")
    assert export.readers == {"ada@example.com": ImportedSubscriber(2, "active", {"name": name})}
    assert problems == []


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        # Ghost
        (
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers",
            {
                "1,in@example.com,A,,true,false,,2026-01-01T00:00:00.000Z,,,": "active",
                "2,out@example.com,A,,false,false,,2026-01-01T00:00:00.000Z,,,": "unsubscribed",
                "3,gone@example.com,A,,true,false,,2026-01-01T00:00:00.000Z,2026-02-01T00:00:00.000Z,,": "unsubscribed",
            },
        ),
        # Substack: an active subscription is one that is paid for
        (
            "email,active_subscription,expiry,email_disabled,created_at",
            {"in@example.com,false,,false,2018": "active", "out@example.com,true,2030,true,2018": "unsubscribed"},
        ),
        # Buttondown
        (
            "email_address,notes,tags,type,unsubscription_date",
            {
                "in@example.com,,,regular,": "active",
                "paying@example.com,,,past_due,": "active",
                "new@example.com,,,unactivated,": "pending",
                "out@example.com,,,unsubscribed,2026-01-01": "unsubscribed",
                "bad@example.com,,,undeliverable,": "bounced",
            },
        ),
        # listmonk
        (
            "uuid,email,name,attributes,status,created_at,updated_at",
            {
                '1,in@example.com,A,"{""age"": 29}",enabled,,': "active",
                "2,out@example.com,A,{},blocklisted,,": "unsubscribed",
            },
        ),
        # Kit; a state may be one of the United States
        (
            "id,first_name,email_address,state,created_at",
            {
                "1,A,in@example.com,active,": "active",
                "2,A,out@example.com,cancelled,": "unsubscribed",
                "3,A,bad@example.com,bounced,": "bounced",
                "4,A,angry@example.com,complained,": "complained",
                "5,A,west@example.com,California,": "active",
            },
        ),
        # MailPoet: two columns, and the more restrictive counts
        (
            "Email,First name,Last name,List status,Global status",
            {
                "in@example.com,A,B,Subscribed,Subscribed": "active",
                "new@example.com,A,B,Subscribed,Unconfirmed": "pending",
                "out@example.com,A,B,Unsubscribed,Subscribed": "unsubscribed",
            },
        ),
        # Mailchimp, the files of unsubscribed and of bounced readers
        (
            "Email Address,UNSUB_TIME,UNSUB_REASON,LEID,EUID",
            {"out@example.com,2026-01-01 00:00:00,,1,x": "unsubscribed"},
        ),
        ("Email Address,CLEAN_TIME,LEID,EUID", {"bad@example.com,2026-01-01 00:00:00,1,x": "bounced"}),
        # beehiiv and others
        (
            "email,status,unsubscribed_at,Subscribed,bounced,complained_at",
            {
                "in@example.com,active,,2025-01-01,false,": "active",
                "in2@example.com,active,0000-00-00 00:00:00,yes,0,null": "active",
                "out@example.com,inactive,,,,": "unsubscribed",
                "out2@example.com,active,2026-01-01,,,": "unsubscribed",
                "out3@example.com,active,,No,,": "unsubscribed",
                "out4@example.com,active,,Unsubscribed,,": "unsubscribed",
                "bad@example.com,active,2026-01-01,,true,": "bounced",
                "angry@example.com,inactive,,,true,2026-01-01": "complained",
            },
        ),
    ],
)
def test_a_reader_s_status_is_recognised_in_many_forms(tmp_path: Path, header: str, rows: dict[str, str]) -> None:
    export, _ = read(tmp_path, "\n".join([header, *rows]))
    assert [reader.status for reader in export.readers.values()] == list(rows.values())
    assert export.left_out == 0


def test_an_unknown_status_skips_the_row_but_not_another_row_s_opt_out(tmp_path: Path) -> None:
    export, problems = read(
        tmp_path, "email,status,unsubscribed_at\na@example.com,4,\nb@example.com,4,2026-01-01\nc@example.com,active,\n"
    )
    assert statuses(export) == {"b": "unsubscribed", "c": "active"}
    assert problems == ["2: unknown status `4`; left out; known: active, pending, unsubscribed, bounced, complained"]
    assert export.left_out == 1


def test_mailchimp_s_customers_who_never_subscribed_get_no_mail(tmp_path: Path) -> None:
    text = "Email Address,LEID,EUID\nshop@example.com,1,x\n"
    assert statuses(read(tmp_path, text, name="nonsubscribed_email_audience_export_1.csv")[0]) == {"shop": "pending"}
    assert statuses(read(tmp_path, text, name="subscribed_email_audience_export_1.csv")[0]) == {"shop": "active"}


@pytest.mark.parametrize(
    "tags", ['"Science, VIP"', '"""science"",""VIP"""', '"[""Science"", ""VIP""]"', "VIP | Science"]
)
def test_tags_become_categories_if_the_newsroom_has_a_section_of_that_name(tmp_path: Path, tags: str) -> None:
    export, problems = read(tmp_path, f"email,tags\nada@example.com,{tags}\n", "Science", "City")
    assert export.readers["ada@example.com"].values == {"categories": "Science"}
    assert problems == ["1: tags not imported: VIP; add those that are sections to [sections] order, then import again"]


def test_our_own_columns_are_read_unchanged(tmp_path: Path) -> None:
    export, problems = read(
        tmp_path,
        "email,name,categories,cadence,timezone,language,status,suppressed\n"
        "ada@example.com,Ada,World|Chess,weekdays,Asia/Tokyo,pt_br,active,\n"
        "gone@example.com,,,daily,,,active,complained\n",
    )
    assert export.readers == {
        "ada@example.com": ImportedSubscriber(
            2,
            "active",
            {
                "name": "Ada",
                "categories": "World|Chess",
                "cadence": "weekdays",
                "timezone": "Asia/Tokyo",
                "language": "pt-BR",
            },
        ),
        "gone@example.com": ImportedSubscriber(3, "complained", {}),
    }
    assert problems == []


def test_several_rows_of_a_reader_are_merged_and_the_most_restrictive_status_counts(tmp_path: Path) -> None:
    export, _ = read(
        tmp_path,
        "Email,Name,List,Status\nada@example.com,,News,subscribed\nADA@example.com,Ada,Sport,unsubscribed\n"
        "ada@example.com,Other,Chess,subscribed\n",
    )
    assert export.readers == {"ada@example.com": ImportedSubscriber(2, "unsubscribed", {"name": "Ada"})}
    assert (export.repeated, export.left_out) == (2, 0)


def test_whatever_is_not_imported_is_reported_with_its_line(tmp_path: Path) -> None:
    export, problems = read(
        tmp_path,
        "Email,Company,Timezone\nnobody,X,\nada@example.com,Y,Mars/Olympus\nzoe@example.com,a,b,c,d\n\n,Z,\n",
    )
    assert list(export.readers) == ["ada@example.com"]
    assert export.left_out == 3
    assert [line.partition(": ")[0] for line in problems] == ["2", "3", "4", "6", "1"]
    assert problems[-1] == "1: columns not imported: company"


@pytest.mark.parametrize("text", ["name,shoe\nAda,38\n", "ada@example.com\nzoe@example.com\n", ""])
def test_a_file_without_an_email_column_is_refused_with_a_hint(tmp_path: Path, text: str) -> None:
    with pytest.raises(SubscribersError, match=r"no `email` column|is empty") as caught:
        read(tmp_path, text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "Gone@example.com\nbad@example.com,bounced\nangry@example.com,Spam complaint\n",
        "# who wrote to us\ngone@example.com\n\nbad@example.com;hard bounce\nangry@example.com;complained\n",
        "Email,Reason,Created\ngone@example.com,,1\nbad@example.com,Hard_Bounce,2\nangry@example.com,abuse,3\n",
        "Email Address,Status\ngone@example.com,unsubscribed\nbad@example.com,cleaned\nangry@example.com,complained\n",
    ],
)
def test_addresses_to_suppress_come_in_a_list_or_in_a_table(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gone.txt"
    file.write_text(text)
    found = dict(row for row in read_addresses(file) if not isinstance(row, Problem))
    assert found.pop("gone@example.com") in (None, "unsubscribed")
    assert found == {"bad@example.com": "bounced", "angry@example.com": "complained"}


def test_an_unreadable_row_loses_only_its_own_address_and_a_table_without_addresses_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gone.csv"
    file.write_text('email\n"ada@example.com\nzoe@example.com\n')
    rows = list(read_addresses(file))
    assert [isinstance(row, Problem) for row in rows] == [True, False]
    file.write_text("name,shoe\nAda,38\n")
    with pytest.raises(SubscribersError, match="no `email` column"):
        list(read_addresses(file))


def test_reasons_in_other_words_and_active_rows_are_recognised(tmp_path: Path) -> None:
    file = tmp_path / "bounces.csv"
    file.write_text("email,reason,status\nbad@example.com,550 5.1.1 unknown,5.1.1\nin@example.com,,active\nnobody,,\n")
    rows = list(read_addresses(file))
    assert rows[0] == ("bad@example.com", None)
    assert [str(row).partition(":")[2].partition(";")[0] for row in rows[1:]] == [
        "3: in@example.com is `active` there",
        "4: `nobody` is not a valid email address: An email address must have an @-sign",
    ]


@pytest.mark.parametrize(
    ("text", "readers", "left_out", "expected"),
    [
        (  # Curated: only addresses and campaign columns; two addresses are truncated
            (
                "Email Address,Subscribed at,UTM Source\nada@example.com,2026-02-04 07:55:20 +0000,\n"
                "kenji.ota@exam,2026-02-03 22:49:24 +0000,\nzo,2026-02-03 19:56:53 +0000,\n"
            ),
            {"ada@example.com": ImportedSubscriber(2, "active", {})},
            2,
            [
                "3: `kenji.ota@exam` is not a valid email address: The part after the @-sign is not valid. It should have a period; left out",
                "4: `zo` is not a valid email address: An email address must have an @-sign; left out",
                "1: columns not imported: subscribed at, utm source",
            ],
        ),
        (  # TinyNews: statuses are numbers whose meaning the file does not give
            (
                '"Channel id",Status,Tags,Email,Name,Surname\n7,1,,ada@example.com,"Ada Penhale",\n'
                '7,4,"VIP,City",zoe@example.com,Zoë, Brandão \n'
            ),
            {},
            2,
            [
                "2: unknown status `1`; left out; known: active, pending, unsubscribed, bounced, complained",
                "3: unknown status `4`; left out; known: active, pending, unsubscribed, bounced, complained",
                "1: columns not imported: channel id",
                "1: tags not imported: VIP; add those that are sections to [sections] order, then import again",
            ],
        ),
        (  # Mailchimp: the "cleaned" file, of addresses that bounced
            (
                "Email Address,First Name,Last Name,OPTIN_TIME,CLEAN_TIME,EUID,TAGS\n"
                'ada@example.com, Ada , Penhale ,2026-02-05 19:28:23,2026-03-23 17:30:05,,"""City"""\n'
            ),
            {"ada@example.com": ImportedSubscriber(2, "bounced", {"name": "Ada Penhale", "categories": "City"})},
            0,
            ["1: columns not imported: optin_time, euid"],
        ),
        (  # Keila
            (
                "Email,First name,Last name,Status\nada@example.com,Zoë,Þorláksson,active\n"
                "out@example.com,A,B,unsubscribed\nbad@example.com,A,B,unreachable\n"
            ),
            {
                "ada@example.com": ImportedSubscriber(2, "active", {"name": "Zoë Þorláksson"}),
                "out@example.com": ImportedSubscriber(3, "unsubscribed", {"name": "A B"}),
                "bad@example.com": ImportedSubscriber(4, "bounced", {"name": "A B"}),
            },
            0,
            [],
        ),
        (  # MailPoet: a byte order mark, and every field quoted
            '\ufeff"Email","First name","Last name"\r\n"ada@example.com","Ada","Penhale"\r\n',
            {"ada@example.com": ImportedSubscriber(2, "active", {"name": "Ada Penhale"})},
            0,
            [],
        ),
        (  # listmonk
            'email,name,attributes\nada@example.com,Ada Penhale,"{""age"": 29, ""city"": ""Example City""}"\n',
            {"ada@example.com": ImportedSubscriber(2, "active", {"name": "Ada Penhale"})},
            0,
            ["1: columns not imported: attributes"],
        ),
    ],
    ids=["curated", "tinynews", "mailchimp", "keila", "mailpoet", "listmonk"],
)
def test_an_export_is_imported_and_each_skipped_row_is_reported(
    tmp_path: Path, text: str, readers: dict[str, ImportedSubscriber], left_out: int, expected: list[str]
) -> None:
    export, problems = read(tmp_path, text, "City")
    assert (export.readers, export.left_out, problems) == (readers, left_out, expected)
