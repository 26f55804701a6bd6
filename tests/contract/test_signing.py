"""What is signed stays signed: random acts against the store on a real database, lawful and unlawful ones."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from annotator.errors import SignedReading
from annotator.model import edits
from annotator.model.finding import Assessment, Distribution, Reading, SaidLength, Stage
from annotator.model.follow_up import Contradiction, FollowUp, FollowUpAction
from annotator.model.geometry import ImagePoint
from annotator.model.history import Act, last_signed, undo_steps
from annotator.model.image import ImageKey
from annotator.model.mark import MarkKind
from annotator.model.signing import Signature, SignedFinding
from annotator.store.encoding import content_digest
from annotator.store.signing import tampered
from annotator.store.store import Store
from tests import made_signature

STUDY, IMAGE = "1.2.3", ImageKey("1.2.3.4")


def signature_of(reading: Reading, **other: object) -> Signature:
    told = FollowUp(
        "B1", "4B", FollowUpAction.BIOPSY, None, "Biopsy.", ("why",), ("BR5",), (), "", "", "1", "5"
    )
    clash = Contradiction("macro_fine", "morphology", "Macro and fine pleomorphic.", ("BR5",), kept=True)
    frozen = tuple(
        SignedFinding(finding_id=f.id, follow_up=told, contradictions=(clash,)) for f in reading.findings
    )
    return made_signature.signature_of(reading, **{"findings": frozen} | other)


def sealed(reading: Reading, **other: object) -> Reading:
    """The reading with one signature more, whatever the rules say."""
    return replace(
        reading, signatures=(*reading.signatures, signature_of(reading, **other)), amending="", done=True
    )


def with_finding(reading: Reading) -> Reading:
    reading, finding = edits.add_finding(reading)
    reading, _ = edits.add_mark(reading, finding.id, IMAGE, ImagePoint(1.5, 2.5), MarkKind.MICRO)
    return reading


@pytest.fixture
def store(tmp_path: Path):
    opened = Store.open(f"sqlite:///{tmp_path / 'readings.db'}")
    yield opened
    opened.close()


@pytest.fixture
def signed(store: Store) -> Reading:
    """A reading of reader "a", with one finding, signed as revision 2."""
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    said = with_finding(reading)
    store.save(said, reader="a", based_on=0, act=Act.EDIT, label="x")
    store.save(sealed(said), reader="a", based_on=1, act=Act.SIGN, label="Sign")
    return sealed(said)


def test_a_signature_comes_back_whole_and_is_listed(store: Store, signed: Reading) -> None:
    assert store.open_reading(STUDY, "a", lexicon_edition="5") == (signed, 2)
    (summary,) = store.readings()
    assert (summary.signed, summary.versions, summary.done) == (1, 1, True)
    amending = edits.amend(signed, "  one more view ")
    store.save(amending, reader="a", based_on=2, act=Act.AMEND, label="Amend")
    (summary,) = store.readings()
    assert (summary.signed, summary.versions) == (0, 1)
    store.save(sealed(amending), reader="a", based_on=3, act=Act.SIGN, label="Sign")
    (summary,) = store.readings()
    assert (summary.signed, summary.versions) == (2, 2)
    assert [s.reason for s in store.open_reading(STUDY, "a", lexicon_edition="5")[0].signatures] == [
        "",
        "one more view",
    ]


def unlawful(signed: Reading) -> dict[str, tuple[Reading, Act, str]]:
    """Acts on a signed reading that no program may save: the value, the act, and a word of the refusal."""
    other = replace(signed.findings[0], comment="other")
    first = signed.signatures[0]
    return {
        "change": (replace(signed, findings=(other,)), Act.EDIT, "begin an amendment"),
        "undo": (replace(signed, findings=()), Act.UNDO, "begin an amendment"),
        "unsign": (replace(signed, signatures=()), Act.UNDO, "none is ever taken back"),
        "unsign quietly": (
            replace(signed, signatures=(), findings=(other,)),
            Act.EDIT,
            "none is ever taken back",
        ),
        "replace": (
            replace(signed, signatures=(replace(first, at="2020"),)),
            Act.SIGN,
            "none is ever taken back",
        ),
        "sign twice": (sealed(signed), Act.SIGN, "signed already"),
        "change at the start": (
            replace(signed, amending="why", findings=(other,)),
            Act.AMEND,
            "begins and is withdrawn with what was signed",
        ),
        "open by an edit": (
            replace(signed, amending="why"),
            Act.EDIT,
            "begun on a signed reading, for a reason",
        ),
        "open for blanks": (
            replace(signed, amending="  "),
            Act.AMEND,
            "begun on a signed reading, for a reason",
        ),
        "sign nothing": (signed, Act.SIGN, "neither signed nor opened"),
        "another's": (replace(signed, reader="b", done=False), Act.EDIT, "only a can change it"),
    }


@pytest.mark.parametrize(
    "which", sorted(unlawful(sealed(with_finding(Reading(id="", reader="", study_instance_uid="")))))
)
def test_a_signed_reading_refuses(store: Store, signed: Reading, which: str) -> None:
    value, act, said = unlawful(signed)[which]
    with pytest.raises(SignedReading, match=said):
        store.save(value, reader=value.reader, based_on=2, act=act, label="x")
    assert store.open_reading(STUDY, "a", lexicon_edition="5") == (signed, 2)


@pytest.mark.parametrize(
    "other",
    [{"version": 2}, {"reader": "b"}, {"reason": "of its own"}, {"content": "0" * 64}],
)
def test_a_signature_that_says_otherwise_is_refused(store: Store, other: dict[str, object]) -> None:
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    said = with_finding(reading)
    store.save(said, reader="a", based_on=0, act=Act.EDIT, label="x")
    with pytest.raises(SignedReading):
        store.save(sealed(said, **other), reader="a", based_on=1, act=Act.SIGN, label="Sign")
    assert store.save(sealed(said), reader="a", based_on=1, act=Act.SIGN, label="Sign") == 2


def test_an_amendment_ends_by_signing_or_withdrawing_only(store: Store, signed: Reading) -> None:
    amending = edits.amend(signed, "side")
    store.save(amending, reader="a", based_on=2, act=Act.AMEND, label="Amend")
    for act in set(Act) - {Act.WITHDRAW}:
        with pytest.raises(SignedReading):
            store.save(signed, reader="a", based_on=3, act=act, label="x")
    rewritten = sealed(amending)
    earlier = replace(rewritten.signatures[0], at="2020-01-01T00:00:00Z")
    with pytest.raises(SignedReading, match="none is ever taken back"):
        store.save(
            replace(rewritten, signatures=(earlier, rewritten.signatures[1])),
            reader="a",
            based_on=3,
            act=Act.SIGN,
            label="x",
        )
    assert store.save(signed, reader="a", based_on=3, act=Act.WITHDRAW, label="Withdraw") == 4


def test_signing_says_nothing_new(store: Store) -> None:
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    with pytest.raises(SignedReading, match="not what is saved"):
        store.save(sealed(with_finding(reading)), reader="a", based_on=0, act=Act.SIGN, label="Sign")
    assert store.readings() == ()


def test_a_reading_is_changed_and_signed_by_its_own_reader_only(store: Store) -> None:
    mine, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    said = with_finding(mine)
    with pytest.raises(SignedReading, match="This reading is a's"):
        store.save(said, reader="b", based_on=0, act=Act.EDIT, label="x")
    store.save(said, reader="a", based_on=0, act=Act.EDIT, label="x")
    with pytest.raises(SignedReading, match="This reading is a's"):
        store.save(sealed(said, reader="b"), reader="b", based_on=1, act=Act.SIGN, label="Sign")
    theirs, number = store.open_reading(STUDY, "b", lexicon_edition="5")
    assert number == 0
    assert store.save(with_finding(theirs), reader="b", based_on=0, act=Act.EDIT, label="x") == 1


def test_the_digest_covers_what_is_said_and_not_what_is_not() -> None:
    reading = with_finding(Reading(id="r", reader="a", study_instance_uid="1"))
    digest = content_digest(reading)
    assert len(digest) == 64
    assert content_digest(sealed(reading)) == digest
    assert content_digest(edits.set_done(reading, True)) == digest
    finding = reading.findings[0].id
    others = {
        content_digest(edits.describe(reading, finding, **said))
        for said in (
            {"comment": " "},
            {"assessment": Assessment.BENIGN},
            {"recommended_months": 0},
            {"distributions": (Distribution.LINEAR, Distribution.GROUPED)},
            {"distributions": (Distribution.GROUPED, Distribution.LINEAR)},
        )
    }
    others.add(content_digest(edits.set_stage(reading, Stage.FU6)))
    others.add(content_digest(edits.move_mark(reading, reading.marks[0].id, ImagePoint(1.5, 2.75))))
    assert len(others - {digest}) == 7


def test_the_digest_of_a_known_reading_stays_what_it_is() -> None:
    """A later version of the program must find the readings signed by this one unchanged."""
    said = edits.describe(
        with_known_ids(),
        "f",
        distributions=(Distribution.GROUPED,),
        assessment=Assessment.BENIGN,
        recommended_months=0,
    )
    plain = (
        '{"findings":[{"assessment":"2","distributions":["grouped"],"id":"f","number":1,"recommended_months":0,'
        '"tracking_uid":"2.25.1"}],"id":"r","lexicon_edition":"5","marks":[{"finding_id":"f","id":"m","image":{"frame":1,'
        '"sop_instance_uid":"1.2.3.4"},"kind":"micro","number":1,"point":{"column":1.5,"row":2.5}}],"reader":"a",'
        '"study_instance_uid":"1.2.3"}'
    )
    import hashlib

    assert content_digest(said) == hashlib.sha256(plain.encode()).hexdigest()


def with_known_ids() -> Reading:
    reading, finding = edits.add_finding(
        Reading(id="r", reader="a", study_instance_uid=STUDY), tracking_uid="2.25.1"
    )
    reading, mark = edits.add_mark(reading, finding.id, IMAGE, ImagePoint(1.5, 2.5), MarkKind.MICRO)
    return replace(
        reading,
        findings=(replace(finding, id="f"),),
        marks=(replace(mark, id="m", finding_id="f"),),
    )


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_marks_digested_in_pieces_have_the_same_digest(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    from annotator.store import encoding

    reading = with_known_ids()
    for column in range(6):
        reading, _ = edits.add_mark(reading, "f", IMAGE, ImagePoint(column, 1), MarkKind.MACRO)
    digest = content_digest(reading)
    monkeypatch.setattr(encoding, "MARKS_AT_ONCE", at_once)
    assert content_digest(reading) == digest


READERS = ("a", "b")


class SigningMachine(RuleBasedStateMachine):
    """Two readers of one exam, and what a window offers them, beside what only a broken one would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = self.new_database()
        self.store = Store.open(self.url)
        opened = {r: self.store.open_reading(STUDY, r, lexicon_edition="5") for r in READERS}
        self.now = {r: reading for r, (reading, _) in opened.items()}
        self.number = dict.fromkeys(READERS, 0)
        self.frozen: dict[str, list[tuple[Signature, Reading]]] = {r: [] for r in READERS}

    def new_database(self) -> str:
        return f"sqlite:///{Path(self.folder.name) / 'readings.db'}"

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def keep(self, who: str, value: Reading, act: Act) -> None:
        self.number[who] = self.store.save(
            value, reader=who, based_on=self.number[who], act=act, label=act.value
        )
        self.now[who] = value

    def refused(self, who: str, value: Reading, act: Act, by: str = "") -> None:
        with pytest.raises(SignedReading):
            self.store.save(value, reader=by or who, based_on=self.number[who], act=act, label="no")

    @rule(who=st.sampled_from(READERS), what=st.sampled_from(("finding", "stage", "comment", "remove")))
    def say(self, who: str, what: str) -> None:
        reading = replace(self.now[who], signatures=(), amending="")
        if what == "finding":
            said = with_finding(reading)
        elif what == "stage":
            said = edits.set_stage(reading, Stage.FU6 if reading.stage is None else None)
        elif not reading.findings:
            return
        elif what == "comment":
            said = edits.describe(reading, reading.findings[0].id, comment=f"{reading.findings[0].comment}!")
        else:
            said = edits.remove_finding(reading, reading.findings[-1].id)
        value = replace(said, signatures=self.now[who].signatures, amending=self.now[who].amending)
        if self.now[who].is_signed:
            self.refused(who, value, Act.EDIT)
        else:
            self.keep(who, value, Act.EDIT)

    @rule(who=st.sampled_from(READERS))
    def undo(self, who: str) -> None:
        blank = self.now[who].blank()
        steps, done = undo_steps(blank, self.store.revisions(blank.id) if self.number[who] else ())
        if done:
            before = steps[done - 1].before
            assert (before.signatures, before.amending) == (self.now[who].signatures, self.now[who].amending)
            self.keep(who, before, Act.UNDO)

    @rule(who=st.sampled_from(READERS))
    def sign(self, who: str) -> None:
        value = sealed(self.now[who])
        if self.now[who].is_signed:
            self.refused(who, value, Act.SIGN)
        else:
            self.keep(who, value, Act.SIGN)
            self.frozen[who].append((value.signatures[-1], value))

    @rule(who=st.sampled_from(READERS), done=st.booleans())
    def call_done(self, who: str, done: bool) -> None:
        self.keep(who, edits.set_done(self.now[who], done), Act.EDIT)

    @rule(who=st.sampled_from(READERS), reason=st.sampled_from(("one more view", "side")))
    def amend(self, who: str, reason: str) -> None:
        if self.now[who].is_signed:
            self.keep(who, edits.amend(self.now[who], reason), Act.AMEND)
        else:
            self.refused(who, replace(self.now[who], amending=f"{reason} again"), Act.AMEND)

    @precondition(lambda self: any(r.amending for r in self.now.values()))
    @rule()
    def withdraw(self) -> None:
        who = next(r for r in READERS if self.now[r].amending)
        signed = last_signed(self.store.revisions(self.now[who].id))
        assert signed is not None
        self.keep(who, edits.withdraw(self.now[who], signed), Act.WITHDRAW)
        assert self.now[who].content == self.frozen[who][-1][1].content

    @rule(who=st.sampled_from(READERS))
    def withdraw_to_something_else(self, who: str) -> None:
        if self.now[who].amending:
            self.refused(who, replace(with_finding(self.now[who]), amending=""), Act.WITHDRAW)

    @rule(who=st.sampled_from(READERS), act=st.sampled_from(Act))
    def unsign(self, who: str, act: Act) -> None:
        if self.now[who].signatures:
            self.refused(who, replace(self.now[who], signatures=self.now[who].signatures[:-1]), act)

    @rule(who=st.sampled_from(READERS), act=st.sampled_from(Act))
    def meddle(self, who: str, act: Act) -> None:
        other = READERS[1 - READERS.index(who)]
        self.refused(who, edits.set_done(self.now[who], not self.now[who].done), act, by=other)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store.open(self.url)
        for who in READERS:
            again = self.store.open_reading(STUDY, who, lexicon_edition="5")
            assert again == (self.now[who], self.number[who])

    @invariant()
    def signatures_stand(self) -> None:
        for who in READERS:
            reading = self.now[who]
            assert list(reading.signatures) == [signature for signature, _ in self.frozen[who]]
            if reading.is_signed:
                assert reading.content == self.frozen[who][-1][1].content
                assert not tampered(reading)


SigningMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck)
)
TestRandomActs = SigningMachine.TestCase


def test_a_whole_number_has_the_digest_it_has_when_it_comes_back(store: Store) -> None:
    reading, _ = store.open_reading(STUDY, "a", lexicon_edition="5")
    reading, finding = edits.add_finding(reading)
    reading, _ = edits.add_mark(reading, finding.id, IMAGE, ImagePoint(1, 2), MarkKind.MICRO)
    reading = edits.describe(reading, finding.id, extent=SaidLength(6))
    store.save(reading, reader="a", based_on=0, act=Act.EDIT, label="x")
    store.save(sealed(reading), reader="a", based_on=1, act=Act.SIGN, label="Sign")
    assert not tampered(store.latest(reading.id))
    (kept,) = (r.reading for r in store.revisions(reading.id) if r.act is Act.SIGN)
    assert not tampered(kept)
