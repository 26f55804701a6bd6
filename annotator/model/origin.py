"""Where a finding came from that nobody said here: what the source wrote, beside what it was taken for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A finding brought in from a data set or a file of another program.

    `values` are (name, value) as the source writes them, in its order; `unmapped` the names of those for which there
    is no word here, so that nothing was said for them. `coordinates` says in which order and from where the source
    counts its places, `notes` in sentences what else was done. Nothing in it names a patient, study or file.
    """

    source: str
    version: str = ""
    coordinates: str = ""
    values: tuple[tuple[str, str], ...] = ()
    unmapped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In one line: "INbreast: Name Calcification (no word here)"."""
        told = (
            f"{name} {value}{' (no word here)' if name in self.unmapped else ''}"
            for name, value in self.values
        )
        title = f"{self.source} {self.version}".strip()
        return ": ".join(part for part in (title, "; ".join(told)) if part)
