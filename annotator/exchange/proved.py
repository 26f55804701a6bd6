"""A reading written in one form and proven before it stands where it was asked for."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from annotator.errors import ExportError, FailedProof
from annotator.exchange.formats import Compare, Write
from annotator.exchange.outgoing import Outgoing
from annotator.exchange.proof import Proof, keep_proof, proof_path, prove
from annotator.jobs import CancelToken
from annotator.settings import PROOF_BLOCKS, PROOF_OFF


@dataclass(frozen=True, slots=True)
class Proven:
    """One file that was written, and what was found of it; None where proofs are off."""

    path: Path
    proof: Proof | None


class Provable(Protocol):
    """What writes a reading and reads it back: a row of annotator.exchange.formats, or another form."""

    @property
    def write(self) -> Write:
        """Writes it."""

    @property
    def check(self) -> Compare:
        """Reads it back."""


def write_proven(
    one: Provable,
    outgoing: Outgoing,
    folder: Path,
    how: str,
    *,
    templates: bool = False,
    token: CancelToken | None = None,
) -> tuple[Proven, ...]:
    """Write, prove, and only then put into `folder`, each file with its proof beside it.

    `how` is one of annotator.settings.PROOFS. Where a proof that fails blocks, nothing of this form is put there and
    FailedProof is raised; what lay there before stays. Raises ExportError, and Cancelled.
    """
    token = token or CancelToken()
    try:
        # in the folder itself, so that a file gets to its place in one step; for its owner only
        stage = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=folder))
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written ({error.strerror}); choose another folder, or make room there."
        ) from error
    try:
        return _staged(one, outgoing, folder, stage, how, templates, token)
    except FailedProof:
        raise
    except ExportError as error:
        raise ExportError(str(error).replace(str(stage), str(folder))) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _staged(
    one: Provable,
    outgoing: Outgoing,
    folder: Path,
    stage: Path,
    how: str,
    templates: bool,
    token: CancelToken,
) -> tuple[Proven, ...]:
    written: list[Proven] = []
    for path in one.write(outgoing, stage):
        token.checkpoint()
        if how == PROOF_OFF:
            written.append(Proven(path, None))
            continue
        proof = prove(path, partial(one.check, outgoing, path), templates=templates, token=token)
        if proof.failed and how == PROOF_BLOCKS:
            raise FailedProof(
                f"{path.name} was not written, for its proof {proof.sentence()}; nothing of this form was written. "
                "Report it, or let the setting export_proof only tell of it."
            )
        written.append(Proven(path, proof))
    token.checkpoint()
    return tuple(_placed(one, folder) for one in written)


def _placed(written: Proven, folder: Path) -> Proven:
    """The file in its place, its proof beside it; where there is none, one of a file before goes."""
    there = folder / written.path.name
    try:
        written.path.replace(there)
        if written.proof is None:
            proof_path(there).unlink(missing_ok=True)
        else:
            keep_proof(there, written.proof)
    except OSError as error:
        raise ExportError(
            f"{there} could not be written ({error.strerror}); choose another folder, or make room there."
        ) from error
    return Proven(there, written.proof)
