"""Cleansing rules: pure, named, versioned."""
