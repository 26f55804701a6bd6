"""Signing the reading of an exam, and opening a signed one again."""

from __future__ import annotations

from annotator.ui.actions.spec import ActionSpec

# fmt: off
ROWS: tuple[ActionSpec, ...] = (
    ActionSpec("sign", "Exam", "Sign...", ("Ctrl+Return", "Ctrl+Enter"), "sign", "Tells what is still unsaid; a second press signs, and what is signed stays as it is", "exam"),
    ActionSpec("amend", "Exam", "Amend...", ("Ctrl+Shift+Return",), "amend", "Open a signed reading again, for a reason; signing it again makes the next version", "signed"),
    ActionSpec("withdraw", "Exam", "Withdraw the amendment", (), "withdraw", "Give up what was said since the reading was opened again: what was signed stands", "amending", no_key="It gives up what was said; chosen on purpose, from the menu or above the findings"),
    ActionSpec("other_readings", "Exam", "Readings of this exam...", ("Ctrl+Shift+R",), "list_readings", "Signed readings of others and what was brought in, to be looked at only, and back to your own", "exam"),
)
# fmt: on
