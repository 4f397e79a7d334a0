"""How near an employer is to other schemes by what it has answered for the charter. Item by item; pure but for `read`.

An item counts as done only when each of the criteria that it stands beside is fully in place: to say too little is
safer than to send an employer to another scheme with less than it asks for.
"""

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from charter.assessment import level, queries
from charter.assessment.models import Answer, Assessment, EvidenceUse
from charter.assessment.standing_in import StandIn, counting_as_met, standing_in
from charter.assessment.status import AssessmentStatus
from charter.framework.content import Content, Criterion, Extent, SchemeGroup, SchemeLevel
from charter.framework.crosswalk import Item, Scheme
from charter.organisation.models import Organisation, Recognition


class Cover(enum.StrEnum):
    """How far an item of another scheme is done already."""

    DONE = "done"
    PARTLY = "partly"
    NOT_YET = "not_yet"
    NOT_ASKED = "not_asked"
    """The charter asks nothing that would tell."""


@dataclass(frozen=True)
class Beside:
    """One criterion that an item stands beside."""

    criterion: Criterion
    in_place: bool
    answer: Answer | None
    stand_in: StandIn | None
    evidence: tuple[EvidenceUse, ...]


@dataclass(frozen=True)
class ItemCover:
    """One item of another scheme, and what the employer's answers say about it."""

    item: Item
    beside: tuple[Beside, ...]
    is_shared: bool = False
    """Whether other items, of which one is enough, stand beside the same criteria: the answers do not say which."""

    @property
    def cover(self) -> Cover:
        """How far it is done."""
        if not self.beside:
            return Cover.NOT_ASKED
        done = sum(one.in_place for one in self.beside)
        return Cover.DONE if done == len(self.beside) else Cover.PARTLY if done else Cover.NOT_YET

    @property
    def is_done(self) -> bool:
        """Whether all of it is in place."""
        return self.cover is Cover.DONE

    @property
    def left(self) -> tuple[Beside, ...]:
        """The criteria that are still to be put in place for it."""
        return tuple(one for one in self.beside if not one.in_place)


@dataclass(frozen=True)
class GroupCover:
    """Items that a level of another scheme asks for together."""

    group: SchemeGroup
    items: tuple[ItemCover, ...]

    @property
    def needed(self) -> int:
        """How many of the items are asked for: one when we know none, for then we cannot say that it is done."""
        return max(1, len(self.items)) if self.group.at_least is None else self.group.at_least

    @property
    def unsure(self) -> str:
        """How sure we are, when that is the same for all its items and none was seen; empty otherwise."""
        said = {one.item.words for one in self.items}
        return said.pop() if len(said) == 1 and not self.items[0].item.is_sure else ""

    @property
    def is_shared(self) -> bool:
        """Whether some of its items share their criteria, so that the answers do not say which of them is there."""
        return any(one.is_shared for one in self.items)

    @property
    def to_do(self) -> int:
        """How many of them are still to do."""
        return max(0, self.needed - sum(one.is_done for one in self.items))


@dataclass(frozen=True)
class LevelCover:
    """How near the employer is to one level of another scheme."""

    level: SchemeLevel
    groups: tuple[GroupCover, ...]
    below: int
    """How many items of the level before, which this one asks for too, are still to do; none when that is held."""
    is_held: bool = False
    """Whether the employer holds it, or a higher one, today."""

    @property
    def to_do(self) -> int:
        """How many actions away it is, as far as we know what it asks for."""
        return self.below + sum(group.to_do for group in self.groups)


@dataclass(frozen=True)
class SchemeCover:
    """How near the employer is to another scheme."""

    scheme: Scheme
    items: tuple[ItemCover, ...]
    levels: tuple[LevelCover, ...]
    held: tuple[Recognition, ...] = ()
    """The awards of this scheme that the employer holds today, as far as they were checked."""

    @property
    def counted(self) -> tuple[ItemCover, ...]:
        """The items to count: of those that share their criteria, one, for the answers say only that one is there."""
        first = {(one.item.group, one.item.criteria): one for one in reversed(self.items) if one.is_shared}
        return tuple(one for one in self.items if not one.is_shared or first[one.item.group, one.item.criteria] is one)

    @property
    def total(self) -> int:
        """How many items there are to count."""
        return len(self.counted)

    @property
    def done(self) -> int:
        """How many of them are done."""
        return sum(one.is_done for one in self.counted)

    @property
    def next(self) -> LevelCover | None:
        """The lowest level above those held that something is still to do for; None when there is none."""
        return next((one for one in self.levels if one.to_do and not one.is_held), None)

    @property
    def ungrouped(self) -> tuple[ItemCover, ...]:
        """The items that belong to no level."""
        grouped = {group.code for one in self.scheme.levels for group in one.groups}
        return tuple(one for one in self.items if one.item.group not in grouped)


