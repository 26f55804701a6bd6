"""What the bar says of acts that are not in the database, each time in one sentence."""

from __future__ import annotations

from annotator.ui.desk.arrivals import acts_words
from annotator.ui.desk.session import ReadingSession


def waiting_words(count: int, why: str) -> str:
    """The database is away, and so many acts are on this computer; `why` may be ''."""
    wait = "waits" if count == 1 else "wait"
    return (
        f"Your reading is kept on this computer until the database is back; {acts_words(count)} {wait}"
        f"{_because(why)}."
    )


def no_right_words(count: int) -> str:
    """The role of the account does not let it save any more."""
    are, arrive = ("is", "arrives") if count == 1 else ("are", "arrive")
    return (
        f"Your role in this database does not let you save; {acts_words(count)} {are} kept on this computer and {arrive} "
        "once an administrator gives you a role that does ('annotator people')."
    )


def unseen_words(why: str) -> str:
    """The database was away when the exam was opened."""
    return (
        "What was said of this exam before cannot be shown until the database is back; what you say now is kept on "
        f"this computer and put together with it{_because(why)}."
    )


def diverged_words(count: int, *, kept: bool, replaced: bool = False) -> str:
    """Another program went on with the same reading, or the database was put back to another state of it."""
    yours = f"your {acts_words(count)} {'is' if count == 1 else 'are'}"
    where = "on this computer" if kept else "in this window"
    if replaced:
        return (
            "The database was put back to an older state and does not have all that is shown here; "
            f"{yours} kept {where}, and all of it can be put together with what is there."
        )
    return (
        f"Another window or program saved this reading after what is shown here; {yours} kept {where} and can be put "
        "together with what was saved there."
    )


def not_even_here(session: ReadingSession) -> str:
    """Neither the database nor this computer takes what waits."""
    here = "" if session.saving.keep_error is None else f"; {_plain(str(session.saving.keep_error))}"
    return (
        f"{acts_words(session.unsaved_acts).capitalize()} held by this window alone, so do not end it: "
        f"{_plain(str(session.save_error))}{here}."
    )


def _because(why: str) -> str:
    return f" ({_plain(why)})" if why else ""


def _plain(sentence: str) -> str:
    return sentence.rstrip(".")
