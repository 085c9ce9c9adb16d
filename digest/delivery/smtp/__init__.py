"""Delivery over SMTP: logging in, the transaction for one mail, and many connections served by one thread.

May import what `digest.delivery` may, and of that package `addresses`, `dkim`, `mime` and `pool`.
"""
