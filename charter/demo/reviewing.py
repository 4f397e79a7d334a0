"""What the scheme makes of a made-up employer's answers: sent, reviewed, asked about and decided."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import declarations, evidence, returns
from charter.assessment.models import Answer, Assessment, MetricReturn
from charter.award.models import Award
from charter.demo import second_looks
from charter.demo.life import Life
from charter.demo.people import at
from charter.demo.stories import Second, Stage
from charter.framework.content import Criterion, Extent
from charter.improvement import with_plan
from charter.panel import referring
from charter.review import findings, more_information, recommendation
from charter.review.findings import Given
from charter.review.handing_out import allocation
from charter.review.models import About, Review, Subject
from charter.review.private import PrivateNote

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


class Reviewing(Life):
    """The part of a story that happens at the scheme."""

    def submit(self, assessment: Assessment, owner: User) -> Review:
        """The employer sends its answers; the case that this opens."""
        day = self._sent_on()
        with_plan.submit(
            self.session, assessment, declared_by=owner.name, declared_role="Director", by=owner, at=at(day, 16), on=day
        )
        self.session.flush()  # so that the case is found
        self.work_on_the_plan(owner, at(day, 16))
        return self.session.scalars(sa.select(Review).where(Review.assessment_id == assessment.id)).one()

    def _sent_on(self) -> date:
        """The day on which the answers were sent. Where one person decides alone, so that most decisions come in the
        time that the level promises, and a few late."""
        if self.story.stage is Stage.SUBMITTED:
            return self.last
        level = self.content.level(self.story.level)
        if level is None or level.review.second_assessor:
            return self.after(22)
        share = 60 + 13 * (self.position % 5)  # of the promise, in 100: one in five takes longer
        days = level.target_decision_working_days * 7 * share // 500
        return max(self.after(22), self.last - timedelta(days=max(4, days)))

    def review(self, assessment: Assessment, review: Review, owner: User) -> Award | None:
        """The scheme works on the case, as far as the story goes; the award, when it ends with one."""
        stage = self.story.stage
        assessor = self.session.get_one(User, self.staff.assessors[self.position % 2])
        claimed = self.after(24) if self._sent_on() == self.after(22) else self._sent_on() + timedelta(days=1)
        allocation.claim(self.session, review, by=assessor, at=at(claimed))
        said = {row.criterion: row for row in self._said(assessment)}
        # where another scheme's award stands in, nothing was said
        asked = [one for one in self.content.asked(assessment.target_level, self.ceiling()) if one.code in said]
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
        self.work_on_the_plan(owner, at(self.last, 12))
        return self.session.scalars(sa.select(Award).where(Award.assessment_id == assessment.id)).first()

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
