"""Which encodings this installation can decode: the table of `codecs`, looked at without a picture."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from annotator.imaging.codecs import CODECS, Codec
from annotator.imaging.dataset import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE

PLAIN = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG)
"""Transfer syntaxes that need no decoder."""


@dataclass(frozen=True, slots=True)
class DecoderState:
    """One transfer syntax and what can decode it here; `decoders` is empty when nothing can."""

    transfer_syntax_uid: str
    name: str
    decoders: tuple[str, ...]


def decoder_states() -> tuple[DecoderState, ...]:
    """Every transfer syntax the program reads, with the decoders found for it, the first choice first."""
    plain = [DecoderState(uid, UID(uid).name, ("none needed",)) for uid in PLAIN]
    coded = [DecoderState(uid, UID(uid).name, _found(codec)) for uid, codec in CODECS.items()]
    return (*plain, *coded)


def _found(codec: Codec) -> tuple[str, ...]:
    names = [f"imagecodecs {codec.function}"] if _has(codec.module, codec.function) else []
    if codec.fallback_plugin in get_decoder(UID(codec.fallback_syntax)).available_plugins:
        names.append(f"pydicom {codec.fallback_plugin}")
    return tuple(names)


def _has(module: str, function: str) -> bool:
    try:
        return hasattr(importlib.import_module(f"imagecodecs.{module}"), function)
    except ImportError:
        return False
