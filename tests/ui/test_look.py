"""What the reader chose of the ways to look at a picture, from one start to the next."""

from __future__ import annotations

import itertools

import pytest

from annotator.imaging.render import Mode
from annotator.settings import load_settings
from annotator.ui.looking.look import PictureLook

LOOKS = [PictureLook(mode, smooth) for mode, smooth in itertools.product(Mode, (False, True))]


def test_the_profile_says_how_to_begin():
    assert PictureLook.of(load_settings()) == PictureLook(Mode.SPECK_TRUE, smooth=False)
    profile = load_settings(overrides={"display_mode": "mean", "enlarged": "smooth"})
    assert PictureLook.of(profile) == PictureLook(Mode.MEAN, smooth=True)


@pytest.mark.parametrize("default", LOOKS)
@pytest.mark.parametrize("chosen", LOOKS)
def test_a_choice_is_remembered_until_the_profile_says_something_else(chosen, default):
    text = chosen.to_text(default)
    assert PictureLook.from_text(text, default) == chosen
    for other in LOOKS:
        if other != default:
            assert PictureLook.from_text(text, other) == other


@pytest.mark.parametrize("text", ["", "peak squares not speck-true squares", "nonsense", " not "])
def test_what_cannot_be_read_is_the_default(text):
    assert PictureLook.from_text(text, PictureLook()) == PictureLook()


def test_each_choice_is_changed_alone():
    assert PictureLook().other_mode() == PictureLook(Mode.MEAN)
    assert PictureLook().other_mode().other_mode() == PictureLook()
    assert PictureLook().other_enlarged() == PictureLook(smooth=True)
