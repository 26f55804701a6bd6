"""`annotator lexicon`: the words a finding is said in, one of them in full, and whether all is right with them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.output import print_json

if TYPE_CHECKING:
    from annotator.lexicon.terms import Code, Lexicon, Term


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Add `lexicon`, `lexicon show` and `lexicon check`."""
    words = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    words.add_argument(
        "--edition", metavar="EDITION", help="words of this BI-RADS edition (default: as in your settings)"
    )
    words.add_argument("--json", action="store_true", help="one JSON document")
    lexicon = subparsers.add_parser(
        "lexicon",
        parents=[common, words],
        help="the words a finding is said in, their codes and where they come from",
        description="Every word the program knows, in one edition, kind by kind.",
    )
    lexicon.set_defaults(run=run_list, edition=None, json=False)
    parts = lexicon.add_subparsers(metavar="COMMAND")
    show = parts.add_parser(
        "show",
        parents=[common, words],
        help="one word in full",
        description="A term with its definition, sizes, code, published figures and sources.",
    )
    show.add_argument("id", metavar="ID", help="an id such as amorphous or depth:middle, or a word")
    show.add_argument("--picture", metavar="FILE", type=Path, help="also write its picture, a PNG")
    show.set_defaults(run=run_show)
    check = parts.add_parser(
        "check",
        parents=[common, words],
        help="are the files right, and every code one of DICOM?",
        description="Reads the lexicon in every edition and looks up every code; exit status 1 when something is wrong.",
    )
    check.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, help="a lexicon's files; default: the program's"
    )
    check.set_defaults(run=run_check)


def run_list(args: argparse.Namespace) -> int:
    """Print every term of one edition."""
    lexicon = _lexicon(args)
    if args.json:
        print_json(_document(lexicon, lexicon.all_terms()), indent=2)
        return 0
    print(f"BI-RADS words of the {lexicon.edition_name}, in our own words; version {lexicon.version}.")
    heading = ""
    for term in lexicon.all_terms():
        if (now := _heading(term)) != heading:
            heading = now
            print(f"\n{heading}")
        gone = "" if term.offered else ", no longer in this edition"
        code = "no code" if term.code is None else f"{term.code.value} {term.code.scheme}"
        print(f"  {term.id:<22}{term.word}{gone} ({code})")
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print one term with everything known of it."""
    from annotator.errors import CallError, ExportError
    from annotator.lexicon.loader import picture_of

    lexicon = _lexicon(args)
    found = _found(lexicon, args.id)
    if args.picture is not None:
        if len(found) > 1 or (picture := picture_of(found[0])) is None:
            raise CallError(f"{args.id!r} has no picture; shapes and distributions have.")
        try:
            args.picture.write_bytes(picture)
        except OSError as error:
            raise ExportError(f"{args.picture} was not written ({error.strerror}).") from error
    if args.json:
        print_json(_document(lexicon, found), indent=2)
    else:
        print("\n\n".join("\n".join(_in_full(lexicon, term)) for term in found))
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Say in sentences what is wrong with a lexicon."""
    from annotator.errors import InvalidLexicon
    from annotator.exchange.code_check import code_problems, count_codes
    from annotator.lexicon.entries import data_file
    from annotator.lexicon.loader import EDITIONS, read_lexicon

    folder = data_file("") if args.folder is None else args.folder
    found: list[str] = []
    facts: dict[str, object] = {"version": None, "terms": 0, "codes": 0}
    for edition in EDITIONS:
        try:
            lexicon = read_lexicon(edition, folder)
        except InvalidLexicon as fault:
            found.append(str(fault))
            continue
        facts = {"version": lexicon.version, "terms": len(lexicon.all_terms()), "codes": count_codes(lexicon)}
        found.extend(code_problems(lexicon))
        pictures = (term.picture for term in lexicon.all_terms() if term.picture)
        found.extend(
            f"pictures: {name} is missing; draw it (make lexicon-pictures)."
            for name in pictures
            if not folder.joinpath("pictures", name).is_file()
        )
    found = list(dict.fromkeys(found))
    if args.json:
        print_json({**facts, "editions": list(EDITIONS), "problems": found})
    elif found:
        for problem in found:
            print(problem, file=sys.stderr)
    else:
        print(
            f"Version {facts['version']}: {facts['terms']} terms in {len(EDITIONS)} editions, each with a definition and a"
            f" source; all {facts['codes']} codes are those of DICOM."
        )
    return 1 if found else 0


def _lexicon(args: argparse.Namespace) -> Lexicon:
    from annotator.lexicon.loader import load_lexicon
    from annotator.settings import load_settings

    return load_lexicon(args.edition or load_settings(args.settings).lexicon_edition)


def _found(lexicon: Lexicon, name: str) -> tuple[Term, ...]:
    from difflib import get_close_matches

    from annotator.errors import CallError

    found = lexicon.find(name)
    if not found:
        known = {term.id: term.id for term in lexicon.all_terms()}
        known.update({term.word.lower(): term.id for term in lexicon.all_terms()})
        close = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {known[close[0]]}?" if close else "annotator lexicon lists them."
        raise CallError(f"the lexicon has no term {name!r}; {hint}")
    return found


def _heading(term: Term) -> str:
    kind = term.kind.replace("_", " ").capitalize()
    return f"{kind}, {term.group}" if term.group else kind


def _in_full(lexicon: Lexicon, term: Term) -> list[str]:
    lines = [f"{term.word} ({term.key})", term.definition]
    if not term.offered:
        lines.append(f"No longer in the {lexicon.edition_name}; stays readable where it was said.")
    lines += [f"{name}: {said}" for name, said in _facts(term) if said]
    if term.ppv:
        lines.append("Malignant in published series, which differ with what was selected for biopsy:")
        lines += [f"  {one.value:<16}{one.counted} [{one.source}]" for one in term.ppv]
    lines.append("Sources:")
    for tag in term.sources:
        source = lexicon.source(tag)
        said_parts = (source.citation, source.sentence, source.address)
        lines.append(f"  [{tag}] " + ". ".join(part.rstrip(".") for part in said_parts if part))
    return lines


def _facts(term: Term) -> list[tuple[str, str]]:
    words = _words(term)
    differ = len(set(words.values())) > 1
    return [
        ("Kind", _heading(term)),
        ("Size", term.size),
        ("By edition", "; ".join(f"{name}: {word}" for name, word in words.items()) if differ else ""),
        ("Found by", ", ".join(term.other_words)),
        ("Code", _code(term.code) if term.code else f"none. {term.no_code}"),
        ("Also read", "; ".join(map(_code, term.also_read))),
        ("Note", term.note),
    ]


def _words(term: Term) -> dict[str, str]:
    """The word of each edition."""
    from annotator.lexicon.loader import EDITIONS, load_lexicon

    every = {edition: {t.key: t for t in load_lexicon(edition).all_terms()} for edition in EDITIONS}
    return {edition: terms[term.key].word for edition, terms in every.items()}


def _code(code: Code) -> str:
    version = f", {code.version}" if code.version else ""
    return f'({code.value}, {code.scheme}{version}, "{code.meaning}")'


def _document(lexicon: Lexicon, terms: tuple[Term, ...]) -> dict[str, object]:
    from dataclasses import asdict

    tags = dict.fromkeys(tag for term in terms for tag in term.sources)
    return {
        "edition": lexicon.edition,
        "edition_name": lexicon.edition_name,
        "version": lexicon.version,
        "terms": [{**asdict(term), "key": term.key, "words": _words(term)} for term in terms],
        "sources": {tag: asdict(lexicon.source(tag)) for tag in tags},
    }
