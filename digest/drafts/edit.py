"""Changes the text of an existing draft: edits, new stories, an approval. All else stays as people left it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from digest import editorial
from digest.core.text import clean_line
from digest.drafts.blocks import SECTION, STORY, Block, Blocks, SectionBlocks, split_blocks
from digest.drafts.model import Approval, Draft, DraftContents, EditedSection, EditedStory, Edits
from digest.drafts.parse import parse_draft
from digest.drafts.render import render_made, render_section, render_story
from digest.errors import DraftError
from digest.models import Article


def add_stories(
    text: str, contents: DraftContents, new: Iterable[tuple[str, Article]], now: datetime, file: Path
) -> str:
    """Return a draft's text with new stories at the end of their sections, and `[made]` as of now.

    Args:
        text: The draft.
        contents: What a draft made now would be made from.
        new: The stories to add, each with the name of its section.
        now: When they are added.
        file: The draft's file, for messages; paths of images are relative to the folder above it.

    Raises:
        DraftError: its sections or stories are written inline.
    """
    blocks = split_blocks(text, str(file))
    sections = list(blocks.sections)
    for name, article in new:
        story = Block(STORY, "\n", render_story(article, file.parent.parent))
        position = next((index for index, section in enumerate(sections) if _section_name(section) == name), None)
        if position is None:
            sections.append(SectionBlocks(_new_section(name), (story,)))
        else:
            sections[position] = replace(sections[position], stories=(*sections[position].stories, story))
    # [made] has new contents, under the comment that was above it.
    after = [block for block in blocks.after if block.path[:1] != ("made",)]
    before = [block for block in blocks.before if block.path[:1] != ("made",)]
    made = next(block for block in (*blocks.before, *blocks.after) if block.path[:1] == ("made",))
    made = replace(made, above=made.above or "\n", text=render_made(contents, now))
    return str(Blocks(tuple(before), tuple(sections), (made, *after)))


def add_approval(text: str, approval: Approval) -> str:
    """Return a draft's text with its approval."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    document["approval"] = msgspec.structs.asdict(approval)
    return tomlkit.dumps(document)


def to_edits(draft: Draft) -> Edits:
    """Return a draft as edits that change nothing."""
    lead = next((editorial.identify(story) for story in draft.articles if story.pinned), "")
    return Edits(
        subject=draft.subject,
        preheader=draft.preheader,
        note=draft.note.replace("\r\n", "\n").strip(),
        lead=lead,
        sections=tuple(
            EditedSection(
                name,
                tuple(
                    EditedStory(identity, story.headline, story.summary, identity in draft.hidden_ids)
                    for story in draft.articles
                    if story.section == name
                    for identity in [editorial.identify(story)]
                ),
                was=name,
            )
            for name in draft.sections
        ),
    )


def apply_edits(text: str, edits: Edits, file: Path, folder: Path) -> str:
    """Return a draft's text with an editor's changes; stories that the edits do not name stay as they are.

    Raises:
        DraftError: the text is not a draft, the edits name a story that is not in it, or its layout prevents them.
    """
    draft = parse_draft(text, file, folder)
    current = to_edits(draft)
    if edits == current:
        return text
    blocks = split_blocks(text, str(file))
    before = _edit_top_keys(blocks, draft, edits, current)
    result = str(replace(blocks, before=before, sections=_arrange_sections(blocks, draft, edits, file)))
    if not _matches(parse_draft(result, file, folder), edits):
        message = "these changes cannot be written into the file because of its layout"
        raise DraftError(message, location=str(file), hint="change the file yourself")
    return result


