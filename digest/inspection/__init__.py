"""Read-only views of a newsroom: check, preview, articles, a reader's history, screenshots.

May import sending and every package below it. Nothing here changes the ledger, a draft or the list of subscribers.
"""
