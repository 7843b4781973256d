"""Values computed over the hub: what became of a person's or company's deals. Pure, named functions, no expressions."""

from connector.derive.deals import DERIVED, STAGES, Derived, derive

__all__ = ["DERIVED", "STAGES", "Derived", "derive"]
