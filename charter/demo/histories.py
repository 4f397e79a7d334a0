"""The life of one made-up employer after another, lived through the scheme's own verbs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import answers, carrying, declarations, evidence, metrics, queries, returns
from charter.assessment.file_checks import Checked, check
from charter.assessment.models import Answer, Assessment, MetricReturn
from charter.assessment.sharing import DECLARATIONS, FIGURES
from charter.assessment.standing_in import done_for
from charter.award import issuing, renewal
from charter.award.models import Award
from charter.demo import documents, names, numbers, second_looks, times
from charter.demo.people import ACCOUNTS, Staff, at, person
from charter.demo.stories import OPEN_TO_DOUBT, Second, Stage, Story, plan
from charter.extensions import transaction
from charter.framework.content import Content, Criterion, Extent, Need, ScaleValue
from charter.framework.models import Framework
from charter.improvement import actions, building, with_plan
from charter.improvement import plan as improvement_plan
from charter.organisation import joining, recognition
from charter.organisation.models import MemberRole, Membership, Scope
from charter.panel import referring
from charter.reporting import returns as measure_returns
from charter.reporting.models import Measure
from charter.review import findings, intake, more_information, recommendation
from charter.review.findings import Given
from charter.review.handing_out import allocation
from charter.review.models import About, Review, Subject
from charter.review.private import PrivateNote
from charter.storage import Store
from charter.time_spent import adding

LOOK_AT = {
    ".pdf": "Page 1, the paragraphs under the title",
    ".docx": "The last paragraph but one",
    ".xlsx": "Sheet Training, columns C and D",
}
"""Where to look in a document, by its ending; a photograph and a short message need no such words."""


ALSO_ASKED = {
    About.DECLARATION: "You say yes. Your last answers name agency staff: please tell us if this holds for them too.",
    About.FIGURE: "This differs from the document that you sent. Please check it, or tell us what you counted.",
}
"""What the assessors of the demo ask besides evidence."""

FEEDBACK = {
    Extent.MET: ("Clear and up to date. Thank you.", "The document says what we hoped to see.", ""),
    Extent.IN_PROGRESS: ("A good plan. Show us at renewal that it happened.",),
    Extent.NOT_MET: ("The document promises this, but we could not see that it happens.",),
    Extent.NOT_APPLICABLE: ("We accept that this does not apply to you.",),
}


class Maker:
    """Makes employers. The same seed and day give the same employers (their ids and codes are drawn anew)."""

    def __init__(
        self,
        store: Store,
        versions: Sequence[tuple[date, UUID]],
        staff: Staff,
        random: Random,
        on: date,
        stories: Sequence[Story] = (),
    ) -> None:
        """`versions` are those of the charter with the day each came out, the oldest first; `stories` those of the
        demo unless given."""
        self.store = store
        self.versions = versions
        self.staff = staff
        self.random = random
        self.on = on
        self.stories = stories or plan()

    def make(self, position: int) -> None:
        """Make the employer at this position and let it live its story, in one transaction."""
        firm = names.firm(self.random, position)
        story = self.stories[position % len(self.stories)]
        last = self.on - timedelta(days=story.days_ago)
        files = self._files(firm.name, last) if story.stage > Stage.STARTED else []
        with transaction() as session:
            _Life(self, session, firm, story, last, files, position).live()

    def _files(self, employer: str, day: date) -> list[tuple[str, Checked, str, int]]:
        kinds = self.random.sample(documents.KINDS, 5)
        made = [kind(employer, self.random, day - timedelta(days=self.random.randint(40, 300))) for kind in kinds]
        return [
            (name, check(name, content, limit=10_000_000), self.store.put(content), len(content))
            for name, content in made
        ]

    def enter_returns(self) -> None:
        """A few values of the strategy's measures, as an administrator would enter them."""
        with transaction() as session:
            administrator = session.get_one(User, self.staff.administrator)
            for measure in session.scalars(sa.select(Measure).order_by(Measure.position)):
                if not measure.takes_returns or self.random.random() < 0.2:
                    continue
                start = measure.baseline or Decimal(100)
                for quarter, days in enumerate((300, 210, 120, 35)):
                    change = Decimal(self.random.randint(-10, 30) * (quarter + 1)) / Decimal(1000)
                    value = start * (1 + change if measure.direction.value == "up" else 1 - change)
                    measure_returns.enter(
                        session,
                        measure,
                        value=round(value, 1 if measure.unit == "per cent" else 0),
                        as_at=self.on - timedelta(days=days),
                        source="Made-up figure for the demonstration",
                        by=administrator,
                        at=at(self.on - timedelta(days=days - 10)),
                    )


