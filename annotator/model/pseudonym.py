"""Names in place of those that could tell whose exam it is: always the same, and undone only with the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

LETTERS = 12
"""Of a pseudonym: 60 bits, so that among a million exams two alike are less likely than 1 in 2,000,000."""

MOST_DAYS_BACK = 3650
"""Ten years: whoever knows a day of one exam cannot find it among the moved ones."""

_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Keyed digests (HMAC-SHA-256): who has not the key can neither undo one nor try numbers out.

    `key` is that of one database and is kept nowhere else; whoever holds it finds an exam by trying those it knows.
    """

    key: bytes = field(repr=False)

    def exam(self, study_instance_uid: str) -> str:
        """Twelve letters and digits for an exam, without those that look alike (no I, L, O, U)."""
        return self._word("exam", study_instance_uid)

    def patient(self, digest: str | None) -> str:
        """The same for a patient, from the digest that the database keeps; '' where it keeps none."""
        return self._word("patient", digest) if digest else ""

    def uid(self, uid: str) -> str:
        """A DICOM UID in place of another (PS3.5 B.2: 2.25. and a number of 128 bits)."""
        return f"2.25.{int.from_bytes(self._digest('uid', uid)[:16], 'big')}" if uid else ""

    def name(self, said: str) -> str:
        """32 hexadecimal digits in place of an id that was worked out from a UID."""
        return self._digest("id", said).hex()[:32] if said else ""

    def days_back(self, patient: str) -> int:
        """By how many days the dates of a patient are moved back, 1 to 3,650; `patient` is a pseudonym.

        The same for all exams of the patient, so that the time between them stays (PS3.15 E.3.6, modified dates).
        """
        return 1 + int.from_bytes(self._digest("days", patient)[:8], "big") % MOST_DAYS_BACK

    def _word(self, kind: str, said: str) -> str:
        return base64.b32encode(self._digest(kind, said)).translate(_CROCKFORD).decode()[:LETTERS]

    def _digest(self, kind: str, said: str) -> bytes:
        return hmac.new(self.key, f"{kind}\0{said}".encode(errors="surrogatepass"), hashlib.sha256).digest()
