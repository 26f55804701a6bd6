"""The words of the lexicon in a window: picture, definition, sizes, code, published figures, sources."""
