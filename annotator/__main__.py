"""The command `annotator`, also as `python -m annotator`."""

from __future__ import annotations

import sys

from annotator.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
