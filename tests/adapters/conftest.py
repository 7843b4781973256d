"""Lets the adapters' tests import the conformance suite and its worlds by their full names."""

import sys
from pathlib import Path

root = str(Path(__file__).parents[2])
if root not in sys.path:
    sys.path.insert(0, root)
