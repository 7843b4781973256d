"""Messages: mapping."""

MESSAGES: dict[str, tuple[str, str]] = {}
