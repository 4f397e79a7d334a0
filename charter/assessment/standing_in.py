"""What the awards of other schemes stand in for on a day. Pure: by date, so that an award that ends counts no more.

How far an award may stand in is the framework's: its passport names the criteria and a strength, and the strength says
up to which level a criterion counts as met, and up to which it only needs no other evidence.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from charter.framework.content import Content, Criterion, Extent, Passport


class Held(Protocol):
    """Another scheme's award, whose certificate was checked."""

    @property
    def scheme(self) -> str:
        """The scheme's code among the passports."""

    @property
    def level(self) -> str | None:
        """The scheme's level, when it has levels."""

    @property
    def starts_on(self) -> date:
        """Its first day."""

    @property
    def ends_on(self) -> date | None:
        """Its last day; None when the certificate prints none."""


@dataclass(frozen=True)
class StandIn:
    """One award that stands in for one criterion."""

    criterion: str
    passport: Passport
    until: date | None
    """The last day on which it does; None when the award has none."""
    is_met: bool
    """Whether the criterion counts as met by it. Otherwise it only needs no other evidence."""
    strength: str = ""
    """Who looked at the employer, as a sentence; empty in a version of the charter that does not say."""


Answers = Mapping[str, str | None]
"""The value answered on each criterion, by its code."""


def standing_in(content: Content, held: Iterable[Held], *, on: date) -> dict[str, StandIn]:
    """What stands in for each criterion on the day `on`, by its code; of several awards the one that does most.

    `held` are checked awards; those that are not in date on the day stand in for nothing. An award never stands in for
    a core criterion of the highest level. A version of the charter without strengths takes awards for evidence only.
    """
    top = max((level.rank for level in content.levels), default=0)
    found: dict[str, StandIn] = {}
    for award in held:
        passport = content.passport(award.scheme, award.level)
        if passport is None or award.starts_on > on or (award.ends_on is not None and award.ends_on < on):
            continue
        for code in passport.supports:
            criterion = content.criterion(code)
            if criterion is None or (criterion.core and criterion.level == top):
                continue
            one = _of(content, passport, criterion, award.ends_on)
            if one is not None and (code not in found or _worth(one) > _worth(found[code])):
                found[code] = one
    return found


def counting_as_met(content: Content, stand_ins: Mapping[str, StandIn], answers: Answers) -> frozenset[str]:
    """The criteria that count as met by an award: unless the employer itself answers that they are not.

    Whoever holds the award and yet says that something is only planned is believed.
    """
    return frozenset(
        code for code, one in stand_ins.items() if one.is_met and _says_no_less(content, answers.get(code))
    )


def done_for(stand_ins: Mapping[str, StandIn], answers: Answers) -> frozenset[str]:
    """The criteria that need no answer, and have none, because an award counts for them."""
    return frozenset(code for code, one in stand_ins.items() if one.is_met and not answers.get(code))


def outweighed(content: Content, stand_in: StandIn | None, answered: str | None) -> bool:
    """Whether an award would count for a criterion, and does not because the employer's own answer says less."""
    return stand_in is not None and stand_in.is_met and not _says_no_less(content, answered)


def without(before: Mapping[str, StandIn], after: Mapping[str, StandIn]) -> Collection[str]:
    """The criteria that lose what stood in for them: in `after` there is less for them than in `before`, or nothing."""
    return [code for code, one in before.items() if code not in after or (one.is_met and not after[code].is_met)]


def _of(content: Content, passport: Passport, criterion: Criterion, until: date | None) -> StandIn | None:
    if not content.strengths:
        return StandIn(criterion.code, passport, until, is_met=False)
    strength = content.strength(passport.strength)
    if strength is None or criterion.level > max(strength.evidence_up_to, strength.met_up_to):
        return None
    return StandIn(criterion.code, passport, until, criterion.level <= strength.met_up_to, strength.title)


def _worth(one: StandIn) -> tuple[bool, date]:
    return one.is_met, one.until or date.max


def _says_no_less(content: Content, answered: str | None) -> bool:
    value = content.scale_value(answered)
    return value is None or value.extent is Extent.MET
