"""A draft's TOML text: of a new one, and changed with care for what people wrote in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest import editorial
from digest.drafts.reading import parsed
from digest.drafts.values import Approval, Contents, Draft, Edited, Edits
from digest.errors import DraftError
from digest.models import Article
from digest.sources.clean import one_line

_HEAD = """\
# {what}, as it will be sent.
#
# Yours to change: the order of sections and stories, headlines, excerpts, the subject, the note. `hide = true` in a
# story leaves it out. A story moves with its whole block. See what comes of it with `digest preview --{cadence}`.

subject = {subject}   # empty: the headline of the lead
preheader = {preheader}   # the line after the subject in an inbox; empty: the next headlines
lead = {lead}   # the url of the story at the top
note = \"\"\"
\"\"\"   # a few words of yours above the lead, in Markdown
"""


def written(contents: Contents, what: str, cadence: str, now: datetime, folder: Path) -> str:
    """The text of a new draft."""
    lead = contents.lead.url or contents.lead.guid or contents.lead.headline
    parts = [
        _HEAD.format(
            what=what,
            cadence=cadence,
            subject=_toml(contents.subject),
            preheader=_toml(contents.preheader),
            lead=_toml(lead),
        )
    ]
    for name, stories in contents.sections:
        parts.append(f"\n[[sections]]\nname = {_toml(name)}\n")
        parts += [_block("sections.stories", _facts(story, folder)) for story in stories]
    parts.append("\n# How it came about, for digest itself.\n")
    parts += _made(contents, now)
    return "".join(parts)


def _made(contents: Contents, now: datetime) -> Iterator[str]:
    window = contents.window
    yield f"[made]\nat = {_toml(now)}\nstart = {_toml(window.start)}\nend = {_toml(window.end)}\n"
    for reading in contents.readings:
        told: dict[str, object] = {
            "name": reading.source,
            "start": reading.window.start,
            "end": reading.window.end,
            "failed": reading.failed,
        }
        yield _block("made.sources", told)
    for left in contents.copies:
        copy = left.article
        yield _block(
            "made.copies",
            {
                "same_as": left.same_as,
                "headline": copy.headline,
                "url": copy.url,
                "source": copy.source,
                "guid": copy.guid,
            },
        )


def _facts(article: Article, folder: Path) -> dict[str, object]:
    """A story's keys and values, those that people change first."""
    picture = article.image
    return {
        "headline": article.headline,
        "excerpt": article.summary,
        "url": article.url,
        "published": article.published and article.published.replace(microsecond=0),
        "categories": list(article.categories),
        "authors": [{"name": author.name, "role": author.role} for author in article.authors if author.name],
        "image": picture
        and {
            "url": picture.url,
            "file": _relative(picture.file, folder) if picture.file else "",
            "alt": picture.alt,
            "width": picture.width,
            "height": picture.height,
        },
        "source": article.source,
        "guid": article.guid if article.guid != article.url else "",
        "language": article.language,
        "also_in": list(article.also_in),
    }


def _relative(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)


def _block(header: str, facts: dict[str, object]) -> str:
    always = ("headline", "excerpt", "name")
    lines = [f"{key} = {_toml(value)}" for key, value in facts.items() if value or key in always]
    return f"\n[[{header}]]\n" + "".join(f"{line}\n" for line in lines)


def _toml(value: object) -> str:
    """A value as TOML, on one line."""
    import tomlkit

    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items() if inner) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return tomlkit.item(value).as_string()


def with_stories(text: str, contents: Contents, new: Iterable[tuple[str, Article]], now: datetime, folder: Path) -> str:
    """A draft's text with stories at the end of their sections, made as of now; all else is as people left it."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    sections = document.setdefault("sections", tomlkit.aot())
    for name, article in new:
        story = tomlkit.parse(_block("x", _facts(article, folder)))["x"][0]
        section = next((table for table in sections if one_line(table["name"]) == name), None)
        if section is None:
            section = tomlkit.table()
            section["name"] = name
            sections.append(section)
            section = sections[-1]
        if "stories" not in section:
            section["stories"] = tomlkit.aot()
        section["stories"].append(story)
    document["made"] = tomlkit.parse("".join(_made(contents, now)))["made"]
    return tomlkit.dumps(document)


def with_edits(text: str, edits: Edits, file: Path, folder: Path) -> str:
    """A draft's text with an editor's changes, all else as people left it; stories they do not name are hidden.

    Raises:
        DraftError: the text is no draft, or the edits name a story that is not in it.
    """
    import tomlkit

    draft = parsed(text, file, folder)
    document: Any = tomlkit.parse(text)
    leading = next((story for story in draft.articles if editorial.identify(story) == edits.lead), None)
    titles = {story.identity: story.headline for _, stories in edits.sections for story in stories}
    lead = (leading.url or leading.guid or titles.get(edits.lead, leading.headline)) if leading else ""
    for key, value in (
        ("subject", edits.subject),
        ("preheader", edits.preheader),
        ("lead", lead),
        ("note", edits.note),
    ):
        if document.get(key, "") != value:
            document[key] = tomlkit.string(value, multiline="\n" in value)
    document["sections"] = _arranged(document, draft, edits, file)
    return tomlkit.dumps(document)


def _arranged(document: Any, draft: Draft, edits: Edits, file: Path) -> Any:
    """The sections of a draft's document in the order of the edits, made of what is there."""
    import tomlkit

    blocks = [block for section in document.get("sections", ()) for block in section.get("stories", ())]
    left = dict(zip(map(editorial.identify, draft.articles), blocks, strict=True))
    headers = {one_line(section["name"]): section for section in document.get("sections", ())}
    arranged = tomlkit.aot()
    for name, stories in edits.sections:
        inside = tomlkit.aot()
        for story in stories:
            block = left.pop(story.identity, None)
            if block is None:
                raise DraftError(f"`{story.headline}` is not in it, or twice", where=str(file))
            _change(block, story)
            inside.append(block)
        arranged.append(_section(name, headers.pop(name, None), inside))
    for block in left.values():
        block["hide"] = True
    if left:
        arranged.append(_section(edits.sections[-1][0] if edits.sections else "Hidden", None, tomlkit.aot()))
        arranged[-1]["stories"] = tomlkit.aot()
        for block in left.values():
            arranged[-1]["stories"].append(block)
    return arranged


def _section(name: str, old: Any, stories: Any) -> Any:
    """A section's table: the old one, with what people wrote beside its name, where there is one."""
    import tomlkit

    section = old if old is not None else tomlkit.table()
    if old is None:
        section["name"] = name
    section.pop("stories", None)
    if stories:
        section["stories"] = stories
    return section


def _change(block: Any, story: Edited) -> None:
    for key, value in (("headline", story.headline), ("excerpt", story.excerpt)):
        if block.get(key, "").strip() != value:
            block[key] = value
    if story.hide:
        block["hide"] = True
    else:
        block.pop("hide", None)


def with_approval(text: str, approval: Approval) -> str:
    """A draft's text with who approved it; all else as people left it."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    document["approval"] = {"by": approval.by, "at": approval.at, "sha256": approval.sha256}
    return tomlkit.dumps(document)
