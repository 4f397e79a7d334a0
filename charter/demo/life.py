"""One made-up employer's story: who it is, where in time it stands, and what every part of the story needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.file_checks import Checked
from charter.demo import names
from charter.demo.people import Staff, at
from charter.demo.stories import Stage, Story
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.improvement import actions
from charter.improvement import plan as improvement_plan
from charter.organisation.models import Organisation


@dataclass(frozen=True)
class World:
    """What all stories share."""

    versions: Sequence[tuple[date, UUID]]
    """Those of the charter with the day each came out, the oldest first."""
    staff: Staff
    random: Random
    on: date
    """The day of the demo."""


class Life:
    """One employer's story, in the session of its transaction."""

    def __init__(
        self,
        world: World,
        session: Session,
        firm: names.Firm,
        story: Story,
        last: date,
        files: list[tuple[str, Checked, str, int]],
        position: int,
    ) -> None:
        self.session = session
        self.random = world.random
        self.staff = world.staff
        self.on = world.on
        self.firm = firm
        self.story = story
        self.files = files
        self.position = position
        self.versions = world.versions
        self.pace = Random(position)  # noqa: S311 - of its own, so that what is counted changes nothing else
        before = {Stage.REGISTERED: 0, Stage.STARTED: 5}.get(story.stage, 30 + self.random.randint(0, 40))
        before = 10 if story.quick else before
        self.day = last - timedelta(days=before)
        self.last = last
        self.content: Content
        self.organisation: Organisation
        self.on_version_of(self.day)

    def after(self, days: int) -> date:
        """The day so many days after this assessment began; a third of them in a quick story."""
        return self.day + timedelta(days=days // 3 if self.story.quick else days)

    def on_version_of(self, day: date) -> None:
        """From here on the employer's story is on the version of the charter that was out on that day."""
        newest = [framework_id for published_on, framework_id in self.versions if published_on <= day]
        self.framework = self.session.get_one(Framework, newest[-1] if newest else self.versions[0][1])
        self.content = self.framework.content

    def ceiling(self) -> int | None:
        """The most people that an employer of this size has; None for the largest."""
        band = self.content.size_band(self.firm.size_band)
        return band.max if band else None

    def work_on_the_plan(self, owner: User, built_at: datetime) -> None:
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
