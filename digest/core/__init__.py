"""Helpers without knowledge of the domain that several packages share, each in a file of its own.

May import models and errors, and nothing else of digest.
"""
