"""Addresses of systems on the web, as an admin writes them. Apart from the HTTP layer, which takes long to load."""

from __future__ import annotations

from urllib.parse import urlsplit


def secure_url(text: str) -> str:
    """A vendor's address as it may be configured: https, or http to this machine. Raises ValueError.

    >>> secure_url("https://example.cybozu.com/")
    'https://example.cybozu.com'
    """
    parts_of = urlsplit(text.strip())
    if parts_of.username or parts_of.password or parts_of.query or parts_of.fragment or not parts_of.hostname:
        raise ValueError("this is no plain address, such as https://example.cybozu.com")
    local = parts_of.hostname in ("localhost", "127.0.0.1", "::1")
    if parts_of.scheme != "https" and not (parts_of.scheme == "http" and local):
        raise ValueError("the address must begin with https://")
    return text.strip().rstrip("/")
