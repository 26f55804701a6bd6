"""What signing a reading freezes: its content, what the table said of it then, and every version behind that."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.follow_up import Contradiction, FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFinding:
    """What stood beside a finding when the reading was signed; `assessment` is the reader's own category then."""

    finding_id: str
    follow_up: FollowUp
    contradictions: tuple[Contradiction, ...] = ()
    assessment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signed version of a reading; version 1 is the first, every later one an amendment with its reason.

    `at` is ISO 8601 in UTC. `content` is the digest of what was signed (`Reading.content`), so that a later change
    of it shows. `rules` is the digest of the decision table, which tells two tables of one version apart.
    """

    version: int
    reader: str
    at: str
    reason: str
    content: str
    program_version: str
    lexicon_edition: str
    lexicon_version: str
    rules_version: str
    rules: str
    display: str
    findings: tuple[SignedFinding, ...] = ()

    def finding(self, finding_id: str) -> SignedFinding | None:
        """What stood beside a finding, None where this version has no such finding."""
        return next((f for f in self.findings if f.finding_id == finding_id), None)
