"""Messages: adapters."""

MESSAGES: dict[str, tuple[str, str]] = {}
