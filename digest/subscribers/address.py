"""An email address as the identity of its reader."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from digest.errors import SubscribersError


def normalize_address(address: str) -> str:
    """Return the canonical form of an address: syntax checked (RFC 5321), domain in Unicode, all in lower case.

    Raises:
        SubscribersError: it is not a valid address. The network is not consulted.
    """
    try:
        # Local parts are case-sensitive by RFC 5321 2.4 and nowhere in practice: one reader, one mail.
        return validate_email(address, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        why = " ".join(str(error).split()).rstrip(".")
        raise SubscribersError(
            f"`{address[:80]}` is not a valid email address: {why}" if address else "has no address"
        ) from None
