"""Messages: demo."""

MESSAGES: dict[str, tuple[str, str]] = {}