class _Life:
    """One employer's story, in the session of its transaction."""

    def __init__(
        self,
        maker: Maker,
        session: Session,
        firm: names.Firm,
        story: Story,
        last: date,
        files: list[tuple[str, Checked, str, int]],
        position: int,
    ) -> None:
        self.session = session
        self.random = maker.random
        self.staff = maker.staff
        self.on = maker.on
        self.firm = firm
        self.story = story
        self.files = files
        self.position = position
        self.versions = maker.versions
        self.pace = Random(position)  # noqa: S311 - of its own, so that what is counted changes nothing else
        before = {Stage.REGISTERED: 0, Stage.STARTED: 5}.get(story.stage, 30 + self.random.randint(0, 40))
        before = 10 if story.quick else before
        self.day = last - timedelta(days=before)
        self.last = last
        self.content: Content
        self._on_version_of(self.day)

    def _after(self, days: int) -> date:
        """The day so many days after this assessment began; a third of them in a quick story."""
        return self.day + timedelta(days=days // 3 if self.story.quick else days)

    def _on_version_of(self, day: date) -> None:
        """From here on the employer's story is on the version of the charter that was out on that day."""
        newest = [framework_id for published_on, framework_id in self.versions if published_on <= day]
        self.framework = self.session.get_one(Framework, newest[-1] if newest else self.versions[0][1])
        self.content = self.framework.content

    def live(self) -> None:
        """From registering to the end of the story."""
        owner = self._join()
        stage, level = self.story.stage, self.story.level
        if stage is Stage.REGISTERED:
            return
        assessment = self._assess(level, owner)
        if stage is Stage.NEARLY_DONE:
            building.refresh(self.session, assessment, at=at(self.last, 18), on=self.last)
            self._work_on_the_plan(owner, at(self.last, 18))
        if stage < Stage.SUBMITTED:
            return
        review = self._submit(assessment, owner)
        if stage is Stage.SUBMITTED:
            return
        award = self._review(assessment, review, owner)
        if award is not None:
            self._afterwards(award, owner)

    def _afterwards(self, award: Award, owner: User) -> None:
        administrator = self.session.get_one(User, self.staff.administrator)
        day = min(self.on, self.last + timedelta(days=60))
        if self.story.ending == "revoked":
            issuing.revoke(
                self.session, award, reason="The employer closed in the area.", by=administrator, at=at(day), on=day
            )
        elif self.story.ending == "under_review":
            issuing.open_review(
                self.session, award, reason="A concern was raised and is being looked at.", by=administrator, at=at(day)
            )
        elif self.story.ending == "upgraded":
            self.day = self.last + timedelta(days=150)
            self.last = self.day + timedelta(days=40)
            again = self._assess(2, owner)
            self._review(again, self._submit(again, owner), owner)
        elif self.story.ending == "renewing":
            self.day = self.on - timedelta(days=9)
            self._begin_to_renew(award.level, owner)

    def _begin_to_renew(self, level: int, owner: User) -> None:
        """Start again with last time's answers, and say of the first half that they still hold."""
        self._on_version_of(self.day)
        again = renewal.start(
            self.session, self.organisation, self.framework, target_level=level, by=owner, at=at(self.day, 11)
        )
        asked = [one.code for one in self.content.asked(level, self._ceiling())]
        carrying.confirm(self.session, again, criteria=asked[: len(asked) // 2], by=owner, at=at(self.day, 15))

    # The employer ------------------------------------------------------------------------------------------------

    def _join(self) -> User:
        firm, moment = self.firm, at(self.day, 9)
        role = 7 if self.story.ending == "due" else {0: 0, 1: 2}.get(self.position)
        if role is None:
            name = names.person(self.random)
            email = f"person{self.position}@example.org"
        else:
            _, email, name = ACCOUNTS[role]
        owner = person(email, name, self.staff.password_hash, moment)
        self.session.add(owner)
        self.session.flush()  # for its id
        self.organisation = joining.register(
            self.session,
            joining.Details(
                name=firm.name,
                county=firm.county,
                district=firm.district,
                size_band=firm.size_band,
                sector=firm.sector,
                company_number=firm.company_number,
                charity_number=firm.charity_number,
                website=None,
                about=f"We are a made-up employer in {firm.town}, here to show what an entry looks like.",
                scope=Scope.WHOLE if self.random.random() < 0.8 else Scope.LOCAL,
                listed=self.random.random() < 0.9 or self.position < 2,
            ),
            sites=[joining.Place(name="Main site", town=firm.town, postcode=None, county=firm.county)],
            by=owner,
            at=moment,
            on=self.day,
        )
        if self.position == 0:
            _, email, name = ACCOUNTS[1]
            colleague = person(email, name, self.staff.password_hash, moment)
            self.session.add(colleague)
            self.session.flush()  # for its id
            self.session.add(
                Membership(
                    organisation_id=self.organisation.id,
                    user_id=colleague.id,
                    role=MemberRole.CONTRIBUTOR,
                    joined_at=moment,
                )
            )
        if self.random.random() < 0.35 or self.position == 0:  # the demo's owner has an award that answers for it
            self._hold_another_award(owner)
        return owner

    def _hold_another_award(self, owner: User) -> None:
        passport = self.random.choice(self.content.passports[:4])
        if self.position == 0:
            strong = {one.code for one in self.content.strengths if one.met_up_to}
            passport = next((one for one in self.content.passports if one.strength in strong), passport)
        named = [county.code for county in self.content.counties if county.title in passport.title]
        if named and self.firm.county not in named:  # a scheme of the other county
            return
        begins = self.day - timedelta(days=self.random.randint(30, 500))
        held = recognition.state(
            self.session,
            self.organisation,
            scheme=passport.scheme,
            level=passport.level,
            reference=f"DCS{self.random.randint(10_000, 99_999):06d}",
            county=self.firm.county,
            starts_on=begins,
            ends_on=begins + timedelta(days=1095),
            by=owner,
            at=at(self.day, 9, 20),
        )
        if self.random.random() < 0.8 or self.position == 0:
            assessor = self.session.get_one(User, self.random.choice(self.staff.assessors))
            recognition.check(self.session, held, on_list=True, by=assessor, at=at(self.day + timedelta(days=1)))

    def _assess(self, level: int, owner: User) -> Assessment:
        moment = at(self.day, 11)
        self._on_version_of(self.day)
        assessment = renewal.start(
            self.session, self.organisation, self.framework, target_level=level, by=owner, at=moment
        )
        stage = self.story.stage
        if stage is Stage.STARTED:
            return assessment
        asked = self.content.asked(level, self._ceiling())
        share = {Stage.HALF_DONE: 0.5, Stage.WITHDRAWN: 0.3, Stage.NEARLY_DONE: 0.9}.get(stage, 1.0)
        allowed = {one.rank: 1 for one in self.content.levels}
        weak = stage is Stage.DECLINED
        said = queries.material(self.session, assessment)
        before = said.answers
        done = done_for(said.stand_ins(self.day), {code: answer.value for code, answer in before.items()})
        for number, criterion in enumerate(asked[: max(1, int(len(asked) * share))]):
            if criterion.code in done:  # an award of another scheme answers for it
                continue
            day = self._after(min(20, number))
            extent = Extent.MET
            if criterion.not_applicable_allowed and self.random.random() < 0.3:
                extent = Extent.NOT_APPLICABLE
            elif weak and self.random.random() < 0.4:
                extent = Extent.NOT_MET
            elif not criterion.core and allowed[criterion.level] and self.random.random() < 0.5:
                allowed[criterion.level] -= 1
                extent = Extent.IN_PROGRESS
            carried = before.get(criterion.code)
            self._answer(assessment, criterion, extent, owner, day, seen=carried.version if carried else 0)
        if share == 1.0 or stage is Stage.NEARLY_DONE:
            declarations.save(
                self.session,
                assessment,
                agreed={one.code: True for one in self.content.declarations},
                by=owner,
                at=at(self._after(18)),
            )
            self._spend(assessment, DECLARATIONS, at(self._after(18)))
        if share == 1.0:
            self._return_figures(assessment, owner)
        if stage is Stage.WITHDRAWN:
            intake.withdraw(self.session, assessment, by=owner, at=at(self.last))
        return assessment

    def _answer(
        self, assessment: Assessment, criterion: Criterion, extent: Extent, owner: User, day: date, *, seen: int
    ) -> None:
        value = self._value(extent)
        plans = extent is Extent.IN_PROGRESS
        saved = answers.save(
            self.session,
            assessment,
            criterion=criterion.code,
            value=value.value,
            explanation=self.random.choice(
                (
                    "This has been in place since spring. We told everyone at a team meeting.",
                    "We do this already. The document shows how.",
                    "In place for two years; we look at it again each January.",
                    "",
                )
            )
            if not plans
            else "Some of it is there; the rest follows.",
            action=f"Tell every team, then check that it is so everywhere: {criterion.statement}" if plans else "",
            action_owner=owner.name if plans else "",
            action_due=day + timedelta(days=200) if plans else None,
            reason="We have no work of this kind." if extent is Extent.NOT_APPLICABLE else "",
            seen_version=seen,
            by=owner,
            at=at(day, 14, self.random.randint(0, 59)),
        )
        self._spend(assessment, criterion, saved.saved_at)
        if extent is Extent.MET and (criterion.evidence_required or self.random.random() < 0.3):
            self._support(assessment, criterion, owner, day)

    def _spend(self, assessment: Assessment, task: Criterion | str, moment: datetime) -> None:
        """The page of a task was open for a while when it was saved."""
        opened_at = moment - timedelta(seconds=times.seconds(task, self.pace))
        code = task if isinstance(task, str) else task.code
        adding.add(self.session, assessment, tasks=[code], opened_at=opened_at, at=moment)

    def _value(self, extent: Extent) -> ScaleValue:
        fitting = [value for value in self.content.scale if value.extent is extent]
        wanted = Need.ACTION if extent is Extent.IN_PROGRESS else None
        return next((value for value in fitting if value.needs is wanted), fitting[0])

    def _support(self, assessment: Assessment, criterion: Criterion, owner: User, day: date) -> None:
        moment = at(day, 15)
        kind = self.random.random()
        if kind < 0.7 and self.files:
            name, checked, sha256, size = self.random.choice(self.files)
            place = next((said for ending, said in LOOK_AT.items() if name.endswith(ending)), "")
            evidence.add_file(
                self.session,
                assessment,
                criteria=[criterion.code],
                title="",
                filename=name,
                checked=checked,
                sha256=sha256,
                size=size,
                dated_on=day - timedelta(days=60),
                places={criterion.code: place},
                by=owner,
                at=moment,
            )
        elif kind < 0.85:
            evidence.add_account(
                self.session,
                assessment,
                criteria=[criterion.code],
                title="How we do it",
                text="We are a small team and talk every morning. New people get a sheet that explains this, and we "
                "go through it together in the first week. Twice a year we ask if it still works for everyone.",
                dated_on=None,
                by=owner,
                at=moment,
            )
        else:
            evidence.add_link(
                self.session,
                assessment,
                criteria=[criterion.code],
                title="Our page for staff",
                url=f"https://www.example.org/staff/{criterion.code.lower()}",
                dated_on=None if day.day % 4 == 0 else day - timedelta(days=90),  # now and then nobody says
                places={criterion.code: "The part called What we do"},
                by=owner,
                at=moment,
            )

    def _return_figures(self, assessment: Assessment, owner: User) -> None:
        level = assessment.target_level
        in_doubt = self.story.stage in OPEN_TO_DOUBT and not self.position % 2
        unknown = numbers.not_known(self.content, level, self.random) if in_doubt else []
        spared = metrics.own_fields(self.content, unknown)
        given = numbers.fitting(self.content, level, self.firm.headcount, self.random)
        inputs = {name: number for name, number in given.items() if name not in spared}
        notes = {
            figure.metric.code: "This was an unusual year for us."
            for figure in metrics.figures(self.content, inputs, level, unknown)
            if figure.warning
        }
        period_end = date(self.day.year - (self.day.month < 4), 3, 31)
        returns.save(
            self.session,
            assessment,
            period_end=period_end,
            inputs=inputs,
            notes=notes,
            unknown=unknown,
            seen_version=0,
            by=owner,
            at=at(self._after(19)),
        )
        self._spend(assessment, FIGURES, at(self._after(19)))

    def _ceiling(self) -> int | None:
        band = self.content.size_band(self.firm.size_band)
        return band.max if band else None

    # The scheme --------------------------------------------------------------------------------------------------

    def _submit(self, assessment: Assessment, owner: User) -> Review:
        day = self._sent_on()
        with_plan.submit(
            self.session, assessment, declared_by=owner.name, declared_role="Director", by=owner, at=at(day, 16), on=day
        )
        self.session.flush()  # so that the case is found
        self._work_on_the_plan(owner, at(day, 16))
        return self.session.scalars(sa.select(Review).where(Review.assessment_id == assessment.id)).one()

    def _sent_on(self) -> date:
        """The day on which the answers were sent. Where one person decides alone, so that most decisions come in the
        time that the level promises, and a few late."""
        if self.story.stage is Stage.SUBMITTED:
            return self.last
        level = self.content.level(self.story.level)
        if level is None or level.review.second_assessor:
            return self._after(22)
        share = 60 + 13 * (self.position % 5)  # of the promise, in 100: one in five takes longer
        days = level.target_decision_working_days * 7 * share // 500
        return max(self._after(22), self.last - timedelta(days=max(4, days)))

    def _review(self, assessment: Assessment, review: Review, owner: User) -> Award | None:
        stage = self.story.stage
        assessor = self.session.get_one(User, self.staff.assessors[self.position % 2])
        claimed = self._after(24) if self._sent_on() == self._after(22) else self._sent_on() + timedelta(days=1)
        allocation.claim(self.session, review, by=assessor, at=at(claimed))
        said = {row.criterion: row for row in self._said(assessment)}
        # where another scheme's award stands in, nothing was said
        asked = [one for one in self.content.asked(assessment.target_level, self._ceiling()) if one.code in said]
        given = [
            Given(
                criterion.code,
                self._outcome(criterion, said[criterion.code]),
                self._feedback(criterion, said[criterion.code]),
                PrivateNote("Looked at with the last return beside it." if self.random.random() < 0.1 else ""),
                0,
                self._ticks(criterion, said[criterion.code]),
            )
            for criterion in asked
        ]
        done = given[: len(given) // 2] if stage is Stage.IN_REVIEW else given
        refused = findings.save_all(self.session, review, given=done, by=assessor, at=at(claimed, 15))
        assert not refused, {code: str(refusal) for code, refusal in refused.items()}
        if not second_looks.before_recommending(self.session, review, self.story, self.staff, self.random, claimed):
            return None
        if stage is Stage.IN_REVIEW:
            return None
        if stage in {Stage.ASKED, Stage.ANSWERED}:
            self._ask(assessment, review, asked, assessor, owner)
            return None
        level = 0 if stage is Stage.DECLINED else assessment.target_level
        recommendation.recommend(
            self.session,
            review,
            level=level,
            reasons="Everything asked for this level is in place."
            if level
            else "Several core criteria are promised but not yet in place.",
            unsure=second_looks.doubt(self.position),
            by=assessor,
            at=at(self.last - timedelta(days=1), 11),
            on=self.last - timedelta(days=1),
        )
        if stage is Stage.RECOMMENDED and self.story.second < Second.MODERATED:
            return None
        moderator = self.session.get_one(User, self.staff.moderators[self.position % 2])
        second_looks.moderated(self.session, review, moderator, self.random, at(self.last, 11, 30))
        if self.story.ending == "panel":
            reasons = "I agree. The partners should decide on this one together."
            referring.refer(self.session, review, reasons=reasons, by=moderator, at=at(self.last, 12))
            return None
        with_plan.agree(self.session, review, by=moderator, at=at(self.last, 12), on=self.last)
        self.session.flush()  # so that the award is found
        self._work_on_the_plan(owner, at(self.last, 12))
        return self.session.scalars(sa.select(Award).where(Award.assessment_id == assessment.id)).first()

    def _work_on_the_plan(self, owner: User, built_at: datetime) -> None:
        """What the employer did with its improvement plan since it was built: every other one has begun."""
        day = built_at.date()
        self.session.flush()  # so that the actions are found
        if self.position % 2:
            return
        found = improvement_plan.of(self.session, self.organisation, content=self.content, on=day)
        for number, action in enumerate(found.to_do[:4]):
            if action.written_at != built_at:  # it has somebody's words already
                continue
            due = day + timedelta(days=45 + 30 * number)
            details = actions.Details(title=action.title, detail="", owner_id=owner.id, owner_name="", due_on=due)
            actions.change(self.session, action, details, seen_version=action.version, by=owner, at=at(day, 19))
            self.session.flush()  # for its version
        if len(found.to_do) > 4:
            shows = "The new page in our staff handbook, and the minutes of the team meeting."
            actions.finish(self.session, found.to_do[1], shows=shows, by=owner, at=at(day, 20))
            reason = "Not this year: we change our payroll first."
            actions.drop(self.session, found.to_do[-1], reason=reason, by=owner, at=at(day, 20))

    def _said(self, assessment: Assessment) -> Sequence[Answer]:
        return self.session.scalars(sa.select(Answer).where(Answer.assessment_id == assessment.id)).all()

    def _extent(self, answer: Answer) -> Extent:
        value = self.content.scale_value(answer.value)
        return value.extent if value else Extent.NOT_MET

    def _outcome(self, criterion: Criterion, answer: Answer) -> str:
        extent = self._extent(answer)
        return next(one.value for one in self.content.outcomes if one.extent is extent and not one.asks_employer)

    def _ticks(self, criterion: Criterion, answer: Answer) -> tuple[str, ...]:
        """What the assessor saw of what there is to check: all of it where it is in place, else the first."""
        return criterion.checks if self._extent(answer) is Extent.MET else criterion.checks[:1]

    def _feedback(self, criterion: Criterion, answer: Answer) -> str:
        return self.random.choice(FEEDBACK[self._extent(answer)])

    def _ask(
        self, assessment: Assessment, review: Review, asked: Sequence[Criterion], assessor: User, owner: User
    ) -> None:
        chosen = self.random.sample([one for one in asked if one.evidence_required] or list(asked), 2)
        day = self.last
        also = self._also_asked(assessment)
        questions = {
            Subject(About.CRITERION, one.code): "Please send something that shows this in use in the last two years."
            for one in chosen
        }
        questions[also] = ALSO_ASKED[also.about]
        more_information.ask(
            self.session,
            review,
            questions=questions,
            answer_by=max(day + timedelta(days=21), self.on),
            by=assessor,
            at=at(day - timedelta(days=2)),
        )
        if self.story.stage is not Stage.ANSWERED:
            return
        open_criteria = {one.code for one in chosen}
        for one in chosen:
            evidence.add_account(
                self.session,
                assessment,
                criteria=[one.code],
                title="An example from this year",
                text="In March a member of our team asked about this. We talked the same day, agreed what to do and "
                "wrote it down. We looked at it again in June and it still works.",
                dated_on=None,
                by=owner,
                at=at(day - timedelta(days=1)),
                open_criteria=open_criteria,
            )
        self._answer_also(assessment, also, owner, at(day - timedelta(days=1), 16))
        with_plan.submit(
            self.session, assessment, declared_by=owner.name, declared_role="Director", by=owner, at=at(day, 17), on=day
        )

    def _also_asked(self, assessment: Assessment) -> Subject:
        """A declaration at the first level, a figure above it."""
        if assessment.target_level == 1:
            return Subject(About.DECLARATION, self.content.declarations[0].code)
        given = self._returned(assessment).inputs
        return Subject(
            About.FIGURE,
            next(
                metric.code
                for metric in self.content.metrics_for(assessment.target_level)
                if given.get(metric.inputs[0].name, "0") != "0"
            ),
        )

    def _returned(self, assessment: Assessment) -> MetricReturn:
        return self.session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == assessment.id)).one()

    def _answer_also(self, assessment: Assessment, asked: Subject, owner: User, moment: datetime) -> None:
        if asked.about is About.DECLARATION:
            declarations.save(
                self.session,
                assessment,
                agreed={asked.code: True},
                notes={asked.code: "Yes. The agency pays them, and we checked the rates with it in spring."},
                by=owner,
                at=moment,
                open_declarations={asked.code},
            )
            return
        stored = self._returned(assessment)
        part = next(metric for metric in self.content.metrics if metric.code == asked.code).inputs[0].name
        returns.save(
            self.session,
            assessment,
            period_end=None,
            inputs={part: str(int(stored.inputs[part]) - 1)},
            notes={asked.code: "We had counted one person who started after the 12 months."},
            unknown=stored.unknown,
            seen_version=stored.version,
            by=owner,
            at=moment,
            open_figures={asked.code},
        )
