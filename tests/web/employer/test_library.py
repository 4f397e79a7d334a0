"""The pages of the library: many files at once, each judged by itself; found again, described, replaced, deleted."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask

from benchmarks import counting
from charter.account.models import User
from charter.assessment import library
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.models import Assessment, Evidence, EvidenceUse, ScanState
from charter.assessment.shelf import TO_RENEW
from charter.clock import today
from charter.config import Settings
from charter.extensions import db, transaction
from charter.organisation.models import Membership, Organisation
from tests.assessment.test_file_checks import pdf, picture
from tests.assessment.test_library import use
from tests.assessment.test_shelf import fill, in_state
from tests.factories import Factory
from tests.pages import CheckedClient

RENEW = "Evidence to renew or replace"
"""How the dashboard begins to say that something is soon out of date."""

SignIn = Callable[[User], CheckedClient]


@pytest.fixture(autouse=True)
def _small_uploads(settings: Settings) -> None:
    settings.upload_limit_mb = 1


@pytest.fixture
def home(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/evidence"


def files(*given: tuple[bytes, str]) -> dict[str, Any]:
    return {"files": [(BytesIO(content), name) for content, name in given], "type": ""}


def one(title: str) -> Evidence:
    db.session.rollback()
    return next(piece for piece in db.session.query(Evidence) if piece.title == title)


def test_of_many_files_the_good_are_kept_and_each_bad_one_is_named_with_its_reason(
    sign_in: SignIn, owner: User, home: str
) -> None:
    client, policy = sign_in(owner), pdf()
    bad = (b"MZ not a document", "tool.exe")
    page = client.send(f"{home}/add", files((policy, "Policy.pdf"), bad, (picture("png"), "Room.png")))
    assert page.status_code == 400
    assert "tool.exe: " in page.text
    assert "Policy.pdf" in page.text
    assert sorted(piece.title for piece in db.session.query(Evidence)) == ["Policy.pdf", "Room.png"]
    again = client.send(f"{home}/add", files((policy, "Policy.pdf")))
    assert again.location == home
    assert "You have Policy.pdf already." in client.get(home).text


def test_the_same_content_under_another_name_is_there_already_and_is_not_counted_as_added(
    sign_in: SignIn, owner: User, home: str
) -> None:
    client, policy = sign_in(owner), pdf()
    assert client.send(f"{home}/add", files((policy, "Policy.pdf"), (policy, "Copy.pdf"))).location == home
    told = client.get(home).text
    assert "1 file added. You have Copy.pdf already, as “Policy.pdf”." in told
    asks: dict[str, Any] = {"headers": {"Accept": "application/json"}}
    again = client.send(f"{home}/add", files((policy, "Other.pdf")), **asks).json
    assert again is not None
    assert (again["title"], again["known"]) == ("Policy.pdf", True)


def test_more_together_than_one_form_may_hold_is_no_fault_when_each_file_is_small_enough(
    sign_in: SignIn, owner: User, home: str, app: Flask
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 2_000
    client = sign_in(owner)
    many = [(pdf() + b"\n" * number, f"Policy {number}.pdf") for number in range(1, 5)]
    assert client.send(f"{home}/add", files(*many)).status_code == 303
    assert db.session.query(Evidence).count() == 4


def test_no_file_and_too_many_files_are_said_beside_the_field(sign_in: SignIn, owner: User, home: str) -> None:
    client = sign_in(owner)
    assert "Choose at least one file." in client.send(f"{home}/add", {"type": ""}).text
    many = [(b"x", f"{number}.txt") for number in range(21)]
    assert "Choose at most 20 files" in client.send(f"{home}/add", files(*many)).text


def test_a_script_that_sends_one_file_is_told_what_became_of_it(sign_in: SignIn, owner: User, home: str) -> None:
    client = sign_in(owner)
    asks: dict[str, Any] = {"headers": {"Accept": "application/json"}}
    good = client.send(f"{home}/add", files((pdf(), "Policy.pdf")), **asks)
    piece = str(one("Policy.pdf").id)
    assert good.json == {
        "id": piece,
        "title": "Policy.pdf",
        "address": f"{home}/{piece}",
        "checking": False,
        "known": False,
    }
    bad = client.send(f"{home}/add", files((b"MZ", "tool.exe")), **asks)
    assert (bad.status_code, list(bad.json)) == (400, ["error"])


def given(client: CheckedClient, home: str, name: str = "Policy.pdf", content: bytes | None = None) -> Evidence:
    assert client.send(f"{home}/add", files((content or pdf(), name))).status_code == 303
    return one(name)


def test_the_list_shows_what_is_out_of_date_and_is_narrowed_by_its_address(
    sign_in: SignIn, owner: User, home: str, make: Factory
) -> None:
    client = sign_in(owner)
    piece = given(client, home)
    with transaction() as session:
        library.describe(
            session,
            piece,
            rules=make.framework().content.evidence_rules,
            title="Old policy",
            type=None,
            dates=Dates(valid_until=today() - timedelta(days=1)),
            by=owner,
            at=make.at,
        )
    given(client, home, "Room.png", picture("png"))
    everything = client.get(home).text
    assert "Old policy" in everything
    assert "Out of date" in everything
    narrowed = client.get(f"{home}?state=expired").text
    assert "Old policy" in narrowed
    assert "Room.png" not in narrowed
    assert "Nothing here matches" in client.get(f"{home}?words=zebra").text


def test_title_kind_and_dates_are_changed_and_a_missing_date_is_asked_for_beside_its_field(
    sign_in: SignIn, owner: User, home: str, make: Factory
) -> None:
    client = sign_in(owner)
    page = f"{home}/{given(client, home).id}/details"
    kind = next(kind for kind in make.framework().content.evidence_rules.types if "valid_until" in kind.dates)
    refused = client.send(page, {"title": "Certificate", "type": kind.code})
    assert refused.status_code == 400
    assert 'href="#valid_until">Enter the day until which it is valid.' in refused.text
    until = {"valid_until-day": "1", "valid_until-month": "5", "valid_until-year": "2031"}
    assert client.send(page, {"title": "Certificate", "type": kind.code, **until}).status_code == 303
    shown = client.get(f"{home}/{one('Certificate').id}").text
    assert "In date until 1 May 2031" in shown
    assert kind.title in shown


def test_a_piece_is_replaced_by_a_newer_file_and_both_can_be_downloaded(
    sign_in: SignIn, owner: User, home: str
) -> None:
    client = sign_in(owner)
    older, newer = pdf(), pdf() + b"\n"
    piece = given(client, home, content=older)
    sent = client.send(f"{home}/{piece.id}/replace", {"file": (BytesIO(newer), "Policy 2027.pdf")})
    assert sent.status_code == 303
    shown = client.get(sent.location).text
    assert "Older version" in shown
    assert client.get(f"/evidence/{piece.id}/download").data == older
    assert client.get(f"/evidence/{sent.location.rpartition('/')[2]}/download").data == newer
    assert "This is an older version" in client.get(f"{home}/{piece.id}").text


def test_a_newer_file_has_its_own_name_kind_and_optional_dates(
    sign_in: SignIn, owner: User, home: str, make: Factory
) -> None:
    client = sign_in(owner)
    page = f"{home}/{given(client, home).id}/replace"
    text = client.get(page).text
    rules = make.framework().content.evidence_rules
    chosen = [kind for kind in rules.types if f'<option value="{kind.code}">' in text]
    left_out = {kind.title for kind in rules.types} - {kind.title for kind in chosen}
    assert left_out == {"Link to a web page", "Written account"}  # a file is neither
    assert text.count("(optional)") == 5
    kind = next(kind for kind in chosen if not kind.dates)
    sent = client.send(page, {"file": (BytesIO(picture("png")), "Room.png"), "title": "Policy.pdf", "type": kind.code})
    assert sent.status_code == 303
    assert one("Room.png").type == kind.code
    again = f"{home}/{one('Room.png').id}/replace"
    client.send(again, {"file": (BytesIO(pdf()), "Third.pdf"), "title": "How we meet", "type": kind.code})
    assert one("How we meet").filename == "Third.pdf"


def test_what_nothing_uses_is_deleted_after_a_question(sign_in: SignIn, owner: User, home: str) -> None:
    client = sign_in(owner)
    piece = given(client, home)
    assert client.send(f"{home}/{piece.id}/remove").status_code == 303
    db.session.rollback()
    assert db.session.query(Evidence).count() == 0


def test_the_library_asks_the_same_few_questions_of_the_database(
    app: Flask, sign_in: SignIn, owner: User, home: str, make: Factory, employer: Organisation
) -> None:
    client = sign_in(owner)
    given(client, home)
    assessment: Assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    assert assessment.id

    def asked() -> int:
        with counting.statements(app) as said:
            assert client.get(home).status_code == 200
        return len(said)

    first = asked()
    for number in range(5):
        given(client, home, f"Policy {number}.pdf", pdf() + b"\n" * (number + 1))
    assert asked() == first <= 8


def test_a_page_of_many_keeps_what_was_asked_for_in_its_address(
    sign_in: SignIn, owner: User, home: str, employer: Organisation
) -> None:
    fill(employer, owner, 60)
    client = sign_in(owner)
    page = client.get(f"{home}?words=page&order=title")
    assert "60 items" in page.text
    assert "Page 1 of 3" in page.text
    assert f'href="{home}?words=page&amp;order=title&amp;page=2#found"' in page.text
    assert "Page 3 of 3" in client.get(f"{home}?page=99").text
    assert "Page 1 of 3" in client.get(f"{home}?page=no").text


def test_everything_downloads_as_one_archive_that_says_what_is_left_out_and_why(
    sign_in: SignIn, owner: User, stranger: User, home: str, employer: Organisation
) -> None:
    client = sign_in(owner)
    for number, name in enumerate(("Policy.pdf", "Guide.pdf", "Policy.pdf", "Other.pdf")):
        given(client, home, name, pdf() + b"\n" * number)
    assert f'href="{home}.zip"' in client.get(home).text
    with transaction() as session:
        guide, other = one("Guide.pdf"), one("Other.pdf")
        guide.scan, other.scan, other.virus = ScanState.WAITING, ScanState.INFECTED, "Eicar"
        session.add_all([guide, other])
    got = client.get(f"{home}.zip")
    assert got.headers["Content-Type"] == "application/zip"
    archive = ZipFile(BytesIO(got.data))
    assert archive.namelist() == ["contents.csv", "left-out.txt", "Policy.pdf", "Policy (2).pdf"]
    said = archive.read("left-out.txt").decode("utf-8-sig")
    assert "- Guide.pdf: being checked for viruses, so not here yet" in said
    assert "- Other.pdf: deleted because it had a virus" in said
    assert sign_in(stranger).get(f"{home}.zip").status_code == 404


@pytest.mark.parametrize("state", TO_RENEW)
def test_the_dashboard_says_how_much_is_to_be_renewed_or_replaced_and_leads_to_it(
    make: Factory, employer: Organisation, sign_in: SignIn, owner: User, home: str, state: State
) -> None:
    client = sign_in(owner)
    piece = given(client, home)
    in_state(piece, state)
    if state is State.UNDATED:
        assessment = make.assessment(employer, by=owner)
        use(assessment, piece, [assessment.framework.content.asked(1)[0].code], owner)
    if state in {State.EXPIRED, State.SOON}:
        with transaction() as session:
            session.get_one(Evidence, piece.id).ends_on = today() + timedelta(days=-1 if state is State.EXPIRED else 9)
    page = client.get("/dashboard").text
    assert RENEW in page
    assert state.label in page
    assert f'href="{home}?state={state.value}"' in page
    there = client.get(f"{home}?state={state.value}").text
    assert f'href="{home}/{piece.id}"' in there


def test_a_piece_that_the_dashboard_names_is_not_counted_there_once_more(
    make: Factory, assessment: Assessment, owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    with transaction() as session:
        piece = session.scalars(sa.select(Evidence).join(EvidenceUse)).first()
        assert piece is not None
        piece.ends_on = today() - timedelta(days=1)
    page = sign_in(owner).get("/dashboard").text
    assert page.count("It is out of date.") == 1
    assert "Evidence to renew or replace" not in page


def test_nothing_is_said_on_the_dashboard_when_nothing_is_to_be_renewed(
    sign_in: SignIn, owner: User, home: str
) -> None:
    client = sign_in(owner)
    given(client, home)
    text = client.get("/dashboard").text
    assert "What to do next" in text
    assert RENEW not in text


def test_what_could_not_be_opened_is_given_again_as_it_was(sign_in: SignIn, owner: User, home: str) -> None:
    client, content = sign_in(owner), pdf()
    piece = given(client, home, content=content)
    in_state(piece, State.UNREADABLE)
    assert "Give it again" in client.get(f"{home}/{piece.id}").text
    sent = client.send(f"{home}/{piece.id}/replace", {"file": (BytesIO(content), "Policy.pdf"), "type": ""})
    assert sent.location == f"{home}/{piece.id}"
    db.session.expire_all()
    assert not db.session.get_one(Evidence, piece.id).is_unreadable


def test_whoever_left_is_a_former_colleague(sign_in: SignIn, owner: User, colleague: User, home: str) -> None:
    piece = given(sign_in(colleague), home)
    client = sign_in(owner)
    assert colleague.name in client.get(f"{home}/{piece.id}").text
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == colleague.id))
    page = client.get(f"{home}/{piece.id}").text
    assert colleague.name not in page
    assert "A former colleague added it" in page
