"""Messages: exports."""

MESSAGES: dict[str, tuple[str, str]] = {}
