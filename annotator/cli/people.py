"""`annotator people`: who reads here under which name and in which role."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json, visible
from annotator.errors import CallError
from annotator.model.person import Role

if TYPE_CHECKING:
    from annotator.model.person import Person
    from annotator.store.store import Store

LONGEST = 255


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `people` with its own commands."""
    parser = subparsers.add_parser(
        "people",
        parents=[common],
        help="who reads here, under which name and in which role",
        description="Accounts with the name that people read and their role. On PostgreSQL the database enforces the "
        "roles and administrators give them; in a file they are words. What was said before stays in the database.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run_list)
    acts = parser.add_subparsers(dest="what", metavar="list | add | change")
    listing = acts.add_parser("list", parents=[common], help="everybody, by account", allow_abbrev=False)
    # what was said before the word `list` stands
    listing.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="one JSON document on standard output",
    )
    listing.set_defaults(run=run_list)
    for what, told in (("add", "give an account a role"), ("change", "give another name or role")):
        one = acts.add_parser(what, parents=[common], help=told, allow_abbrev=False)
        one.add_argument(
            "name", metavar="ACCOUNT", help="account of the system; on PostgreSQL of the database"
        )
        one.add_argument("--display-name", metavar="NAME", help="the name that people read")
        one.add_argument(
            "--role", choices=[role.value for role in Role], help="none: may see and do nothing any more"
        )
        one.set_defaults(run=run_add if what == "add" else run_change)


def run_list(args: argparse.Namespace) -> int:
    """Print everybody, as they are now."""
    store = _open(args)
    try:
        found = store.people()
    finally:
        store.close()
    if args.json:
        print_json({"people": [_json(one) for one in found]}, indent=1)
        return 0
    for one in found:
        since = f"{one.added.astimezone():%Y-%m-%d %H:%M}"
        print(visible(f"{one.name}  {one.display_name}  {one.role.value}  since {since}, by {one.added_by}"))
    if not found:
        print("Nobody has a name or a role here yet.", file=sys.stderr)
    return 0


def run_add(args: argparse.Namespace) -> int:
    """Give a new account a role; 'reader' where none is said."""
    store = _open(args)
    try:
        if args.name in {one.name for one in store.people()}:
            raise CallError(
                f"{args.name!r} is there already; 'annotator people change' gives another name or role."
            )
        return _say(store, args.name, args.display_name or args.name, Role(args.role or Role.READER))
    finally:
        store.close()


def run_change(args: argparse.Namespace) -> int:
    """Give an account another name or role."""
    if args.role is None and args.display_name is None:
        raise CallError("Nothing is to be changed; say --display-name or --role.")
    store = _open(args)
    try:
        known = next((one for one in store.people() if one.name == args.name), None)
        if known is None:
            raise CallError(f"Nobody is called {args.name!r} here; 'annotator people list' names everybody.")
        role = known.role if args.role is None else Role(args.role)
        return _say(store, args.name, args.display_name or known.display_name, role)
    finally:
        store.close()


def _say(store: Store, name: str, display_name: str, role: Role) -> int:
    for what in (name, display_name):
        if not 0 < len(what) <= LONGEST or not what.isprintable() or what != what.strip():
            raise CallError(
                f"{what[:LONGEST]!r} is no name; choose 1 to {LONGEST} letters that can be seen, with no blank before or "
                "after them."
            )
    store.add_person(name, display_name, role)
    print(visible(f"{name} is {display_name}, {role.value}."))
    return 0


def _open(args: argparse.Namespace) -> Store:
    from annotator.settings import load_settings
    from annotator.store.store import Store

    settings = load_settings(args.settings, {"database": args.database, "reader": args.reader})
    return Store.open(settings.database, who=settings.reader, make=False)


def _json(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "display_name": person.display_name,
        "role": person.role.value,
        "added": person.added.isoformat(),
        "added_by": person.added_by,
    }
