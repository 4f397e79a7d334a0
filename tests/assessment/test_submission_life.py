"""The life of an assessment, lived at random: whatever people try, and in whatever order, no state is illegal.

A small model says what is allowed. Each deed is tried through the verbs by anybody at any time: it succeeds exactly
when the model allows it, and what the database holds afterwards is what the model expects.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import Role, User
from charter.assessment import answers, declarations, evidence, metrics, returns, snapshot, submission
from charter.assessment.models import Answer, Assessment, Evidence, MetricReturn, Submission
from charter.assessment.status import OPEN
from charter.award.models import Award
from charter.clock import local_date
from charter.database import writing
from charter.errors import Refusal
from charter.framework import publishing
from charter.framework.content import Content, Criterion, Extent
from charter.organisation.models import MemberRole, Membership, Organisation, Scope
from charter.review import findings, intake, moderation, more_information, recommendation
from charter.review.handing_out import allocation
from charter.review.models import About, Finding, Review, Subject
from charter.review.private import NO_NOTE
from tests.conftest import AT, empty_tables

OWNER, ASSESSOR, MODERATOR, SECOND = "owner", "assessor", "moderator", "second moderator"
ROLES = {
    OWNER: Role.EMPLOYER,
    ASSESSOR: Role.ASSESSOR,
    MODERATOR: Role.MODERATOR,
    SECOND: Role.MODERATOR,
}
LEVEL = 1
LEGAL = {
    ("draft", None),
    ("submitted", "waiting"),
    ("submitted", "in_review"),
    ("submitted", "recommended"),
    ("more_information", "with_employer"),
    ("decided", "decided"),
    ("withdrawn", "closed"),
    ("withdrawn", None),
}
"""The status of an assessment with that of its review, if it has one."""


@dataclass
class Expected:
    """What the model expects of one assessment."""

    id: UUID
    status: str = "draft"
    case: str | None = None
    round: int = 1
    answered: bool = False
    evidenced: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    """The criteria that the employer was asked about, while it is its turn."""
    asked_also: set[Subject] = field(default_factory=set)
    """The declarations and figures that it was asked about then."""
    found: dict[str, bool] = field(default_factory=dict)
    """Criteria with a finding that stands, and whether they were found met."""
    holder: str | None = None
    recommended: int | None = None
    decided: int | None = None
    snapshots: list[str] = field(default_factory=list)

    @property
    def editable(self) -> bool:
        return self.status in {"draft", "more_information"}


class Life(RuleBasedStateMachine):
    """One employer, three people of the scheme, and all that they may think of."""

    engine: ClassVar[sa.Engine]
    content: ClassVar[Content]

    def __init__(self) -> None:
        super().__init__()
        empty_tables(self.engine)
        self.at = AT
        self.started = self.employer_id = UUID(int=0)
        self.sent = ""
        self.past: list[Expected] = []
        self.now: Expected | None = None
        self.people: dict[str, UUID] = {}
        with self.work() as session:
            employer = Organisation(
                name="Teme Valley Orchards Ltd",
                county=self.content.counties[0].code,
                size_band=self.content.size_bands[-2].code,
                sector=self.content.sectors[0].code,
                scope=Scope.WHOLE,
                listed=True,
                listed_at=AT,
                registered_at=AT,
            )
            session.add(employer)
            for name, role in ROLES.items():
                person = User(
                    email=f"{name.replace(' ', '.')}@example.org",
                    name=name,
                    role=role,
                    created_at=AT,
                    email_confirmed_at=AT,
                )
                session.add(person)
                session.flush()
                self.people[name] = person.id
            session.add(
                Membership(organisation_id=employer.id, user_id=self.people[OWNER], role=MemberRole.OWNER, joined_at=AT)
            )
            self.employer_id = employer.id
        self.criteria: tuple[Criterion, ...] = self.content.asked(LEVEL)
        self.codes = [criterion.code for criterion in self.criteria]
        self.needed = {criterion.code for criterion in self.criteria if criterion.evidence_required}
        self.telling = next(one for one in self.criteria if one.core).code

    @contextmanager
    def work(self) -> Iterator[Session]:
        """What `transaction()` is to the pages."""
        with writing(), Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
                audit.seal(session)
                session.commit()
            finally:
                session.rollback()
                audit.forget(session)

    @property
    def on(self) -> date:
        return local_date(self.at)

    def attempt(self, name: str, by: str) -> None:
        """Try a deed, and hold the verb to what the model says."""
        deed = DEEDS[name]
        allowed = deed.allowed(self, by)
        self.at += timedelta(hours=1)
        refused: Refusal | None = None
        try:
            with self.work() as session:
                deed.do(self, session, session.get_one(User, self.people[by]), self.at)
        except Refusal as refusal:
            refused = refusal
        assert allowed == (refused is None), f"{name} by the {by}: {refused or 'was not refused'}"
        if allowed:
            deed.then(self, by)

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """Somebody does something that is allowed."""
        open_to = [
            (name, by)
            for name, deed in DEEDS.items()
            for by in deed.people
            if deed.allowed(self, by) and not (name == "complete" and is_now(self, answered=True))  # slow, and idle
        ]
        self.attempt(*data.draw(st.sampled_from(open_to)))

    @rule(data=st.data(), steps=st.integers(2, 6))
    def go_forward(self, data: st.DataObject, steps: int) -> None:
        """People take the case further, so that its end is reached often."""
        for _ in range(steps):
            if is_now(self, status="more_information"):
                for name in CHANGES:  # few lives stop here by themselves
                    self.attempt(name, OWNER)
            nearer = [(name, by) for name in next_steps(self) for by in DEEDS[name].people]
            self.attempt(*data.draw(st.sampled_from([one for one in nearer if DEEDS[one[0]].allowed(self, one[1])])))
            self.the_database_is_as_the_model_expects()

    @rule(data=st.data())
    @precondition(lambda self: self.now is not None)
    def try_anything(self, data: st.DataObject) -> None:
        """Somebody tries something, allowed or not."""
        name = data.draw(st.sampled_from(sorted(DEEDS)))
        self.attempt(name, data.draw(st.sampled_from(DEEDS[name].people)))

    @invariant()
    def the_database_is_as_the_model_expects(self) -> None:
        with Session(self.engine) as session:
            expected = {one.id: one for one in [*self.past, *([self.now] if self.now else [])]}
            stored = session.scalars(sa.select(Assessment)).all()
            assert {assessment.id for assessment in stored} == set(expected)
            assert sum(assessment.status in OPEN for assessment in stored) <= 1
            reviews = {review.assessment_id: review for review in session.scalars(sa.select(Review))}
            awards = {award.assessment_id: award for award in session.scalars(sa.select(Award))}
            for assessment in stored:
                one, review = expected[assessment.id], reviews.get(assessment.id)
                statuses = (assessment.status.value, review.status.value if review else None)
                assert statuses in LEGAL
                assert (*statuses, assessment.round) == (one.status, one.case, one.round)
                self._check_submissions(session, assessment, one)
                if review is not None:
                    self._check_review(review, one)
                award = awards.get(assessment.id)
                assert (award is not None) == bool(one.decided)
                assert award is None or award.level == one.decided
            standing = [award for award in awards.values() if award.status.value == "active"]
            assert len(standing) <= 1

    def _check_submissions(self, session: Session, assessment: Assessment, one: Expected) -> None:
        stored = session.scalars(
            sa.select(Submission).where(Submission.assessment_id == assessment.id).order_by(Submission.round)
        ).all()
        assert [submission.round for submission in stored] == list(range(1, len(one.snapshots) + 1))
        assert [snapshot.digest(submission.snapshot) for submission in stored] == one.snapshots
        assert [submission.snapshot_hash for submission in stored] == one.snapshots

    def _check_review(self, review: Review, one: Expected) -> None:
        assert review.decided_level == one.decided
        assert (review.decided_at is not None) == (one.case == "decided")
        if review.decided_by_id is not None:
            assert review.decided_by_id not in {review.recommended_by_id, self.people[OWNER]}
        if one.case in {"in_review", "with_employer", "recommended", "decided"}:
            assert one.holder is not None
            assert review.assessor_id == self.people[one.holder]

    def teardown(self) -> None:
        with Session(self.engine) as session:
            verdict = audit.verify(session)
            assert verdict.sound, verdict.faults


# What people do: when it is allowed, how it is done, and what is expected after --------------------------------------

STAFF = [ASSESSOR, MODERATOR, SECOND, OWNER]
"""The owner too: nobody works on the case of their own employer."""


@dataclass(frozen=True)
class Deed:
    """Something that one of `people` may try."""

    people: list[str]
    allowed: Callable[[Life, str], bool]
    do: Callable[[Life, Session, User, datetime], None]
    then: Callable[[Life, str], None]


def current(life: Life, session: Session) -> Assessment:
    if life.now is None:
        raise Refusal("There is no assessment.")
    return session.get_one(Assessment, life.now.id)


def case(life: Life, session: Session) -> Review:
    found = session.scalars(sa.select(Review).where(Review.assessment_id == current(life, session).id)).first()
    if found is None:
        raise Refusal("There is no case.")
    return found


def is_now(life: Life, **facts: Any) -> bool:
    return life.now is not None and all(getattr(life.now, name) == fact for name, fact in facts.items())


def may_edit(life: Life, by: str) -> bool:
    return life.now is not None and life.now.editable


def works_on(life: Life, by: str) -> bool:
    return is_now(life, case="in_review", holder=by)


def may_moderate(life: Life, by: str) -> bool:
    return is_now(life, case="recommended") and by not in {OWNER, life.now.holder if life.now else None}


def start(life: Life, session: Session, by: User, at: datetime) -> None:
    employer = session.get_one(Organisation, life.employer_id)
    started = submission.start(session, employer, publishing.current(session), target_level=LEVEL, by=by, at=at)
    session.flush()
    life.started = started.id


def started(life: Life, by: str) -> None:
    if life.now:
        life.past.append(life.now)
    life.now = Expected(life.started)


def save(life: Life, session: Session, by: User, at: datetime, code: str) -> None:
    fully = next(value.value for value in life.content.scale if value.extent is Extent.MET)
    assessment = current(life, session)
    stored = session.scalars(
        sa.select(Answer).where(Answer.assessment_id == assessment.id, Answer.criterion == code)
    ).first()
    answers.save(
        session,
        assessment,
        criterion=code,
        value=fully,
        explanation=f"We do this since {at}.",
        action="",
        action_owner="",
        action_due=None,
        reason="",
        seen_version=stored.version if stored else 0,
        by=by,
        at=at,
        open_criteria=life.now.asked if life.now else None,
    )


def complete(life: Life, session: Session, by: User, at: datetime) -> None:
    """Everything that a submission needs."""
    assessment = current(life, session)
    for code in life.codes:
        save(life, session, by, at, code)
    evidence.add_link(
        session,
        assessment,
        criteria=sorted(life.needed),
        title="Our pages",
        url="https://example.org/staff",
        dated_on=None,
        by=by,
        at=at,
    )
    declarations.save(session, assessment, agreed={one.code: True for one in life.content.declarations}, by=by, at=at)
    stored = session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == assessment.id)).first()
    returns.save(
        session,
        assessment,
        period_end=local_date(AT),
        notes={},
        seen_version=stored.version if stored else 0,
        inputs={number.name: "6" for number in metrics.fields(life.content, LEVEL)},
        by=by,
        at=at,
    )


def completed(life: Life, by: str) -> None:
    assert life.now
    life.now.answered = True
    life.now.evidenced |= life.needed


def answer_open(life: Life, session: Session, by: User, at: datetime) -> None:
    save(life, session, by, at, min(life.now.asked if life.now and life.now.asked else life.codes))


def answer_frozen(life: Life, session: Session, by: User, at: datetime) -> None:
    save(life, session, by, at, next(code for code in life.codes if not life.now or code not in life.now.asked))


def the_declaration(life: Life) -> Subject:
    return Subject(About.DECLARATION, life.content.declarations[0].code)


def the_figure(life: Life) -> Subject:
    return Subject(About.FIGURE, life.content.metrics_for(LEVEL)[0].code)


def may_change(life: Life, subject: Subject) -> bool:
    return is_now(life, status="draft") or (life.now is not None and subject in life.now.asked_also)


def asked_also(life: Life, about: About) -> set[str]:
    return {subject.code for subject in (life.now.asked_also if life.now else ()) if subject.about is about}


def declare_again(life: Life, session: Session, by: User, at: datetime, *, asked: bool = True) -> None:
    code = the_declaration(life).code if asked else life.content.declarations[-1].code
    declarations.save(
        session,
        current(life, session),
        agreed={code: True},
        notes={code: f"Checked at {at}."},
        by=by,
        at=at,
        open_declarations=asked_also(life, About.DECLARATION),
    )


def return_again(life: Life, session: Session, by: User, at: datetime) -> None:
    assessment, code = current(life, session), the_figure(life).code
    stored = session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == assessment.id)).first()
    returns.save(
        session,
        assessment,
        period_end=stored.period_end if stored else None,
        inputs=stored.inputs if stored else {},
        notes={code: f"Counted at {at}."},
        seen_version=stored.version if stored else 0,
        by=by,
        at=at,
        open_figures=asked_also(life, About.FIGURE),
    )


def attached_to(life: Life) -> str:
    return max(life.now.asked if life.now and life.now.asked else life.codes)


def attach(life: Life, session: Session, by: User, at: datetime) -> None:
    evidence.add_account(
        session,
        current(life, session),
        criteria=[attached_to(life)],
        title="",
        text="We do this every day.",
        dated_on=None,
        by=by,
        at=at,
        open_criteria=life.now.asked if life.now else None,
    )


def attached(life: Life, by: str) -> None:
    assert life.now
    life.now.evidenced.add(attached_to(life))


def detached_from(life: Life) -> str | None:
    """An open criterion with evidence, else any with evidence, else none."""
    if life.now is None or not life.now.evidenced:
        return None
    if life.now.status == "more_information":
        return min(life.now.evidenced & life.now.asked or life.now.evidenced)
    return min(life.now.evidenced)


def may_detach(life: Life, by: str) -> bool:
    code = detached_from(life)
    return (
        code is not None
        and life.now is not None
        and (life.now.status == "draft" or (life.now.status == "more_information" and code in life.now.asked))
    )


def detach(life: Life, session: Session, by: User, at: datetime) -> None:
    code = detached_from(life)
    if code is None:
        raise Refusal("There is nothing to take away.")
    assessment = current(life, session)
    pieces: tuple[Evidence, ...] = evidence.of(session, assessment)[code]
    for piece in pieces:
        evidence.detach(
            session,
            assessment,
            piece,
            criterion=code,
            by=by,
            at=at,
            open_criteria=life.now.asked if life.now else None,
        )


def detached(life: Life, by: str) -> None:
    assert life.now
    life.now.evidenced.discard(detached_from(life) or "")


def may_submit(life: Life, by: str) -> bool:
    return life.now is not None and life.now.editable and life.now.answered and life.needed <= life.now.evidenced


def submit(life: Life, session: Session, by: User, at: datetime) -> None:
    made = intake.submit(
        session, current(life, session), declared_by="Olive", declared_role="Owner", by=by, at=at, on=local_date(at)
    )
    life.sent = made.snapshot_hash


def submitted(life: Life, by: str) -> None:
    now = life.now
    assert now
    again = now.status == "more_information"
    now.status, now.case = "submitted", "in_review" if again else "waiting"
    now.round += again
    for code in now.asked:
        now.found.pop(code, None)
    now.asked, now.asked_also = set(), set()
    now.snapshots.append(life.sent)


def withdrawn(life: Life, by: str) -> None:
    assert life.now
    life.now.status, life.now.case = "withdrawn", "closed" if life.now.case else None
    life.now.asked, life.now.asked_also = set(), set()


def claimed(life: Life, by: str) -> None:
    assert life.now
    life.now.case, life.now.holder = "in_review", by


def released(life: Life, by: str) -> None:
    assert life.now
    life.now.case, life.now.holder = "waiting", None


def find(life: Life, session: Session, by: User, at: datetime, *, short: bool) -> None:
    outcomes = {one.extent: one.value for one in life.content.outcomes if not one.asks_employer}
    review = case(life, session)
    seen = {
        finding.criterion: finding.version
        for finding in session.scalars(
            sa.select(Finding).where(Finding.review_id == review.id, Finding.round == review.assessment.round)
        )
    }
    given = [
        findings.Given(
            code,
            outcomes[Extent.NOT_MET if short and code == life.telling else Extent.MET],
            "",
            NO_NOTE,
            seen.get(code, 0),
        )
        for code in life.codes
    ]
    for refusal in findings.save_all(session, review, given=given, by=by, at=at).values():
        raise refusal


def ask(life: Life, session: Session, by: User, at: datetime) -> None:
    more_information.ask(
        session,
        case(life, session),
        questions=dict.fromkeys(
            [*(Subject(About.CRITERION, code) for code in asked_about(life)), also_about(life)], "Who does this cover?"
        ),
        answer_by=local_date(at) + timedelta(days=14),
        by=by,
        at=at,
    )


def asked_about(life: Life) -> list[str]:
    """Two criteria, others in each round; one of them needs evidence."""
    turn = life.now.round if life.now else 0
    return [sorted(life.needed)[turn % len(life.needed)], max(set(life.codes) - life.needed)]


def also_about(life: Life) -> Subject:
    """A declaration in the odd rounds, a figure in the even ones."""
    return the_declaration(life) if life.now is None or life.now.round % 2 else the_figure(life)


def asked(life: Life, by: str) -> None:
    assert life.now
    life.now.status, life.now.case, life.now.asked = "more_information", "with_employer", set(asked_about(life))
    life.now.asked_also = {also_about(life)}


def is_found(life: Life, level: int) -> bool:
    """Whether the findings allow a recommendation of this level, which some levels allow only once."""
    found = life.now.found if life.now else {}
    asked = life.content.level(level)
    again = asked is not None and not asked.renewable and level in {one.decided for one in life.past}
    return set(found) == set(life.codes) and (level == 0 or (all(found.values()) and not again))


def recommend(life: Life, session: Session, by: User, at: datetime, *, level: int) -> None:
    recommendation.recommend(
        session, case(life, session), level=level, reasons="As found.", by=by, at=at, on=local_date(at)
    )


def recommended(life: Life, level: int) -> None:
    assert life.now
    life.now.case, life.now.recommended = "recommended", level


def sent_back(life: Life, by: str) -> None:
    assert life.now
    life.now.case, life.now.recommended = "in_review", None


def other_level(life: Life) -> int:
    return LEVEL - (life.now.recommended or 0) if life.now else 0


def decided(life: Life, level: int | None) -> None:
    assert life.now
    life.now.status = life.now.case = "decided"
    life.now.decided = level


def found_as(life: Life, short: bool) -> None:
    assert life.now
    life.now.found = {code: not (short and code == life.telling) for code in life.codes}


def nothing(life: Life, by: str) -> None:
    """The model stays as it was."""


DEEDS: dict[str, Deed] = {
    "start": Deed(
        [OWNER], lambda life, by: life.now is None or life.now.status in {"decided", "withdrawn"}, start, started
    ),
    "complete": Deed([OWNER], lambda life, by: is_now(life, status="draft"), complete, completed),
    "answer what is open": Deed([OWNER], may_edit, answer_open, nothing),
    "answer what was not asked": Deed([OWNER], lambda life, by: is_now(life, status="draft"), answer_frozen, nothing),
    "declare again": Deed([OWNER], lambda life, by: may_change(life, the_declaration(life)), declare_again, nothing),
    "declare what was not asked": Deed(
        [OWNER],
        lambda life, by: is_now(life, status="draft"),
        lambda life, session, by, at: declare_again(life, session, by, at, asked=False),
        nothing,
    ),
    "return figures again": Deed([OWNER], lambda life, by: may_change(life, the_figure(life)), return_again, nothing),
    "attach": Deed([OWNER], may_edit, attach, attached),
    "detach": Deed([OWNER], may_detach, detach, detached),
    "submit": Deed([OWNER], may_submit, submit, submitted),
    "withdraw": Deed(
        [OWNER],
        lambda life, by: life.now is not None and life.now.status in {"draft", "submitted", "more_information"},
        lambda life, session, by, at: intake.withdraw(session, current(life, session), by=by, at=at),
        withdrawn,
    ),
    "claim": Deed(
        STAFF,
        lambda life, by: is_now(life, case="waiting") and by != OWNER,
        lambda life, session, by, at: allocation.claim(session, case(life, session), by=by, at=at),
        claimed,
    ),
    "release": Deed(
        STAFF,
        lambda life, by: works_on(life, by) or (is_now(life, case="in_review") and by in {MODERATOR, SECOND}),
        lambda life, session, by, at: allocation.release(session, case(life, session), by=by, at=at),
        released,
    ),
    "find all met": Deed(
        STAFF,
        works_on,
        lambda life, session, by, at: find(life, session, by, at, short=False),
        lambda life, by: found_as(life, False),
    ),
    "find one not met": Deed(
        STAFF,
        works_on,
        lambda life, session, by, at: find(life, session, by, at, short=True),
        lambda life, by: found_as(life, True),
    ),
    "ask for more": Deed(STAFF, works_on, ask, asked),
    "recommend the level": Deed(
        STAFF,
        lambda life, by: works_on(life, by) and is_found(life, LEVEL),
        lambda life, session, by, at: recommend(life, session, by, at, level=LEVEL),
        lambda life, by: recommended(life, LEVEL),
    ),
    "recommend no award": Deed(
        STAFF,
        lambda life, by: works_on(life, by) and is_found(life, 0),
        lambda life, session, by, at: recommend(life, session, by, at, level=0),
        lambda life, by: recommended(life, 0),
    ),
    "send back": Deed(
        STAFF,
        may_moderate,
        lambda life, session, by, at: void(
            moderation.send_back(session, case(life, session), reasons="Look again.", by=by, at=at)
        ),
        sent_back,
    ),
    "agree": Deed(
        STAFF,
        may_moderate,
        lambda life, session, by, at: void(
            moderation.agree(session, case(life, session), by=by, at=at, on=local_date(at))
        ),
        lambda life, by: decided(life, life.now.recommended if life.now else None),
    ),
    "decide otherwise": Deed(
        STAFF,
        lambda life, by: may_moderate(life, by) and is_found(life, other_level(life)),
        lambda life, session, by, at: void(
            moderation.change(
                session,
                case(life, session),
                level=other_level(life),
                reasons="Otherwise.",
                by=by,
                at=at,
                on=local_date(at),
            )
        ),
        lambda life, by: decided(life, other_level(life)),
    ),
}


CHANGES = ("declare again", "declare what was not asked", "return figures again", "answer what was not asked")
"""What changes one thing that an employer said: some of it allowed in a round of more information, some not."""


def next_steps(life: Life) -> list[str]:
    """What takes the assessment nearer to its end; in a first round the assessor may ask for more."""
    now = life.now
    if now is None or now.status in {"decided", "withdrawn"}:
        return ["start"]
    if now.editable:
        return ["submit"] if may_submit(life, OWNER) else ["complete"] if now.status == "draft" else ["attach"]
    if now.case == "waiting":
        return ["claim"]
    if now.case == "in_review":
        if not is_found(life, 0):
            return ["find all met", "find one not met", *(["ask for more"] if now.round == 1 else [])]
        return ["recommend the level"] if is_found(life, LEVEL) else ["recommend no award"]
    return ["agree", "agree", *(["decide otherwise"] if is_found(life, other_level(life)) else ["send back"])]


def void(_: object) -> None:
    """A deed gives nothing back."""


def test_no_life_of_an_assessment_reaches_an_illegal_state(engine: sa.Engine) -> None:
    with Session(engine) as session:
        found = publishing.current(session).content

    class ThisLife(Life):
        pass

    ThisLife.engine, ThisLife.content = engine, found
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ThisLife,
        settings=settings(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            database=None,
            derandomize=True,  # the same lives each time: a build does not fail for something else than its change
            suppress_health_check=list(HealthCheck),
        ),
    )
