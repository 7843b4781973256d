"""The stages in order; the only place where pure and impure meet."""
