"""One term as a page of text: its picture, what it means, how large, its code, published figures, and after whom."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from annotator.lexicon.loader import EDITION_NAMES, Code, Lexicon, Source, Term, load_lexicon
from annotator.ui.theme import AMBER, DIM, LINE, STRONG

PICTURE = "picture"
"""Under this name the page asks for the term's picture."""

_SERIES = (
    "Series differ with what was selected for biopsy, so figures stand side by side and are not averaged. "
    "They describe many findings, never one patient."
)
_PICTURED = "Cut from a synthetic breast in which this was made; no patient. The bar tells the size."


def heading(term: Term) -> str:
    """The kind of a term in words, shapes with their group."""
    kind = {"size": "Size word", "recall_reason": "Reason for taking a view again"}.get(term.kind, term.kind)
    kind = kind.replace("_", " ").capitalize().replace("Morphology", "Shape")
    return f"{kind}, {term.group}" if term.group else kind


def page_of(lexicon: Lexicon, term: Term, picture_width: int) -> str:
    """The page of a term as rich text; `picture_width` in the window's pixels."""
    return "".join(_parts(lexicon, term, picture_width))


def _parts(lexicon: Lexicon, term: Term, picture_width: int) -> Iterator[str]:
    yield f'<p style="color:{DIM}; margin-bottom:0">{escape(heading(term))}</p>'
    yield f'<h2 style="color:{STRONG}; margin-top:2px">{escape(term.word)}</h2>'
    if not term.offered:
        gone = f"No longer a word of the {lexicon.edition_name}; it stays as it was said."
        yield f'<p style="color:{AMBER}">{escape(gone)}</p>'
    meaning = f"<p>{escape(term.definition)}</p>" + _table(
        (n, said) for n, said in _facts(lexicon, term) if said
    )
    if term.picture:
        picture = f'<img src="{PICTURE}" width="{picture_width}" height="{picture_width}">'
        under = f'<p style="color:{DIM}">{_PICTURED}</p>'
        yield (
            f'<table cellspacing="0"><tr><td width="{picture_width}">{picture}{under}</td>'
            f'<td style="padding-left:16px">{meaning}</td></tr></table>'
        )
    else:
        yield meaning
    if term.ppv:
        yield f'<h3 style="color:{STRONG}">Malignant in published series</h3>'
        yield _figures(lexicon, term)
        yield f'<p style="color:{DIM}">{_SERIES}</p>'
    yield f'<h3 style="color:{STRONG}">Sources</h3>'
    yield "".join(f"<p>{_source(lexicon.source(tag))}</p>" for tag in term.sources)


def _facts(lexicon: Lexicon, term: Term) -> Iterator[tuple[str, str]]:
    yield "Size", escape(term.size)
    for edition, name in EDITION_NAMES.items():
        other = next(t for t in load_lexicon(edition).all_terms() if t.key == term.key)
        if edition != lexicon.edition and other.word != term.word:
            yield name, escape(other.word)
    yield "Also called", escape(", ".join(word for word in term.other_words if word != term.word.lower()))
    yield "Code", _code(term.code) if term.code else f"None. {escape(term.no_code)}"
    yield "Also read", "<br>".join(map(_code, term.also_read))
    yield "Note", escape(term.note)


def _code(code: Code) -> str:
    version = f" [{code.version}]" if code.version else ""
    return escape(f"{code.value} {code.scheme}{version}, {code.meaning}")


def _table(rows: Iterator[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr><td style="color:{DIM}; padding-right:14px; white-space:nowrap">{escape(name)}</td><td>{said}</td></tr>'
        for name, said in rows
    )
    return f'<table cellspacing="2">{lines}</table>' if lines else ""


def _figures(lexicon: Lexicon, term: Term) -> str:
    cell = f"border-bottom:1px solid {LINE}; padding-right:14px"
    head = "".join(f'<td style="color:{DIM}; {cell}">{name}</td>' for name in ("Share", "Counted", "Source"))
    lines = "".join(
        f'<tr><td style="color:{STRONG}; white-space:nowrap; {cell}">{escape(one.value)}</td>'
        f'<td style="{cell}">{escape(one.counted)}</td>'
        f'<td style="{cell}"><b>[{one.source}]</b> {escape(lexicon.source(one.source).citation)}</td></tr>'
        for one in term.ppv
    )
    return f'<table cellspacing="0" cellpadding="3"><tr>{head}</tr>{lines}</table>'


def _source(source: Source) -> str:
    parts = [f"<b>[{source.tag}]</b> {escape(source.citation)}"]
    if source.sentence:
        parts.append(f"<i>{escape(source.sentence)}</i>")
    if source.address:
        parts.append(f'<a href="{escape(source.address)}">{escape(source.address)}</a>')
    return "<br>".join(parts)
