"""A claim's life as plain functions of dates: when an employer may be claimed, and what becomes of a claim."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.succession.claim_rules import (
    AWAY,
    NOTICE,
    UNANSWERED_FOR,
    Facts,
    Next,
    OwnerSeen,
    ground,
    is_due,
    may_object,
    next_step,
    objections_until,
)
from charter.succession.models import Ground
from tests.conftest import AT

HOUR = timedelta(hours=1)


def here(days_ago: int) -> OwnerSeen:
    return OwnerSeen(can_sign_in=True, seen_at=AT - timedelta(days=days_ago))


GONE = OwnerSeen(can_sign_in=False, seen_at=AT)


@pytest.mark.parametrize(
    ("owners", "asked_days_ago", "member", "at_domain", "found"),
    [
        # nobody can sign in
        ([], None, True, False, Ground.NOBODY),
        ([GONE], None, False, True, Ground.NOBODY),
        ([GONE, GONE], 14, False, False, Ground.NOBODY),
        ([GONE], 13, False, False, None),  # a stranger learns nothing before their request has waited
        ([GONE], None, False, False, None),
        # somebody can, and did lately
        ([here(59)], 100, True, True, None),
        ([GONE, here(0)], 100, True, True, None),
        ([here(400), here(59)], 100, True, True, None),
        # somebody can, and has not for long
        ([here(60)], None, True, False, Ground.SILENT),
        ([here(60)], 14, False, True, Ground.SILENT),
        ([here(60)], 14, False, False, Ground.SILENT),
        ([here(60), GONE], 14, False, False, Ground.SILENT),
        ([here(60)], 13, False, True, None),
        ([here(60)], None, False, True, None),
    ],
)
def test_when_an_employer_may_be_claimed(
    owners: list[OwnerSeen], asked_days_ago: int | None, member: bool, at_domain: bool, found: Ground | None
) -> None:
    asked_at = None if asked_days_ago is None else AT - timedelta(days=asked_days_ago)
    assert ground(owners, asked_at=asked_at, member=member, at_domain=at_domain, at=AT) is found


def test_the_employers_people_may_object_but_nobody_to_their_own_claim() -> None:
    me, other = uuid4(), uuid4()
    assert may_object(other, claimant=me, member=True)
    assert not may_object(other, claimant=me, member=False)
    assert not may_object(me, claimant=me, member=True)


def test_they_have_fourteen_days_to_the_moment() -> None:
    end = objections_until(AT)
    assert end - AT == NOTICE
    assert not is_due(AT, at=end - timedelta(seconds=1))
    assert is_due(AT, at=end)


moments = st.integers(0, 24 * 200).map(lambda hours: AT - hours * HOUR)
owners_seen = st.builds(OwnerSeen, can_sign_in=st.booleans(), seen_at=moments)
grounds = st.sampled_from([*Ground, None])
facts = st.builds(
    Facts,
    claimed_at=moments,
    address=st.just("nina@teme.example"),
    address_now=st.sampled_from(["nina@teme.example", "nina@elsewhere.example", None]),
    by_itself=st.booleans(),
    at_domain=st.booleans(),
    left=st.booleans(),
    told=st.booleans(),
    proved_at=st.none() | moments,
    ground=grounds,
)


@given(st.lists(owners_seen, max_size=4), st.none() | moments, st.booleans(), st.booleans())
def test_an_owner_who_was_seen_lately_is_never_claimed_from(
    owners: list[OwnerSeen], asked_at: object, member: bool, at_domain: bool
) -> None:
    found = ground(owners, asked_at=asked_at, member=member, at_domain=at_domain, at=AT)  # type: ignore[arg-type]
    if any(one.can_sign_in and AT - one.seen_at < AWAY for one in owners):
        assert found is None
    if found is Ground.NOBODY:
        assert not any(one.can_sign_in for one in owners)
    if found is not None and not (member or at_domain):
        assert AT - asked_at >= UNANSWERED_FOR  # type: ignore[operator]


@given(facts)
def test_a_claim_is_granted_only_with_everything_in_order(found: Facts) -> None:
    step, why = next_step(found, at=AT)
    if step is Next.GRANT:
        assert AT - found.claimed_at >= NOTICE
        assert found.address_now == found.address
        assert found.at_domain
        assert not found.left
        assert found.told
        assert found.proved_at is not None
        assert found.proved_at >= found.claimed_at
        assert found.by_itself
        assert found.ground is not None
    assert (why != "") == (step in {Next.VOID, Next.HAND_TO_SCHEME})


@given(facts)
def test_a_changed_address_or_an_owner_who_is_back_ends_a_claim_whatever_else_is_so(found: Facts) -> None:
    ends = found.address_now != found.address or found.ground is None
    assert (next_step(found, at=AT)[0] is Next.VOID) == ends


@given(facts, st.integers(0, 24 * 60))
def test_waiting_longer_changes_only_from_waiting_to_granted_or_to_the_scheme(found: Facts, hours: int) -> None:
    now, later = next_step(found, at=AT)[0], next_step(found, at=AT + hours * HOUR)[0]
    assert now is later or (now is Next.WAIT and later in {Next.GRANT, Next.HAND_TO_SCHEME})
