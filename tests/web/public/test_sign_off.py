"""What a senior person reads behind their link, without an account: also what is not known, not checked, and gone."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import declarations, evidence, quarantine, returns
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, MetricReturn, PrivacyReason, ScanState
from charter.assessment.quarantine import Scan
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from charter.review import privacy
from charter.scanning import Infected
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient

SHA = "b" * 64


@pytest.fixture
def complete(make: Factory, employer: Organisation, owner: User) -> Assessment:
    """Everything that the first level asks for."""
    return make.answered(make.assessment(employer, by=owner), by=owner)


@pytest.fixture
def with_file(complete: Assessment, owner: User) -> Assessment:
    """The same with a file that waits for the virus scanner, beside the link that is there."""
    code = next(one.code for one in complete.framework.content.asked(1) if one.evidence_required)
    with transaction() as session:
        evidence.add_file(
            session,
            complete,
            criteria=[code],
            title="Our sick pay policy",
            filename="policy.pdf",
            checked=Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf"),
            sha256=SHA,
            size=10,
            dated_on=None,
            by=owner,
            at=AT,
            scan=Scan(ScanState.WAITING),
        )
    return complete


def reads(client: CheckedClient, link: str) -> str:
    """The page, as one reads it: without its tags."""
    db.session.rollback()
    db.session.expire_all()
    answer = client.get(link)
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.text[answer.text.index("<main") :])
    return re.sub(r"\s+", " ", unescape(text))


def asks(make: Factory, assessment: Assessment, owner: User) -> str:
    _, token = make.asks_for_sign_off(assessment, by=owner)
    return f"/sign-off/{token}"


def test_a_figure_that_is_not_known_is_said_to_be_and_never_looks_like_none(
    make: Factory, complete: Assessment, owner: User, client: CheckedClient
) -> None:
    (metric, *_) = complete.framework.content.metrics_for(1)
    own = {field.name for field in metric.inputs}
    with transaction() as session:
        found = session.scalars(sa.select(MetricReturn)).one()
        returns.save(
            session,
            session.get_one(Assessment, complete.id),
            period_end=found.period_end,
            inputs={name: value for name, value in found.inputs.items() if name not in own},
            notes={},
            unknown=[metric.code],
            seen_version=found.version,
            by=owner,
            at=AT,
        )
    page = reads(client, asks(make, complete, owner))
    assert f"{metric.label} Not known yet" in page
    assert page.index(f"{metric.label} Not known yet") > page.index("The figures")
    assert "Not given" not in page


def test_a_file_that_waits_for_the_virus_scanner_is_named_with_that(
    make: Factory, with_file: Assessment, owner: User, client: CheckedClient
) -> None:
    page = reads(client, asks(make, with_file, owner))
    assert f"Evidence: Our sick pay policy (file) {ScanState.WAITING.label}" in page
    assert "shows nothing now" not in page


def test_a_file_with_a_virus_is_said_to_show_nothing_before_anything_else(
    make: Factory, with_file: Assessment, owner: User, client: CheckedClient
) -> None:
    link = asks(make, with_file, owner)
    with transaction() as session:
        quarantine.settle(session, SHA, Infected("Some.Virus", "ClamAV 1/1/x"), at=AT)
    page = reads(client, link)
    first, again = (found.start() for found in re.finditer("Our sick pay policy", page))
    assert "We found a virus in it and deleted it, so it shows nothing now." in page[first : first + 200]
    assert first < page.index("About the employer") < again
    assert f"{ScanState.INFECTED.label} It shows nothing any more." in page[again : again + 120]
    assert "Approve it" in page, "the link beside it still shows something"


def test_what_cannot_be_sent_without_the_file_cannot_be_approved(
    make: Factory, with_file: Assessment, owner: User, client: CheckedClient
) -> None:
    link = asks(make, with_file, owner)
    with transaction() as session:
        quarantine.settle(session, SHA, Infected("Some.Virus", "ClamAV 1/1/x"), at=AT)
        draft = session.get_one(Assessment, with_file.id)
        for code, pieces in evidence.of(session, draft).items():
            for piece in pieces:
                if piece.sha256 is None:
                    evidence.detach(session, draft, piece, criterion=code, by=owner, at=AT)
    page = reads(client, link)
    assert "are not complete now" in page
    assert "Approve it" not in page
    assert "Send it back" in page


def test_a_file_that_was_removed_for_privacy_has_no_name_any_more(
    make: Factory, with_file: Assessment, owner: User, assessor: User, client: CheckedClient
) -> None:
    code = next(one.code for one in with_file.framework.content.asked(1) if one.evidence_required)
    sent = make.submitted(with_file, by=owner)
    review = make.claimed(sent, by=assessor)
    with transaction() as session:
        piece = next(one for one in evidence.of(session, sent)[code] if one.sha256 == SHA)
        privacy.turn_down(session, review, piece, reason=PrivacyReason.HEALTH, by=assessor, at=AT)
    make.asked_for_more(sent, [code], assessor=assessor)
    page = reads(client, asks(make, sent, owner))
    assert "sick pay policy" not in page
    assert "Removed for privacy" in page
    assert "An assessor turned it down to protect people’s privacy." in page


@pytest.mark.parametrize(("agreed", "shown"), [(True, "Yes"), (False, "No")])
def test_a_declaration_shows_its_exception_beside_it(
    make: Factory, complete: Assessment, owner: User, client: CheckedClient, agreed: bool, shown: str
) -> None:
    declaration = complete.framework.content.declarations[0]
    note = "All but our <one> apprentice, who starts in May."
    with transaction() as session:
        draft = session.get_one(Assessment, complete.id)
        declarations.save(
            session, draft, agreed={declaration.code: agreed}, notes={declaration.code: note}, by=owner, at=AT
        )
    _, token = make.asks_for_sign_off(complete, by=owner)
    page = unescape(client.get(f"/sign-off/{token}").text)
    row = page[page.index(declaration.statement) :][:600]
    assert f">{shown}<" in row
    assert f"<strong>They add:</strong> {note}" in row
