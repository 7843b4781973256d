"""Who is who: blocking, comparison, decision. Pure."""
