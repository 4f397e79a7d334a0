"""Employers that may be here twice: found by the worker each day, for somebody to look at.

Employers are compared only where they share something (a number but for one character, a name but for the words that
come and go, a postcode, an internet domain), so the work grows with their number and not with its square.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from uuid import UUID

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import Session, aliased, contains_eager
from uuid_utils.compat import uuid7

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.lifecycle import Status
from charter.merging.models import LikelyPair
from charter.organisation import interests
from charter.organisation.models import MemberRole, Membership, Organisation, Site
from charter.succession import domains

MOST = 500
"""Pairs that are kept at most: those for which most speaks."""
CROWD = 12
"""Where more employers than this share something (a business park, a provider of email), each is compared only with its
neighbours by name."""
SIMILAR = 80
"""From here on two names are alike: 100 is the same."""
NEARLY = 70
"""From here on they are alike enough beside company numbers that are nearly the same."""

_LEFT_OUT = "ltd limited plc llp lp cic cio inc co company the and of uk gb group holdings services"
_UNSAID = frozenset(_LEFT_OUT.split())
"""Words that people leave out or write in another way."""


class Reason(Status):
    """What two employers have in common."""

    NAME = "name"
    POSTCODE = "postcode"
    DOMAIN = "domain"
    COMPANY = "company"

    @property
    def label(self) -> str:
        """What they share, in words."""
        return {
            "name": "the same name",
            "postcode": "a postcode and a similar name",
            "domain": "a website or email domain",
            "company": "company numbers that differ in one place",
        }[self.value]


WEIGHTS = {Reason.NAME: 60, Reason.COMPANY: 50, Reason.POSTCODE: 40, Reason.DOMAIN: 30}


@dataclass(frozen=True)
class Known:
    """What is compared of one employer."""

    id: UUID
    name: str
    """Without what comes and goes."""
    county: str
    company: str | None
    postcodes: frozenset[str]
    domains: frozenset[str]


def normal(name: str) -> str:
    """A name without accents, punctuation and the words that come and go, in lower case."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", "").replace("&", " and "))
    return " ".join(word for word in words if word not in _UNSAID) or " ".join(words)


def domain(address: str | None) -> str | None:
    """The domain of a website or an email address; None for one that anybody can have."""
    found = re.search(r"(?:@|^(?:https?://)?(?:www\.)?)([a-z0-9.-]+\.[a-z]{2,})(?:[/:?#]|$)", (address or "").lower())
    bare = found[1].removeprefix("www.") if found else None
    return bare if bare is not None and domains.why_not(bare) is None else None


Found = dict[tuple[UUID, UUID], set[Reason]]
"""Pairs of employers, the smaller id first, with what they share."""


def find(session: Session) -> Found:
    """The pairs as they are now. Three queries, and then seconds of work where there are a hundred thousand employers:
    so it is no part of the transaction that keeps them."""
    return pairs(known(session))


def keep(session: Session, found: Found, *, at: datetime) -> int:
    """Keep the pairs for which most speaks, and say how many there are (one query).

    What somebody said of a pair stays; a pair that nobody spoke of and that is not found again goes.
    """
    best = sorted(found, key=lambda pair: (-score(found[pair]), pair))[:MOST]
    there = {(one.first_id, one.second_id): one for one in session.scalars(sa.select(LikelyPair))}
    for pair in best:
        reasons = [reason.value for reason in Reason if reason in found[pair]]
        old = there.pop(pair, None)
        if old is None:
            session.add(
                LikelyPair(
                    id=uuid7(),
                    first_id=pair[0],
                    second_id=pair[1],
                    score=score(found[pair]),
                    reasons=reasons,
                    found_at=at,
                    dismissed_at=None,
                    dismissed_by_id=None,
                )
            )
        elif old.reasons != reasons:
            old.reasons, old.score = reasons, score(found[pair])
    for old in there.values():
        if old.dismissed_at is None:
            session.delete(old)
    return len(best)


def known(session: Session) -> list[Known]:
    """What is compared of every employer that stands (three queries)."""
    shared: dict[UUID, set[str]] = defaultdict(set)
    owners = (
        sa.select(Membership.organisation_id, User.email)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role == MemberRole.OWNER)
    )
    for organisation_id, email in session.execute(owners):
        if (own := domain(email)) is not None:
            shared[organisation_id].add(own)
    postcodes: dict[UUID, set[str]] = defaultdict(set)
    for organisation_id, postcode in session.execute(
        sa.select(Site.organisation_id, Site.postcode).where(Site.postcode.is_not(None))
    ):
        if postcode:
            postcodes[organisation_id].add(postcode)
    rows = session.execute(
        sa.select(
            Organisation.id, Organisation.name, Organisation.county, Organisation.company_number, Organisation.website
        ).where(Organisation.merged_into_id.is_(None))
    ).all()
    for row in rows:
        if (site := domain(row.website)) is not None:
            shared[row.id].add(site)
    return [
        Known(
            id=row.id,
            name=normal(row.name),
            county=row.county,
            company=row.company_number,
            postcodes=frozenset(postcodes.get(row.id, ())),
            domains=frozenset(shared.get(row.id, set())),
        )
        for row in rows
    ]


