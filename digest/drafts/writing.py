"""A draft's TOML text: of a new one, and changed with care for what people wrote in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from digest import editorial
from digest.core.text import clean_line
from digest.drafts.blocks import SECTION, STORY, Block, Blocks, Part, cut
from digest.drafts.reading import parsed
from digest.drafts.values import Approval, Contents, Draft, Edited, EditedSection, Edits
from digest.errors import DraftError
from digest.models import Article

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


def with_stories(text: str, contents: Contents, new: Iterable[tuple[str, Article]], now: datetime, file: Path) -> str:
    """A draft's text with stories at the end of their sections, made as of now; all else is as people left it.

    Raises:
        DraftError: its sections or stories are written inline.
    """
    blocks = cut(text, str(file))
    parts = list(blocks.parts)
    for name, article in new:
        story = Block(STORY, "\n", _block("sections.stories", _facts(article, file.parent.parent)).lstrip("\n"))
        at = next((at for at, part in enumerate(parts) if _name(part) == name), None)
        if at is None:
            parts.append(Part(_section(name), (story,)))
        else:
            parts[at] = replace(parts[at], stories=(*parts[at].stories, story))
    # With their own sections, what was made is told anew, under the same words of comment.
    after = [block for block in blocks.after if block.path[:1] != ("made",)]
    before = [block for block in blocks.before if block.path[:1] != ("made",)]
    made = next(block for block in (*blocks.before, *blocks.after) if block.path[:1] == ("made",))
    made = replace(made, above=made.above or "\n", text="".join(_made(contents, now)))
    return str(Blocks(tuple(before), tuple(parts), (made, *after)))


def edits_of(draft: Draft) -> Edits:
    """A draft as an editor's edits that change nothing."""
    lead = next((editorial.identify(story) for story in draft.articles if story.pinned), "")
    return Edits(
        subject=draft.subject,
        preheader=draft.preheader,
        note=_text(draft.note),
        lead=lead,
        sections=tuple(
            EditedSection(
                name,
                tuple(
                    Edited(identity, story.headline, story.summary, identity in draft.hides)
                    for story in draft.articles
                    if story.section == name
                    for identity in [editorial.identify(story)]
                ),
                was=name,
            )
            for name in draft.sections
        ),
    )


def with_edits(text: str, edits: Edits, file: Path, folder: Path) -> str:
    """A draft's text with an editor's changes, all else as people left it; stories they do not name stay as they are.

    Raises:
        DraftError: the text is no draft, the edits name a story that is not in it, or they cannot be written into it.
    """
    draft = parsed(text, file, folder)
    present = edits_of(draft)
    if edits == present:
        return text
    blocks = cut(text, str(file))
    changed = replace(blocks, before=_top(blocks, draft, edits, present), parts=_arranged(blocks, draft, edits, file))
    result = str(changed)
    if not _says(parsed(result, file, folder), edits):
        what = "it is laid out in a way that these changes cannot be written into"
        raise DraftError(what, location=str(file), hint="change the file yourself")
    return result


def _text(note: str) -> str:
    return note.replace("\r\n", "\n").strip()


def _top(blocks: Blocks, draft: Draft, edits: Edits, present: Edits) -> tuple[Block, ...]:
    """The keys at the top with those changed that an editor changed."""
    leading = next((story for story in draft.articles if editorial.identify(story) == edits.lead), None)
    titles = {story.identity: story.headline for section in edits.sections for story in section.stories}
    lead = (leading.url or leading.guid or titles.get(edits.lead, leading.headline)) if leading else ""
    # A lead that only its headline names is named anew where that changes.
    renamed = leading is not None and not (leading.url or leading.guid) and lead != leading.headline
    values: dict[str, object] = {
        "subject": edits.subject if edits.subject != present.subject else None,
        "preheader": edits.preheader if edits.preheader != present.preheader else None,
        "note": edits.note if edits.note != present.note else None,
        "lead": lead if edits.lead != present.lead or renamed else None,
    }
    values = {key: value for key, value in values.items() if value is not None}
    if not values:
        return blocks.before
    top = blocks.before[0] if blocks.before and not blocks.before[0].path else Block((), "", "")
    rest = blocks.before[1:] if blocks.before and not blocks.before[0].path else blocks.before
    return (top.with_values(values), *rest)


def _arranged(blocks: Blocks, draft: Draft, edits: Edits, file: Path) -> tuple[Part, ...]:
    """The sections in the order of the edits, made of the blocks that are there."""
    inside = [block for part in blocks.parts for block in part.stories]
    left = dict(zip(map(editorial.identify, draft.articles), inside, strict=True))
    filed = {editorial.identify(story): story for story in draft.articles}
    heads: dict[str, Block] = {}
    for part in blocks.parts:
        heads.setdefault(_name(part), part.head)
    parts: list[Part] = []
    for section in edits.sections:
        stories = []
        for story in section.stories:
            block = left.pop(story.identity, None)
            if block is None:
                raise DraftError(f"`{story.headline}` is not in it, or twice", location=str(file))
            stories.append(_changed(block, filed[story.identity], story, hidden=story.identity in draft.hides))
        head = heads.pop(section.was, None) or _section(section.name)
        if section.name != (section.was or section.name):
            head = head.with_values({"name": section.name})
        parts.append(Part(head, tuple(stories)))
    # What somebody else has added meanwhile, and these edits do not know of, stays where it is.
    at = {section.was or section.name: number for number, section in enumerate(edits.sections)}
    for identity, block in left.items():
        name = filed[identity].section
        if name not in at:
            at[name] = len(parts)
            parts.append(Part(heads.get(name) or _section(name)))
        parts[at[name]] = replace(parts[at[name]], stories=(*parts[at[name]].stories, block))
    return tuple(parts)


def _name(part: Part) -> str:
    name: str = tomllib.loads(part.head.text)["sections"][0]["name"]
    return clean_line(name)


def _section(name: str) -> Block:
    return Block(SECTION, "\n", f"[[sections]]\nname = {_toml(name)}\n")


def _changed(block: Block, now: Article, wanted: Edited, *, hidden: bool) -> Block:
    values: dict[str, object] = {}
    if wanted.headline != now.headline:
        values["headline"] = wanted.headline
    if wanted.excerpt != now.summary:
        values["excerpt"] = wanted.excerpt
    if wanted.hide != hidden:
        values["hide"] = True if wanted.hide else None
    return block.with_values(values) if values else block


def _says(draft: Draft, edits: Edits) -> bool:
    """Whether a draft says all that the edits do; what they do not know of comes after it, section by section."""

    def told(stories: Iterable[Edited]) -> list[tuple[str, str, bool]]:
        return [(story.headline, story.excerpt, story.hide) for story in stories]

    read = edits_of(draft)
    stories = [story for section in edits.sections for story in section.stories]
    leads = [story.headline for story in draft.articles if story.pinned]
    return (
        (read.subject, read.preheader, read.note) == (edits.subject, edits.preheader, edits.note)
        and leads == [story.headline for story in stories if story.identity == edits.lead]
        and [section.name for section in read.sections][: len(edits.sections)] == [each.name for each in edits.sections]
        and all(
            told(there.stories)[: len(wanted.stories)] == told(wanted.stories)
            for there, wanted in zip(read.sections, edits.sections, strict=False)
        )
    )


def with_approval(text: str, approval: Approval) -> str:
    """A draft's text with who approved it; all else as people left it."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    document["approval"] = msgspec.structs.asdict(approval)
    return tomlkit.dumps(document)
