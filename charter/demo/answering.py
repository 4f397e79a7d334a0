"""What a made-up employer does: it joins, answers, shows evidence and gives its figures."""

from datetime import date, datetime, timedelta

from charter.account.models import User
from charter.assessment import answers, declarations, evidence, metrics, queries, returns
from charter.assessment.models import Assessment
from charter.assessment.sharing import DECLARATIONS, FIGURES
from charter.assessment.standing_in import done_for
from charter.award import renewal
from charter.demo import names, numbers, times
from charter.demo.life import Life
from charter.demo.people import ACCOUNTS, at, person
from charter.demo.stories import OPEN_TO_DOUBT, Stage
from charter.framework.content import Criterion, Extent, Need, ScaleValue
from charter.organisation import joining, recognition
from charter.organisation.models import MemberRole, Membership, Scope
from charter.review import intake
from charter.time_spent import adding

LOOK_AT = {
    ".pdf": "Page 1, the paragraphs under the title",
    ".docx": "The last paragraph but one",
    ".xlsx": "Sheet Training, columns C and D",
}
"""Where to look in a document, by its ending; a photograph and a short message need no such words."""


class Answering(Life):
    """The part of a story that happens at the employer."""

    def join(self) -> User:
        """Somebody registers the employer and is its owner."""
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

    def assess(self, level: int, owner: User) -> Assessment:
        """The employer answers for a level, as far as its story goes."""
        moment = at(self.day, 11)
        self.on_version_of(self.day)
        assessment = renewal.start(
            self.session, self.organisation, self.framework, target_level=level, by=owner, at=moment
        )
        stage = self.story.stage
        if stage is Stage.STARTED:
            return assessment
        asked = self.content.asked(level, self.ceiling())
        share = {Stage.HALF_DONE: 0.5, Stage.WITHDRAWN: 0.3, Stage.NEARLY_DONE: 0.9}.get(stage, 1.0)
        allowed = {one.rank: 1 for one in self.content.levels}
        weak = stage is Stage.DECLINED
        said = queries.material(self.session, assessment)
        before = said.answers
        done = done_for(said.stand_ins(self.day), {code: answer.value for code, answer in before.items()})
        for number, criterion in enumerate(asked[: max(1, int(len(asked) * share))]):
            if criterion.code in done:  # an award of another scheme answers for it
                continue
            day = self.after(min(20, number))
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
                at=at(self.after(18)),
            )
            self._spend(assessment, DECLARATIONS, at(self.after(18)))
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
            at=at(self.after(19)),
        )
        self._spend(assessment, FIGURES, at(self.after(19)))
