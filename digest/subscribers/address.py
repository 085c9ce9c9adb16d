"""An address as its reader's identity."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from digest.errors import SubscribersError


def normalize_address(address: str) -> str:
    """The one form of an address: its syntax checked (RFC 5321), its domain in Unicode, all of it in lower case.

    Raises:
        SubscribersError: it is no address; the network is not asked.
    """
    try:
        # Local parts are case-sensitive by RFC 5321 2.4 and nowhere in practice: one reader, one mail.
        return validate_email(address, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        why = " ".join(str(error).split()).rstrip(".")
        raise SubscribersError(f"`{address[:80]}` is no address: {why}" if address else "has no address") from None
