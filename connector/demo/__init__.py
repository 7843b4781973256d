"""The demo's world and its story."""