def pairs(employers: Sequence[Known]) -> Found:
    """The pairs that share something, and what. Pure."""
    found: Found = defaultdict(set)

    def note(a: Known, b: Known, reason: Reason) -> None:
        if a.id != b.id:
            found[(a.id, b.id) if a.id < b.id else (b.id, a.id)].add(reason)

    for a, b in _meeting(employers, lambda one: (one.name,)):
        note(a, b, Reason.NAME)
    for a, b in _meeting(employers, lambda one: one.postcodes):
        if alike(a.name, b.name):
            note(a, b, Reason.POSTCODE)
    for a, b in _meeting(employers, lambda one: one.domains):
        note(a, b, Reason.DOMAIN)
    for a, b in _meeting(employers, _but_for_one):
        # Numbers are given out in order, so neighbours are common: the names must be much alike too.
        if a.company != b.company and alike(a.name, b.name, NEARLY):
            note(a, b, Reason.COMPANY)
    return dict(found)


def score(reasons: Iterable[Reason]) -> int:
    """How much speaks for a pair."""
    return sum(WEIGHTS[reason] for reason in reasons)


def alike(a: str, b: str, least: int = SIMILAR) -> bool:
    """Whether two names without what comes and goes are similar."""
    return fuzz.ratio(a, b, score_cutoff=least) >= least


def _but_for_one(one: Known) -> Iterator[tuple[int, str, str]]:
    """A company number with each of its places left open: numbers that differ in one place share one of these."""
    number = one.company or ""
    for place in range(len(number)):
        yield place, number[:place], number[place + 1 :]


def _meeting(employers: Sequence[Known], keys: Callable[[Known], Iterable[Hashable]]) -> Iterator[tuple[Known, Known]]:
    """The employers that share a key, two by two; of a crowd, only neighbours by name."""
    rooms: dict[Hashable, list[Known]] = defaultdict(list)
    for one in employers:
        for key in keys(one):
            rooms[key].append(one)
    for room in rooms.values():
        if len(room) <= CROWD:
            yield from combinations(room, 2)
        else:
            room.sort(key=lambda one: (one.name, one.id))
            yield from pairwise(room)


# For the panel -------------------------------------------------------------------------------------------------------


def waiting(session: Session, *, limit: int = 100) -> list[LikelyPair]:
    """The pairs that nobody spoke of yet, those for which most speaks first (one query)."""
    first, second = aliased(Organisation), aliased(Organisation)
    return list(
        session.scalars(
            sa.select(LikelyPair)
            .join(first, first.id == LikelyPair.first_id)
            .join(second, second.id == LikelyPair.second_id)
            .options(contains_eager(LikelyPair.first.of_type(first)), contains_eager(LikelyPair.second.of_type(second)))
            .where(
                LikelyPair.dismissed_at.is_(None),
                first.merged_into_id.is_(None),
                second.merged_into_id.is_(None),
            )
            .order_by(LikelyPair.score.desc(), LikelyPair.id)
            .limit(limit)
        )
    )


def dismiss(session: Session, pair: LikelyPair, *, by: User, at: datetime) -> None:
    """They are two: the pair is shown no more. Nothing happens when somebody said so before.

    Raises `Refusal` when `by` has an interest in one of them.
    """
    why = why_not_dismiss(session, pair, by)
    if why is not None:
        raise Refusal(why)
    session.refresh(pair, with_for_update={"of": LikelyPair})
    if pair.dismissed_at is None:
        pair.dismissed_at, pair.dismissed_by_id = at, by.id
        audit.record(
            session, "pair:dismiss", pair, by=by.id, at=at, first=str(pair.first_id), second=str(pair.second_id)
        )


def why_not_dismiss(session: Session, pair: LikelyPair, by: User) -> str | None:
    """Why `by` may not say that a pair are two employers, in a sentence; None when they may."""
    found = (interests.why_not(session, by, one, "decide about it") for one in (pair.first_id, pair.second_id))
    return next((why for why in found if why is not None), None)


def search(session: Session, text: str, *, but: UUID | None = None) -> list[Organisation]:
    """At most twenty employers by a part of their name, or by number (one query)."""
    text = text.strip()[:160]
    if not text:
        return []
    pattern = re.sub(r"([\\%_])", r"\\\1", text.lower())
    number = re.sub(r"\s", "", text).upper()
    query = sa.select(Organisation).where(
        Organisation.merged_into_id.is_(None),
        sa.or_(
            sa.func.lower(Organisation.name).like(f"%{pattern}%", escape="\\"),
            Organisation.company_number == number,
            Organisation.charity_number == number,
        ),
    )
    if but is not None:
        query = query.where(Organisation.id != but)
    return list(session.scalars(query.order_by(Organisation.name, Organisation.id).limit(20)))
