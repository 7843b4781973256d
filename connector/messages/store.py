"""Messages: store."""

MESSAGES: dict[str, tuple[str, str]] = {}
