"""`annotator schema` prints the JSON Schema of what is saved."""

from __future__ import annotations

import argparse
from typing import Any

from annotator.cli.output import print_json


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `schema`."""
    parser = subparsers.add_parser(
        "schema",
        parents=[common],
        help="JSON Schema of what is saved",
        description="JSON Schema (2020-12) of a saved finding, or of a whole reading.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "what", nargs="?", choices=("finding", "reading"), default="reading", help="default: reading"
    )
    parser.set_defaults(run=run_schema)


def run_schema(args: argparse.Namespace) -> int:
    """Print the schema on standard output."""
    from annotator.store.encoding import json_schema

    print_json(json_schema(args.what), indent=1)
    return 0
