"""The life of one made-up employer after another, lived through the scheme's own verbs."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from uuid import UUID

from charter.account.models import User
from charter.assessment import carrying
from charter.assessment.file_checks import Checked, check
from charter.award import issuing, renewal
from charter.award.models import Award
from charter.demo import documents, names
from charter.demo.answering import Answering
from charter.demo.life import World
from charter.demo.people import Staff, at
from charter.demo.reviewing import Reviewing
from charter.demo.stories import Stage, Story, plan
from charter.extensions import transaction
from charter.improvement import building
from charter.storage import Store


class Maker:
    """Makes employers. The same seed and day give the same ones up to the first case on which the lot of a second look
    falls: it hangs on the case's id, which is drawn anew, and what is drawn after it changes with it."""

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
        self.world = World(versions, staff, random, on)
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
            _Life(self.world, session, firm, story, last, files, position).live()

    def _files(self, employer: str, day: date) -> list[tuple[str, Checked, str, int]]:
        kinds = self.random.sample(documents.KINDS, 5)
        made = [kind(employer, self.random, day - timedelta(days=self.random.randint(40, 300))) for kind in kinds]
        return [
            (name, check(name, content, limit=10_000_000), self.store.put(content), len(content))
            for name, content in made
        ]


class _Life(Answering, Reviewing):
    """One employer's story from beginning to end."""

    def live(self) -> None:
        """From registering to the end of the story."""
        owner = self.join()
        stage, level = self.story.stage, self.story.level
        if stage is Stage.REGISTERED:
            return
        assessment = self.assess(level, owner)
        if stage is Stage.NEARLY_DONE:
            building.refresh(self.session, assessment, at=at(self.last, 18), on=self.last)
            self.work_on_the_plan(owner, at(self.last, 18))
        if stage < Stage.SUBMITTED:
            return
        review = self.submit(assessment, owner)
        if stage is Stage.SUBMITTED:
            return
        award = self.review(assessment, review, owner)
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
            again = self.assess(2, owner)
            self.review(again, self.submit(again, owner), owner)
        elif self.story.ending == "renewing":
            self.day = self.on - timedelta(days=9)
            self._begin_to_renew(award.level, owner)

    def _begin_to_renew(self, level: int, owner: User) -> None:
        """Start again with last time's answers, and say of the first half that they still hold."""
        self.on_version_of(self.day)
        again = renewal.start(
            self.session, self.organisation, self.framework, target_level=level, by=owner, at=at(self.day, 11)
        )
        asked = [one.code for one in self.content.asked(level, self.ceiling())]
        carrying.confirm(self.session, again, criteria=asked[: len(asked) // 2], by=owner, at=at(self.day, 15))
