"""`annotator key`: the passphrase of an encrypted database, kept in the keyring of the system."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `key`."""
    parser = subparsers.add_parser(
        "key",
        parents=[common],
        help="keep the passphrase of an encrypted database",
        description="Ask for the passphrase of the database and keep it in the keyring of the system, so that the window"
        " opens without asking. It is read from the terminal, or as one line from standard input.",
        allow_abbrev=False,
    )
    parser.add_argument("--forget", action="store_true", help="take it out of the keyring")
    parser.set_defaults(run=run_key)


def run_key(arguments: argparse.Namespace) -> int:
    """Keep or forget the passphrase; 0 when that is done."""
    from annotator.errors import CallError
    from annotator.settings import load_settings
    from annotator.store.address import file_of_encrypted
    from annotator.store.encrypted import keep_passphrase

    settings = load_settings(arguments.settings, {"database": arguments.database})
    path = file_of_encrypted(settings.database)
    if arguments.forget:
        keep_passphrase(path, "")
        print(f"The keyring no longer holds the passphrase of {path}.")
        return 0
    asked = f"Passphrase of {path}: "
    said = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not said:
        raise CallError("no passphrase was given; type it, or write it to standard input.")
    keep_passphrase(path, said)
    print(f"The keyring holds the passphrase of {path}.")
    return 0
