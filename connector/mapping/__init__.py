"""The mapping: the admin's YAML, compiled models, and the lenses between native and canonical values."""
