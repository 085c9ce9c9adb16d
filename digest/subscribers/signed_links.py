"""The links for unsubscribing and for preferences, signed so that nobody can use them for somebody else."""

from __future__ import annotations

from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer

from digest.errors import ConfigError, SubscribersError

# A token made for one purpose must not be valid for another.
_UNSUBSCRIBE = "digest.unsubscribe"
_PREFERENCES = "digest.preferences"


def unsubscribe_url(template: str, email: str, secret: str) -> str:
    """Return one reader's unsubscribe link: the template with `{email}` (percent-encoded) and `{token}` replaced.

    Raises:
        ConfigError: the template holds `{token}` and there is no secret.
    """
    token = unsubscribe_token(email, secret) if "{token}" in template else ""
    return template.replace("{email}", quote(email, safe="")).replace("{token}", token)


def preferences_url(template: str, email: str, secret: str) -> str:
    """Return the link to one reader's preferences, filled like `unsubscribe_url`; its token is valid for nothing else.

    Raises:
        ConfigError: the template holds `{token}` and there is no secret.
    """
    token = _serializer(secret, _PREFERENCES).dumps(email) if "{token}" in template else ""
    return template.replace("{email}", quote(email, safe="")).replace("{token}", token)


def unsubscribe_token(email: str, secret: str) -> str:
    """Return a signed, URL-safe token that contains the address.

    Raises:
        ConfigError: there is no secret; anybody could sign with an empty one.
    """
    return _serializer(secret).dumps(email)


def read_token(token: str, secret: str) -> str:
    """Return the address in a token.

    Raises:
        SubscribersError: the token was made with another secret, or was changed.
        ConfigError: there is no secret.
    """
    try:
        return str(_serializer(secret).loads(token))
    except BadData:
        raise SubscribersError("the unsubscribe token is not valid", hint="use the link in the newest email") from None


def _serializer(secret: str, salt: str = _UNSUBSCRIBE) -> URLSafeSerializer:
    if not secret:
        raise ConfigError(
            "no DIGEST_SECRET_KEY to sign unsubscribe links with",
            hint="set it in the environment to a long random text, the same on every run",
        )
    return URLSafeSerializer(secret, salt=salt)
