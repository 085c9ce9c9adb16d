"""Renders the TOML text of a new draft, and of the parts that are added to one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from digest.drafts.model import DraftContents
from digest.models import Article

_HEAD = """\
# {title}, as it will be sent.
#
# You can change the order of sections and stories, headlines, excerpts, the subject and the note. To leave a story
# out, add `hide = true` to it. To move a story, move its whole block. See the result with `digest preview --{cadence}`.

subject = {subject}   # empty: the headline of the lead story
preheader = {preheader}   # the line after the subject in an inbox; empty: the next headlines
lead = {lead}   # the url of the story at the top
note = \"\"\"
\"\"\"   # a few words of your own above the lead story, in Markdown
"""

_REQUIRED_KEYS = ("headline", "excerpt", "name")
"""Written even when empty, so that an editor sees where to fill them in."""


def render_draft(contents: DraftContents, title: str, cadence: str, now: datetime, folder: Path) -> str:
    """Return the text of a new draft; paths of images are written relative to `folder`."""
    lead = contents.lead.url or contents.lead.guid or contents.lead.headline
    parts = [
        _HEAD.format(
            title=title,
            cadence=cadence,
            subject=format_value(contents.subject),
            preheader=format_value(contents.preheader),
            lead=format_value(lead),
        )
    ]
    for name, stories in contents.sections:
        parts.append("\n" + render_section(name))
        parts += ["\n" + render_story(story, folder) for story in stories]
    parts.append("\n# How this draft was made. digest needs this part: leave it as it is.\n")
    parts.append(render_made(contents, now))
    return "".join(parts)


def render_section(name: str) -> str:
    """Return the text of a section without its stories."""
    return f"[[sections]]\nname = {format_value(name)}\n"


def render_story(article: Article, folder: Path) -> str:
    """Return the text of a story; the keys that people change come first."""
    image = article.image
    return _render_table(
        "sections.stories",
        {
            "headline": article.headline,
            "excerpt": article.summary,
            "url": article.url,
            "published": article.published and article.published.replace(microsecond=0),
            "categories": list(article.categories),
            "authors": [{"name": author.name, "role": author.role} for author in article.authors if author.name],
            "image": image
            and {
                "url": image.url,
                "file": _relative_path(image.file, folder) if image.file else "",
                "alt": image.alt,
                "width": image.width,
                "height": image.height,
            },
            "source": article.source,
            "guid": article.guid if article.guid != article.url else "",
            "language": article.language,
            "also_in": list(article.also_in),
        },
    )


def render_made(contents: DraftContents, now: datetime) -> str:
    """Return the text of `[made]`: when the draft was made, from which windows, and the copies of its stories."""
    window = contents.window
    start, end = format_value(window.start), format_value(window.end)
    parts = [f"[made]\nat = {format_value(now)}\nstart = {start}\nend = {end}\n"]
    for source in contents.source_windows:
        values = {
            "name": source.source,
            "start": source.window.start,
            "end": source.window.end,
            "failed": source.failed,
        }
        parts.append("\n" + _render_table("made.sources", values))
    for left_out in contents.copies:
        copy = left_out.article
        values = {
            "same_as": left_out.same_as,
            "headline": copy.headline,
            "url": copy.url,
            "source": copy.source,
            "guid": copy.guid,
        }
        parts.append("\n" + _render_table("made.copies", values))
    return "".join(parts)


def format_value(value: object) -> str:
    """Return a value as TOML, on one line; times are in UTC."""
    import tomlkit

    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {format_value(inner)}" for key, inner in value.items() if inner) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(format_value, value)) + "]"
    return tomlkit.item(value).as_string()


def _render_table(header: str, values: Mapping[str, object]) -> str:
    lines = [f"{key} = {format_value(value)}" for key, value in values.items() if value or key in _REQUIRED_KEYS]
    return f"[[{header}]]\n" + "".join(f"{line}\n" for line in lines)


def _relative_path(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)
