"""Makes the people, employers and histories that tests need, with the scheme's own verbs where there are any."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from charter.account.models import Role, User
from charter.account.passwords import PASSWORD_HASHER
from charter.assessment import answers, declarations, evidence, metrics, queries, returns, sign_off, submission
from charter.assessment.models import Assessment, ScanState, SignOff
from charter.assessment.quarantine import Scan
from charter.assessment.status import AssessmentStatus
from charter.award import issuing
from charter.award.models import Award
from charter.award.yearly import giving, opening
from charter.award.yearly.models import YearlyReturn
from charter.clock import local_date, now, today
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.content import Extent
from charter.framework.models import Framework
from charter.improvement import actions, programmes, taking_up
from charter.improvement.models import Action, Programme, ProgrammeRequest
from charter.organisation.models import MemberRole, Membership, Organisation, Scope
from charter.review import findings, intake, more_information, recommendation, submitted
from charter.review.handing_out import allocation
from charter.review.models import About, Review, Subject
from charter.review.private import PrivateNote
from charter.review.second import conversations, second_looks
from charter.review.second.second_models import ConversationKind
from charter.survey import running
from charter.survey.models import Survey

PASSWORD = "correct horse battery staple"
CLEAN = Scan(ScanState.CLEAN, datetime(2026, 11, 22, 9, tzinfo=UTC), "ClamAV of the tests")
"""What the virus scanner said of a file that a test adds by a verb and opens."""
_hash: list[str] = []
_numbers = count(1)


def password_hash() -> str:
    """One hash for everyone: hashing is slow on purpose."""
    if not _hash:
        _hash.append(PASSWORD_HASHER.hash(PASSWORD))
    return _hash[0]


class Factory:
    """Needs an application context. Everything it makes is committed and was made at `at`."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def user(self, name: str, role: str = "employer") -> User:
        """A person whose email is confirmed; staff have a second factor."""
        with transaction() as session:
            user = User(
                email=f"{name.split()[0].lower()}{next(_numbers)}@example.org",
                name=name,
                role=Role(role),
                password_hash=password_hash(),
                created_at=self.at,
                email_confirmed_at=self.at,
                totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" if role != "employer" else None,
                totp_confirmed_at=self.at if role != "employer" else None,
            )
            session.add(user)
        return user

    def staff(self, role: str, name: str) -> User:
        """Somebody who works for the scheme."""
        return self.user(name, role)

    def organisation(self, name: str = "An Employer Ltd", **values: object) -> Organisation:
        """An employer; `values` are columns of `Organisation`."""
        content = self.framework().content
        with transaction() as session:
            organisation = Organisation(
                **{
                    "name": name,
                    "county": content.counties[0].code,
                    "size_band": content.size_bands[-2].code,
                    "sector": content.sectors[0].code,
                    "scope": Scope.WHOLE,
                    "listed": True,
                    "listed_at": self.at,
                    "registered_at": self.at,
                    **values,
                }
            )
            session.add(organisation)
        return organisation

    def member(self, organisation: Organisation, name: str, role: str = "owner") -> User:
        """A person with a part in an employer."""
        user = self.user(name)
        with transaction() as session:
            session.add(
                Membership(organisation_id=organisation.id, user_id=user.id, role=MemberRole(role), joined_at=self.at)
            )
        return user

    def joins(self, organisation: Organisation, user: User, role: str = "owner") -> None:
        """Give somebody a part in one more employer."""
        with transaction() as session:
            session.add(
                Membership(organisation_id=organisation.id, user_id=user.id, role=MemberRole(role), joined_at=self.at)
            )

    def programmes(self) -> list[Programme]:
        """The directory of services, as it comes with the portal."""
        with transaction() as session:
            return programmes.load(session, by=None, at=self.at, on=local_date(self.at))

    def asks(self, organisation: Organisation, programme: Programme, *, by: User) -> ProgrammeRequest:
        """`by` asks for a programme in the name of the employer."""
        with transaction() as session:
            return taking_up.ask(
                session,
                organisation,
                programme,
                message="Please call us.",
                content=self.framework().content,
                scheme_email="charter@example.org",
                by=by,
                at=self.at,
                on=local_date(self.at),
            )

    def action(
        self, organisation: Organisation, title: str = "Write it down", *, due_on: date | None = None, by: User
    ) -> Action:
        """An action that `by` added to the employer's plan, and does."""
        with transaction() as session:
            details = actions.Details(title=title, detail="", owner_id=by.id, owner_name="", due_on=due_on)
            content = publishing.current(session).content
            found = session.get_one(Organisation, organisation.id)
            return actions.add(session, found, details, criterion=None, content=content, by=by, at=self.at)

    def award(self, organisation: Organisation, *, level: int = 1, on: date | None = None, by: User) -> Award:
        """The award for an assessment that `by` decided, from the day `on` (the day of `at` unless given)."""
        with transaction() as session:
            assessment = Assessment(
                organisation=organisation,
                framework=publishing.current(session),
                target_level=level,
                status=AssessmentStatus.DECIDED,
                round=1,
                started_at=self.at,
                submitted_at=self.at,
                decided_at=self.at,
                decided_level=level,
            )
            session.add(assessment)
            session.flush()  # for its id
            return issuing.issue(
                session, assessment, level=level, headcount=None, by=by, at=self.at, on=on or local_date(self.at)
            )

    def yearly_return(self, award: Award, *, on: date | None = None) -> YearlyReturn:
        """The return that is due around the day `on` (today unless given) for an award."""
        day = on or today()
        with transaction() as session:
            opening.open_due(session, day, self.at)
            return session.scalars(
                sa.select(YearlyReturn).where(YearlyReturn.award_id == award.id).order_by(YearlyReturn.due_on.desc())
            ).one()

    def gives(
        self,
        due: YearlyReturn,
        inputs: Mapping[str, str] | None = None,
        *,
        period_end: date,
        unknown: Collection[str] = (),
        send: bool = True,
        by: User,
        at: datetime | None = None,
    ) -> YearlyReturn:
        """The same return with figures (6 for each number, but for `inputs`), sent unless it is to stay a draft."""
        with transaction() as session:
            numbers = {field.name: "6" for field in metrics.fields(due.content, due.level)}
            giving.save(
                session,
                due,
                period_end=period_end,
                inputs={**numbers, **(inputs or {})},
                notes={},
                unknown=unknown,
                seen_version=due.version,
                by=by,
                at=at or now(),
            )
            if send:
                giving.send(
                    session,
                    due,
                    declared_by=by.name,
                    declared_role="Owner",
                    seen_version=due.version,
                    by=by,
                    at=at or now(),
                )
        return due

    def assessment(self, organisation: Organisation, *, level: int = 1, by: User) -> Assessment:
        """An assessment that `by` has just started."""
        with transaction() as session:
            return submission.start(
                session, organisation, publishing.current(session), target_level=level, by=by, at=self.at
            )

    def answered(self, assessment: Assessment, *, by: User, but: Collection[str] = ()) -> Assessment:
        """Everything that the level asks for: fully in place, with a link where evidence is needed, but for `but`."""
        with transaction() as session:
            content = assessment.framework.content
            said = queries.material(session, assessment)
            fully = next(value.value for value in content.scale if value.extent is Extent.MET)
            for criterion in said.asked:
                if criterion.code in but:
                    continue
                there = said.answers.get(criterion.code)
                answers.save(
                    session,
                    assessment,
                    criterion=criterion.code,
                    value=fully,
                    explanation="We do this every day.",
                    action="",
                    action_owner="",
                    action_due=None,
                    reason="",
                    seen_version=there.version if there else 0,
                    by=by,
                    at=self.at,
                )
            needing = [one.code for one in said.asked if one.evidence_required and one.code not in but]
            if needing:
                evidence.add_link(
                    session,
                    assessment,
                    criteria=needing,
                    title="Our staff pages",
                    url="https://example.org/staff",
                    dated_on=None,
                    by=by,
                    at=self.at,
                )
            declarations.save(
                session, assessment, agreed={one.code: True for one in content.declarations}, by=by, at=self.at
            )
            numbers = metrics.fields(content, assessment.target_level)
            returns.save(
                session,
                assessment,
                period_end=local_date(self.at),
                inputs={field.name: "6" for field in numbers},
                notes={},
                seen_version=0,
                by=by,
                at=self.at,
            )
        return assessment

    def submitted(self, assessment: Assessment, *, by: User) -> Assessment:
        """The same assessment, sent to the scheme."""
        with transaction() as session:
            intake.submit(
                session,
                assessment,
                declared_by=by.name,
                declared_role="Owner",
                by=by,
                at=self.at,
                on=local_date(self.at),
            )
        return assessment

    def asked_for_more(
        self,
        assessment: Assessment,
        criteria: Collection[str] = (),
        *,
        declarations: Collection[str] = (),
        figures: Collection[str] = (),
        assessor: User,
    ) -> Assessment:
        """The same assessment, back with the employer for more on `criteria`, `declarations` and `figures`, by code."""
        asked = [
            *(Subject(About.CRITERION, code) for code in criteria),
            *(Subject(About.DECLARATION, code) for code in declarations),
            *(Subject(About.FIGURE, code) for code in figures),
        ]
        with transaction() as session:
            session.expire_all()  # pages may have changed it meanwhile
            review = session.scalars(sa.select(Review).where(Review.assessment_id == assessment.id)).one()
            if review.assessor_id is None:
                allocation.claim(session, review, by=assessor, at=self.at)
            more_information.ask(
                session,
                review,
                questions=dict.fromkeys(asked, "Which of your people does this cover?"),
                answer_by=local_date(self.at) + timedelta(days=14),
                by=assessor,
                at=self.at,
            )
        return assessment

    def review(self, assessment: Assessment) -> Review:
        """The case of an assessment that was submitted."""
        return db.session.scalars(sa.select(Review).where(Review.assessment_id == assessment.id)).one()

    def claimed(self, assessment: Assessment, *, by: User) -> Review:
        """The case of an assessment, taken by an assessor."""
        with transaction() as session:
            review = self.review(assessment)
            allocation.claim(session, review, by=by, at=self.at)
        return review

    def found(self, review: Review, *, by: User, outcome: Extent = Extent.MET, but: Collection[str] = ()) -> Review:
        """The case with a finding of this extent on each of its criteria, but for `but`."""
        with transaction() as session:
            content = review.assessment.framework.content
            value = next(one.value for one in content.outcomes if one.extent is outcome and not one.asks_employer)
            asked = submitted.asked(review.assessment, submitted.latest(session, review.assessment))
            note = PrivateNote("Seen on the staff pages.")
            refused = findings.save_all(
                session,
                review,
                given=[
                    findings.Given(one.code, value, "Clear and in use.", note, 0)
                    for one in asked
                    if one.code not in but
                ],
                by=by,
                at=self.at,
            )
            assert not refused, refused
        return review

    def recommended(self, review: Review, *, by: User, level: int = 1, reasons: str = "It is all in place.") -> Review:
        """The case with a level recommended."""
        with transaction() as session:
            recommendation.recommend(
                session, review, level=level, reasons=reasons, by=by, at=self.at, on=local_date(self.at)
            )
        return review

    def looked(self, review: Review, *, by: User, outcome: Extent = Extent.MET, also: Mapping[str, Extent]) -> Review:
        """The case with the second findings of `by` on each criterion: this extent, but for those in `also`."""
        with transaction() as session:
            values = {one.extent: one.value for one in review.assessment.framework.content.outcomes[::-1]}
            refused = second_looks.save_all(
                session,
                review,
                given=[
                    findings.Given(one.code, values[also.get(one.code, outcome)], "", PrivateNote("Seen by me."), 0)
                    for one in submitted.asked(review.assessment, submitted.latest(session, review.assessment))
                ],
                by=by,
                at=self.at,
            )
            assert not refused, refused
        return review

    def compared(self, review: Review, *, by: User, also: Mapping[str, Extent] | None = None) -> Review:
        """The case with the second findings of `by`, compared with the first ones."""
        self.looked(review, by=by, also=also or {})
        with transaction() as session:
            second_looks.compare(session, review, by=by, at=self.at)
        return review

    def conversed(self, review: Review, *, by: User) -> Review:
        """The case with a visit on record."""
        with transaction() as session:
            conversations.record(
                session,
                review,
                conversations.Details(
                    held_on=local_date(self.at),
                    kind=ConversationKind.VISIT,
                    for_employer="The manager and two mechanics",
                    for_scheme="The assessor",
                    notes="They talk every morning.",
                    summary="We met your team and saw how a day begins.",
                ),
                by=by,
                at=self.at,
                on=local_date(self.at),
            )
        return review

    def asks_for_sign_off(self, assessment: Assessment, *, by: User) -> tuple[SignOff, str]:
        """A director is asked to approve an assessment that has everything; with the token of their link."""
        with transaction() as session:
            asked, token = sign_off.ask(
                session,
                assessment,
                name="Dee Director",
                role="Director",
                email="dee@example.org",
                by=by,
                at=self.at,
                on=local_date(self.at),
            )
            session.flush()  # for its id
        assert token is not None
        return asked, token

    def signs_off(self, asked: SignOff, token: str) -> SignOff:
        """The director approves what it says now."""
        on = local_date(self.at)
        with transaction() as session:
            said = queries.material(session, session.get_one(Assessment, asked.assessment_id))
            seen = sign_off.standing(session, said, at=self.at, on=on).content_hash
            return sign_off.approve(session, token, seen=seen, signed_as="Dee Director", agreed=True, at=self.at, on=on)

    def framework(self) -> Framework:
        """The published framework."""
        return publishing.current(db.session)

    def survey(
        self, organisation: Organisation, *, people: int = 12, on: date | None = None, by: User
    ) -> tuple[Survey, tuple[str, ...]]:
        """A staff survey that is open from the day `on` (the day of `at` unless given) for two weeks, and its codes."""
        first = on or local_date(self.at)
        with transaction() as session:
            survey = running.start(
                session,
                organisation,
                publishing.current(session),
                title="Staff survey",
                people=people,
                closes_on=first + timedelta(days=14),
                by=by,
                at=self.at + (first - local_date(self.at)),
                on=first,
            )
            session.flush()  # for its id
            return survey, running.make_codes(session, survey, by=by, at=self.at)
