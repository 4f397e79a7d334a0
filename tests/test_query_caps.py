"""The main pages ask the database a fixed number of questions, however many employers there are.

The pages, and the most that each may ask, are those that are benchmarked: one list, read by both.
"""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask

from benchmarks import counting, pages
from benchmarks.pages import PAGES
from charter.account.models import User
from charter.assessment import evidence
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, Evidence, ScanState
from charter.clock import today
from charter.extensions import transaction
from tests.conftest import AT
from tests.factories import CLEAN, Factory


def add(make: Factory, number: int, *, assessor: User, moderator: User) -> None:
    """Employers of three kinds: one that holds a level, one whose case is being read, one that is still answering."""
    for _ in range(number):
        make.award(make.organisation(f"Holder {next(NUMBERS)} Ltd"), on=today(), by=moderator)
        waiting, answering = (make.organisation(f"{kind} {next(NUMBERS)} Ltd") for kind in ("Waiting", "Answering"))
        sender, owner = (make.member(one, f"Owner {next(NUMBERS)}") for one in (waiting, answering))
        sent = make.answered(make.assessment(waiting, by=sender), by=sender)
        give_files(sent, by=sender)
        make.claimed(make.submitted(sent, by=sender), by=assessor)
        with transaction() as session:  # a virus was found since in one of them
            piece = session.scalars(sa.select(Evidence).where(Evidence.filename == "policy.pdf").limit(1)).one()
            piece.scan, piece.virus, piece.filename = ScanState.INFECTED, "Eicar", "found.pdf"
        make.assessment(answering, by=owner)


def give_files(assessment: Assessment, *, by: User) -> None:
    """Two files for two criteria."""
    codes = [criterion.code for criterion in assessment.framework.content.asked(assessment.target_level)][:2]
    with transaction() as session:
        for name in ("policy", "newer"):
            evidence.add_file(
                session,
                assessment,
                criteria=codes,
                title=f"Our {name}",
                filename=f"{name}.pdf",
                checked=Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf"),
                sha256=hashlib.sha256(f"{name} {assessment.id}".encode()).hexdigest(),
                size=1000,
                dated_on=None,
                by=by,
                at=AT,
                scan=CLEAN,
            )


def numbers() -> Iterator[int]:
    """1, 2, 3 and so on: no two employers or people of a test have the same name."""
    number = 0
    while True:
        yield (number := number + 1)


NUMBERS = numbers()


def test_the_main_pages_ask_no_more_for_thirty_than_for_one(
    app: Flask, make: Factory, assessor: User, moderator: User, board_member: User
) -> None:
    add(make, 1, assessor=assessor, moderator=moderator)
    first = {name: counting.queries(app, visits) for name, visits in pages.visits(app, PAGES).items()}
    add(make, 29, assessor=assessor, moderator=moderator)
    then = {name: counting.queries(app, visits) for name, visits in pages.visits(app, PAGES).items()}
    assert then == first
    assert {page.name: then[page.name] for page in PAGES if then[page.name] > page.queries} == {}
    assert all(then.values()), "a page that asked nothing was not counted"
