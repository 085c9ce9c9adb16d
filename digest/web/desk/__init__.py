"""The editors' desk: a page on the editor's own machine that previews an edition and edits its draft.

May import editions, sending, inspection, and everything below them; only the CLI imports it.
"""