def _edit_top_keys(blocks: Blocks, draft: Draft, edits: Edits, current: Edits) -> tuple[Block, ...]:
    """Return the blocks before the sections, with those keys changed that the editor changed."""
    lead_story = next((story for story in draft.articles if editorial.identify(story) == edits.lead), None)
    headlines = {story.identity: story.headline for section in edits.sections for story in section.stories}
    lead = ""
    if lead_story:
        lead = lead_story.url or lead_story.guid or headlines.get(edits.lead, lead_story.headline)
    # A lead that is named by its headline alone must follow a change of that headline.
    is_retitled = lead_story is not None and not (lead_story.url or lead_story.guid) and lead != lead_story.headline
    values: dict[str, object] = {}
    if edits.subject != current.subject:
        values["subject"] = edits.subject
    if edits.preheader != current.preheader:
        values["preheader"] = edits.preheader
    if edits.note != current.note:
        values["note"] = edits.note
    if edits.lead != current.lead or is_retitled:
        values["lead"] = lead
    if not values:
        return blocks.before
    top, rest = Block((), "", ""), blocks.before
    if rest and not rest[0].path:
        top, rest = rest[0], rest[1:]
    return (top.replace_values(values), *rest)


def _arrange_sections(blocks: Blocks, draft: Draft, edits: Edits, file: Path) -> tuple[SectionBlocks, ...]:
    """Return the sections in the order of the edits, made from the existing blocks. Raises DraftError."""
    story_blocks = [block for section in blocks.sections for block in section.stories]
    unused = dict(zip(map(editorial.identify, draft.articles), story_blocks, strict=True))
    articles = {editorial.identify(story): story for story in draft.articles}
    heads: dict[str, Block] = {}
    for part in blocks.sections:
        heads.setdefault(_section_name(part), part.head)
    arranged: list[SectionBlocks] = []
    for section in edits.sections:
        stories = []
        for story in section.stories:
            block = unused.pop(story.identity, None)
            if block is None:
                message = f"`{story.headline}` is not in this draft, or is in the edits twice"
                raise DraftError(message, location=str(file))
            is_hidden = story.identity in draft.hidden_ids
            stories.append(_edit_story(block, articles[story.identity], story, is_hidden=is_hidden))
        head = heads.pop(section.was, None) or _new_section(section.name)
        if section.name != (section.was or section.name):
            head = head.replace_values({"name": section.name})
        arranged.append(SectionBlocks(head, tuple(stories)))
    # Stories that somebody else added meanwhile, which these edits do not know of, stay in their section.
    positions = {section.was or section.name: index for index, section in enumerate(edits.sections)}
    for identity, block in unused.items():
        name = articles[identity].section
        if name not in positions:
            positions[name] = len(arranged)
            arranged.append(SectionBlocks(heads.get(name) or _new_section(name)))
        part = arranged[positions[name]]
        arranged[positions[name]] = replace(part, stories=(*part.stories, block))
    return tuple(arranged)


def _section_name(section: SectionBlocks) -> str:
    name: str = tomllib.loads(section.head.text)["sections"][0]["name"]
    return clean_line(name)


def _new_section(name: str) -> Block:
    return Block(SECTION, "\n", render_section(name))


def _edit_story(block: Block, current: Article, wanted: EditedStory, *, is_hidden: bool) -> Block:
    values: dict[str, object] = {}
    if wanted.headline != current.headline:
        values["headline"] = wanted.headline
    if wanted.excerpt != current.summary:
        values["excerpt"] = wanted.excerpt
    if wanted.hide != is_hidden:
        values["hide"] = True if wanted.hide else None
    return block.replace_values(values) if values else block


def _matches(draft: Draft, edits: Edits) -> bool:
    """Return whether a draft has everything the edits ask for; what they do not mention follows in each section."""

    def contents(stories: Iterable[EditedStory]) -> list[tuple[str, str, bool]]:
        return [(story.headline, story.excerpt, story.hide) for story in stories]

    actual = to_edits(draft)
    stories = [story for section in edits.sections for story in section.stories]
    leads = [story.headline for story in draft.articles if story.pinned]
    names = [section.name for section in actual.sections]
    return (
        (actual.subject, actual.preheader, actual.note) == (edits.subject, edits.preheader, edits.note)
        and leads == [story.headline for story in stories if story.identity == edits.lead]
        and names[: len(edits.sections)] == [section.name for section in edits.sections]
        and all(
            contents(section.stories)[: len(wanted.stories)] == contents(wanted.stories)
            for section, wanted in zip(actual.sections, edits.sections, strict=False)
        )
    )
