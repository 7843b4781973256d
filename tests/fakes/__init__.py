"""Vendors played on loopback: their paths, bodies, limits and quirks."""
