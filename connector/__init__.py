"""Keeps marketing automation and sales systems telling the same story about each customer."""

__version__ = "0.1.0"
