"""Messages: sync."""

MESSAGES: dict[str, tuple[str, str]] = {}
