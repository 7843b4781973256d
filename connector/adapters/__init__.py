"""The systems, each behind the contract of `connector.adapters.contract`."""
