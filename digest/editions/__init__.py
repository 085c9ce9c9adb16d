"""Editions in the making: composed from sources or a draft, drafted, approved, and rendered for each segment.

May import drafts, subscribers, sources, editorial, render, lint, delivery, storage, config and core; never sending,
inspection, web or cli.
"""
