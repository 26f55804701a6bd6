"""How pictures that are not at 1:1 are made: what the profile says, and what the reader chose instead."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.imaging.render import Mode
from annotator.settings import SMOOTH, Settings


@dataclass(frozen=True, slots=True)
class PictureLook:
    """`mode` below 1:1; above it `smooth` interpolates, otherwise each pixel is a square."""

    mode: Mode = Mode.SPECK_TRUE
    smooth: bool = False

    @classmethod
    def of(cls, settings: Settings) -> PictureLook:
        """The default of the settings."""
        return cls.named(settings.display_mode, settings.enlarged)

    @classmethod
    def named(cls, display_mode: str, enlarged: str) -> PictureLook:
        """The look that settings and profiles name so."""
        return cls(Mode(display_mode), enlarged == SMOOTH)

    def other_mode(self) -> PictureLook:
        """Mean instead of speck-true, or the other way round."""
        return replace(self, mode=Mode.MEAN if self.mode is Mode.SPECK_TRUE else Mode.SPECK_TRUE)

    def other_enlarged(self) -> PictureLook:
        """Smooth instead of squares, or the other way round."""
        return replace(self, smooth=not self.smooth)

    def to_text(self, default: PictureLook) -> str:
        """The choice in one line, with the default it was made against."""
        return f"{_words(self)} not {_words(default)}" if self != default else ""

    @classmethod
    def from_text(cls, text: str, default: PictureLook) -> PictureLook:
        """The choice of last time; a profile that says something else by now has the last word."""
        chosen, _, against = text.partition(" not ")
        if against != _words(default):
            return default
        looks = (cls(mode, smooth) for mode in Mode for smooth in (False, True))
        return next((look for look in looks if _words(look) == chosen), default)


def _words(look: PictureLook) -> str:
    return f"{look.mode.value} {'smooth' if look.smooth else 'squares'}"