@dataclass(frozen=True)
class Said:
    """What an employer's newest assessment says, as far as other schemes are concerned."""

    assessment: Assessment | None
    """None while it has none."""
    answers: Mapping[str, Answer]
    evidence: Mapping[str, tuple[EvidenceUse, ...]]
    held: tuple[Recognition, ...]


def read(session: Session, organisation: Organisation) -> Said:
    """What the employer said last (four queries): in the assessment under way, or the newest that was not withdrawn."""
    assessment = session.scalars(
        sa.select(Assessment)
        .where(Assessment.organisation_id == organisation.id, Assessment.status != AssessmentStatus.WITHDRAWN)
        .options(joinedload(Assessment.framework))
        .order_by(Assessment.started_at.desc(), Assessment.id.desc())
        .limit(1)
    ).first()
    held = queries.held(session, organisation.id)
    if assessment is None:
        return Said(None, {}, {}, held)
    answers = session.scalars(sa.select(Answer).where(Answer.assessment_id == assessment.id))
    return Said(assessment, {answer.criterion: answer for answer in answers}, queries.uses(session, assessment), held)


def in_place(said: Said, *, on: date) -> frozenset[str]:
    """The criteria that are fully in place by the employer's own answers, or by awards that stand in, on a day."""
    if said.assessment is None:
        return frozenset()
    content = said.assessment.framework.content
    there = standing_in(content, said.held, on=on)
    answers = tuple(said.answers.values())
    outcomes = level.outcomes_of_answers(
        content,
        answers,
        evidenced=queries.supported(said.evidence) | there.keys(),
        on=on,
        met=counting_as_met(content, there, {answer.criterion: answer.value for answer in answers}),
    )
    return frozenset(code for code, extent in outcomes.items() if extent is Extent.MET)


def cover(content: Content, schemes: Sequence[Scheme], said: Said, *, on: date) -> tuple[SchemeCover, ...]:
    """How near the employer is to each of these schemes on a day. `content` names the criteria."""
    done = in_place(said, on=on)
    there = standing_in(content, said.held, on=on)
    return tuple(_cover(content, scheme, said, done, there, on) for scheme in schemes)


def _cover(
    content: Content, scheme: Scheme, said: Said, done: frozenset[str], there: Mapping[str, StandIn], on: date
) -> SchemeCover:
    any_of = {group.code for one in scheme.levels for group in one.groups if group.at_least is not None}
    alike: Counter[tuple[str | None, tuple[str, ...]]] = Counter(
        (item.group, item.criteria) for item in scheme.items if item.group in any_of and item.criteria
    )
    items = tuple(
        ItemCover(
            item,
            tuple(
                Beside(criterion, code in done, said.answers.get(code), there.get(code), said.evidence.get(code, ()))
                for code in item.criteria
                if (criterion := content.criterion(code)) is not None
            ),
            alike[item.group, item.criteria] > 1,
        )
        for item in scheme.items
    )
    held = tuple(
        award
        for award in said.held
        if award.scheme == scheme.passport and award.starts_on <= on and (award.ends_on is None or award.ends_on >= on)
    )
    codes = {award.level for award in held}
    up_to = max((place for place, one in enumerate(scheme.levels, start=1) if one.code in codes), default=0)
    levels: list[LevelCover] = []
    for place, one in enumerate(scheme.levels, start=1):
        groups = tuple(
            GroupCover(group, tuple(item for item in items if item.item.group == group.code)) for group in one.groups
        )
        below = next((found.to_do for found in levels if found.level.code == one.after and not found.is_held), 0)
        levels.append(LevelCover(one, groups, below, is_held=place <= up_to))
    return SchemeCover(scheme, items, tuple(levels), held)
