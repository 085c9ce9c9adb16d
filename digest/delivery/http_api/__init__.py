"""Delivery through a provider's HTTP API: requests, and what each response means for its recipients.

May import what `digest.delivery` may, and of that package `addresses` and `header_encoding`.
"""
