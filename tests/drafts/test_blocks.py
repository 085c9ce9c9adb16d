"""A draft's text in blocks."""

from digest.drafts.blocks import split_blocks

TEXT = '''\
subject = "Ferries"   # short!
note = """
[[sections]]
# neither a comment nor a section
"""

# Harbour first.
[[sections]]
name = "City"

# JANE: call the lawyer before this one goes out
[[sections.stories]]
headline = "One"
# keep the picture

[sections.stories.image]
url = "https://www.example.com/1.jpg"

[[sections.stories]]
headline = "Two"

[[sections]]
name = "World"

[[sections.stories]]
headline = "Three"

# For digest itself.
[made]
at = 2026-11-23T07:00:00Z

[[made.sources]]
name = "feed"'''


def test_blocks_join_to_the_text_they_were_split_from() -> None:
    blocks = split_blocks(TEXT, "draft.toml")
    assert str(blocks) == TEXT + "\n"
    assert [len(section.stories) for section in blocks.sections] == [2, 1]
    assert "made.sources" in blocks.after[0].text


def test_a_comment_belongs_to_the_block_it_is_about() -> None:
    blocks = split_blocks(TEXT, "draft.toml")
    city = blocks.sections[0]
    assert city.head.above == "\n# Harbour first.\n"
    one, two = city.stories
    assert one.above == "\n# JANE: call the lawyer before this one goes out\n"
    assert "# keep the picture\n\n[sections.stories.image]\n" in one.text
    assert two.above == "\n"
    assert blocks.after[0].above == "\n# For digest itself.\n"
