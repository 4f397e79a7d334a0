"""Twenty people save answers of one assessment at once, each with a browser of their own: nothing is lost.

What counts as lost is worked out from what each of them was shown: of one answer, every save that was accepted must
have been on the page of whoever replaced it. So the saves of an answer make one chain that ends in what is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import html5lib
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from charter.account.models import User
from charter.assessment import answers
from charter.assessment.models import Answer, Assessment
from charter.audit import AuditEvent
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.test_side_by_side import filled

PEOPLE = 20
ROUNDS = 3
TRIES = 3
"""So often somebody whose save came too late keeps their own; then they keep the other."""


class Hurried(CheckedClient):
    """A browser that does not read each page strictly: twenty of them would read one after the other."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return FlaskClient.open(self, *args, **kwargs)


@dataclass(frozen=True)
class Save:
    """A save that was accepted: the words, and the words that were on the page which it was sent from."""

    criterion: str
    words: str
    saw: str


@dataclass
class Told:
    """What became of one person's saves."""

    saves: list[Save] = field(default_factory=list)
    overtaken: int = 0
    faults: list[str] = field(default_factory=list)


def theirs_on(page: str) -> str:
    """What a page that says "somebody else saved" shows of theirs."""
    document = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False)
    card = document.find(".//section[@aria-labelledby='theirs']")
    text = card.find(".//p[@class='govuk-body charter-text']") if card is not None else None
    return (text.text or "") if text is not None else ""


def everybody_saves(app: Flask, assessment: Assessment, people: Sequence[User], codes: Sequence[str]) -> list[Told]:
    """Three rounds, each begun by all at once: first each on an own criterion, then ten on one, then in pairs."""
    begin = Barrier(len(people))
    app.test_client_class = Hurried
    browsers: list[Any] = []
    for person in people:
        browsers.append(app.test_client())
        browsers[-1].sign_in(person)
    value = assessment.framework.content.scale[0].value
    home = f"/assessments/{assessment.id}/criteria"
    db.session.rollback()

    def criterion(place: int, round_: int) -> str:
        own = codes[1 + place % (len(codes) - 1)]
        return (own, codes[0] if place < 10 else own, codes[1 + place // 2 % (len(codes) - 1)])[round_]

    def go(place: int) -> Told:
        told, browser = Told(), browsers[place]
        for round_ in range(ROUNDS):
            code, words = criterion(place, round_), f"Words of person {place} in round {round_}"
            form = filled(browser.get(f"{home}/{code}").text)
            saw = form["explanation"]
            begin.wait(300)
            for _ in range(TRIES):
                sent = browser.post(f"{home}/{code}", data=form | {"value": value, "explanation": words})
                if sent.status_code == 303:
                    told.saves.append(Save(code, words, saw))
                    break
                if sent.status_code != 409:
                    told.faults.append(f"{words}: {sent.status_code}")
                    break
                told.overtaken += 1
                form, saw = filled(sent.text), theirs_on(sent.text)
                if not saw or form["explanation"] != words:
                    told.faults.append(f"{words}: was not shown both versions, but {saw!r} and {form['explanation']!r}")
        return told

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(go, range(len(people))))


def lost(told: Sequence[Told], stored: Mapping[str, str]) -> Iterator[str]:
    """Each save that was accepted, is not what is stored, and that nobody saw who replaced it."""
    saves = [save for one in told for save in one.saves]
    for code in {save.criterion for save in saves}:
        by_words = {save.words: save for save in saves if save.criterion == code}
        chain, words = set[str](), stored.get(code, "")
        while words in by_words and words not in chain:
            chain.add(words)
            words = by_words[words].saw
        yield from sorted(by_words.keys() - chain)


def stored_now(assessment: Assessment) -> dict[str, Answer]:
    db.session.rollback()
    rows = sa.select(Answer).where(Answer.assessment_id == assessment.id).execution_options(populate_existing=True)
    return {one.criterion: one for one in db.session.scalars(rows)}


@pytest.fixture
def people(make: Factory, employer: Organisation) -> list[User]:
    return [make.member(employer, f"Person{number} Ofmany") for number in range(PEOPLE)]


@pytest.fixture
def shared(make: Factory, employer: Organisation, people: list[User]) -> Assessment:
    return make.assessment(employer, by=people[0])


def asked(assessment: Assessment) -> list[str]:
    return [one.code for one in assessment.framework.content.asked(assessment.target_level)]


def test_of_twenty_who_save_at_once_nothing_is_lost_and_nobody_sees_an_error(
    app: Flask, shared: Assessment, people: list[User]
) -> None:
    told = everybody_saves(app, shared, people, asked(shared))
    rows = stored_now(shared)
    assert [fault for one in told for fault in one.faults] == []
    assert list(lost(told, {code: row.explanation for code, row in rows.items()})) == []
    accepted = [save for one in told for save in one.saves]
    assert sum(row.version for row in rows.values()) == len(accepted), "each accepted save is one version of its answer"
    trail = sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "answer:save")
    assert db.session.scalar(trail) == len(accepted)
    assert sum(one.overtaken for one in told) >= 9, "of ten on one criterion nine came too late"
    assert len(accepted) >= PEOPLE * 2


def test_the_same_people_lose_words_when_a_save_does_not_look_what_was_seen(
    app: Flask, shared: Assessment, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = answers.save

    def careless(session: Any, assessment: Any, **said: Any) -> Answer:
        session.refresh(assessment, with_for_update=True)
        there = session.scalars(
            sa.select(Answer.version).where(
                Answer.assessment_id == assessment.id, Answer.criterion == said["criterion"]
            )
        ).first()
        return careful(session, assessment, **(said | {"seen_version": there or 0, "seen": None}))

    monkeypatch.setattr(answers, "save", careless)
    told = everybody_saves(app, shared, people, asked(shared))
    rows = stored_now(shared)
    assert len(list(lost(told, {code: row.explanation for code, row in rows.items()}))) >= 9
