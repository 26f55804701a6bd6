"""Proof of what was written: read back, and validated where validators are installed."""

from annotator.exchange.proof.programs import Validator, validators
from annotator.exchange.proof.proving import PROOF_ENDING, Check, Proof, State, keep_proof, proof_path, prove

__all__ = [
    "PROOF_ENDING",
    "Check",
    "Proof",
    "State",
    "Validator",
    "keep_proof",
    "proof_path",
    "prove",
    "validators",
]
