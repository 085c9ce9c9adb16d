"""Merge fields and their tokens."""

from typing import get_args

from digest.core.merge_fields import MERGE_FIELDS, TOKEN_PATTERN, Form, find_merge_fields, merge_field_token


def test_tokens_never_change_and_all_differ() -> None:
    assert merge_field_token("email", "html") == "xtok1dfa812269x"
    tokens = [merge_field_token(name, form) for name in MERGE_FIELDS for form in get_args(Form)]
    assert len(set(tokens)) == len(tokens)
    assert all(TOKEN_PATTERN.fullmatch(token) for token in tokens)


def test_merge_fields_are_found_by_their_form() -> None:
    html = f"<p>{merge_field_token('email', 'html')} {merge_field_token('name', 'text')}</p>"
    text = f"Dear {merge_field_token('name', 'text')}"
    found = {(field.name, field.form): field.token for field in find_merge_fields(html=html, text=text)}
    assert found == {
        ("email", "html"): merge_field_token("email", "html"),
        ("name", "text"): merge_field_token("name", "text"),
        ("unsubscribe_url", "text"): merge_field_token("unsubscribe_url", "text"),  # the header has it
    }
