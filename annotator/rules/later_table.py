"""An old finding looked up again: what the table said when it was signed, and what it says now."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.model.follow_up import FollowUp, FollowUpAction

NOT_TOLD = "No category was given when it was signed, so that the table was not told then."


def then_and_now(signed: FollowUp, now: FollowUp) -> tuple[str, ...]:
    """What differs between the follow-up of a signed finding and that of today's table, in sentences.

    Empty where nothing differs; where only versions do, one sentence says that they lead to the same. The signed one
    stays as it was: this only tells.
    """
    versions = tuple(_versions(signed, now))
    if signed.is_kept_back or now.is_kept_back:
        return versions if now.is_kept_back else (*versions, NOT_TOLD)
    changes = tuple(_changes(signed, now))
    if versions and not changes:
        return (*versions, "Row, category and follow-up are the same.")
    return (*versions, *changes)


def _versions(signed: FollowUp, now: FollowUp) -> Iterator[str]:
    if signed.rules_version != now.rules_version:
        yield f"Signed with decision table {signed.rules_version}, looked up now in {now.rules_version}."
    if signed.lexicon_edition != now.lexicon_edition:
        yield f"Signed in words of edition {signed.lexicon_edition}, now of {now.lexicon_edition}."


def _changes(signed: FollowUp, now: FollowUp) -> Iterator[str]:
    if signed.row != now.row:
        yield f"Row {signed.row} then, row {now.row} now."
    if signed.suggested_assessment != now.suggested_assessment:
        yield f"Suggested {_category(signed)} then, {_category(now)} now."
    if _step(signed) != _step(now):
        yield f"Follow-up then: {_in_words(signed)}; now: {_in_words(now)}."
    elif signed.text != now.text:
        yield f"The follow-up is said otherwise: {signed.text!r} then, {now.text!r} now."
    if signed.assumed != now.assumed:
        yield f"Taken for granted then: {_assumed(signed)}; now: {_assumed(now)}."


def _category(said: FollowUp) -> str:
    return f"category {said.suggested_assessment}" if said.suggested_assessment else "no category"


def _step(said: FollowUp) -> tuple[FollowUpAction | None, int | None]:
    return said.follow_up, said.interval_months


def _in_words(said: FollowUp) -> str:
    return said.text.rstrip(".")


def _assumed(said: FollowUp) -> str:
    return " ".join(said.assumed).rstrip(".") or "nothing"
