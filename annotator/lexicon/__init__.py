"""The words, codes, sources and rules of the product, as data a clinician can read and correct."""

from annotator.lexicon.loader import Code, Lexicon, Source, Term, load_lexicon

__all__ = ["Code", "Lexicon", "Source", "Term", "load_lexicon"]
