"""The pages of evidence: given in four ways, nothing typed is lost, opened only by those who may and only to save."""

import hashlib
import html
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.assessment.models import Assessment, Evidence, EvidenceUse
from charter.config import Settings
from charter.extensions import db
from charter.framework.asking import standing
from charter.framework.content import EvidenceDate
from charter.organisation.models import Organisation
from charter.review import submitted
from tests.assessment.test_file_checks import pdf
from tests.assessment.test_shelf import fill
from tests.factories import Factory
from tests.pages import CheckedClient

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


@pytest.fixture
def codes(assessment: Assessment) -> list[str]:
    return [criterion.code for criterion in assessment.framework.content.asked(assessment.target_level)]


@pytest.fixture
def form_page(assessment: Assessment, codes: list[str]) -> str:
    return f"/assessments/{assessment.id}/criteria/{codes[0]}/evidence"


@pytest.fixture(autouse=True)
def _small_uploads(settings: Settings) -> None:
    settings.upload_limit_mb = 1


@pytest.fixture
def queries_said(app: Flask) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(*values: Any) -> None:
        if values[2].lstrip().upper().startswith("SELECT"):
            said.append(values[2])

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", listen)
    yield said
    sa.event.remove(engine, "before_cursor_execute", listen)


def upload(content: bytes, name: str = "policy.pdf", **more: Any) -> dict[str, Any]:
    return {"kind": "file", "file": (BytesIO(content), name), **more}


def there() -> list[Evidence]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Evidence).order_by(Evidence.added_at, Evidence.id)))


def uses() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(EvidenceUse.criterion).order_by(EvidenceUse.criterion)))


# Giving ------------------------------------------------------------------------------------------------------------


def test_a_file_is_checked_stored_and_added(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str], settings: Settings
) -> None:
    content = pdf()
    dated = {"dated_on-day": "1", "dated_on-month": "March", "dated_on-year": "2026"}
    response = sign_in(owner).send(form_page, upload(content, "work/Sick leave.pdf", **dated))
    assert (response.status_code, response.location) == (303, form_page.removesuffix("/evidence"))
    [added] = there()
    assert (added.title, added.filename, added.size) == ("Sick leave.pdf", "Sick leave.pdf", len(content))
    assert added.sha256 == hashlib.sha256(content).hexdigest()
    assert added.media_type == "application/pdf"
    assert str(added.dated_on) == "2026-03-01"
    stored = Path(settings.evidence_url) / added.sha256[:2] / added.sha256
    assert stored.read_bytes() == content
    assert uses() == codes[:1]


def test_the_page_says_what_was_added(sign_in: SignIn, owner: User, form_page: str) -> None:
    response = sign_in(owner).send(form_page, upload(pdf(), title="Our policy"), follow_redirects=True)
    assert "Evidence added: Our policy." in response.text


def test_a_title_that_ends_a_sentence_ends_it_once(sign_in: SignIn, owner: User, form_page: str) -> None:
    response = sign_in(owner).send(form_page, upload(pdf(), title="We told everyone."), follow_redirects=True)
    assert "Evidence added: We told everyone.<" in response.text


def test_a_link_supports_several_criteria(sign_in: SignIn, owner: User, form_page: str, codes: list[str]) -> None:
    said = {"kind": "link", "url": "www.example.org/policy", "criteria": codes[1:3]}
    assert sign_in(owner).send(form_page, said).status_code == 303
    assert [piece.url for piece in there()] == ["https://www.example.org/policy"]
    assert uses() == sorted(codes[:3])


def test_a_written_account_is_added(sign_in: SignIn, owner: User, form_page: str) -> None:
    assert sign_in(owner).send(form_page, {"kind": "account", "text": "We talk\r\nevery month."}).status_code == 303
    assert [(piece.text, piece.title) for piece in there()] == [("We talk\nevery month.", "We talk")]


def test_who_forgets_to_choose_but_fills_in_one_part_means_that_part(
    sign_in: SignIn, owner: User, form_page: str
) -> None:
    assert sign_in(owner).send(form_page, {"text": "We talk every month."}).status_code == 303
    assert len(there()) == 1


def test_evidence_given_before_is_used_again(
    sign_in: SignIn, owner: User, form_page: str, assessment: Assessment, codes: list[str]
) -> None:
    client = sign_in(owner)
    assert "Use evidence you gave before" not in client.get(form_page).text
    client.send(form_page, upload(pdf(), title="Our policy"))
    assert "Use evidence you gave before" not in client.get(form_page).text  # this criterion uses all there is
    other = form_page.replace(codes[0], codes[1])
    shown = client.get(other).text
    assert "Use evidence you gave before" in shown
    [added] = there()
    assert client.send(other, {"kind": "library", "library": [str(added.id)]}).status_code == 303
    assert uses() == sorted(codes[:2])
    assert len(there()) == 1


def test_of_many_pieces_to_use_again_each_page_keeps_what_was_ticked_and_typed(
    sign_in: SignIn, owner: User, employer: Organisation, form_page: str, codes: list[str]
) -> None:
    fill(employer, owner, 25)
    client = sign_in(owner)
    first = client.get(form_page).text
    assert "Page 1 of 3" in first
    ticked = re.findall(r'name="library" type="checkbox" value="([^"]+)"', first)[0]
    said = {"kind": "library", "library": [ticked], f"place-{ticked}": "page 4", "title": "", "shown": "1", "find": ""}
    third = client.send(form_page, {**said, "page": "3"})
    assert third.status_code == 200
    assert "Page 3 of 3" in third.text
    assert f'value="{ticked}" checked' in third.text
    assert 'value="page 4"' in third.text
    narrowed = client.send(form_page, {**said, "find": "page 024", "page": "1"}).text
    found = re.findall(r'name="library" type="checkbox" value="([^"]+)"', narrowed)
    assert found[0] == ticked
    assert len(found) <= 2
    other = re.findall(r'name="library" type="checkbox" value="([^"]+)"', third.text)[-1]
    sent = client.send(form_page, {**said, "library": [ticked, other], "shown": "3"})
    assert sent.status_code == 303
    db.session.expire_all()
    given = db.session.scalars(sa.select(EvidenceUse).where(EvidenceUse.criterion == codes[0])).all()
    assert {str(use.evidence_id): use.place for use in given} == {ticked: "page 4", other: ""}


def test_enter_in_another_part_of_the_form_turns_no_page(
    sign_in: SignIn, owner: User, employer: Organisation, form_page: str
) -> None:
    fill(employer, owner, 25)
    said = {"kind": "link", "url": "https://example.com/policy", "page": "1", "find": "", "shown": "1"}
    assert sign_in(owner).send(form_page, said).status_code == 303


def test_a_double_submit_of_a_file_makes_one_row(sign_in: SignIn, owner: User, form_page: str) -> None:
    client = sign_in(owner)
    content = pdf()
    for _ in range(2):
        assert client.send(form_page, upload(content)).status_code == 303
    assert (len(there()), len(uses())) == (1, 1)


def test_a_colleague_may_give_evidence_and_a_stranger_may_not_know(
    sign_in: SignIn, colleague: User, stranger: User, assessor: User, form_page: str
) -> None:
    assert sign_in(colleague).send(form_page, {"text": "We do."}).status_code == 303
    assert sign_in(stranger).get(form_page).status_code == 404
    assert sign_in(assessor).get(form_page).status_code == 403


def test_a_criterion_that_is_not_asked_is_not_there(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str]
) -> None:
    assert sign_in(owner).get(form_page.replace(codes[0], "NO-SUCH")).status_code == 404


def test_the_page_says_what_a_file_may_be_and_what_never_to_send(
    sign_in: SignIn, owner: User, form_page: str, assessment: Assessment
) -> None:
    text = sign_in(owner).get(form_page).text
    assert assessment.framework.content.evidence_rules.privacy in text
    assert "PDF, Word (.docx), Excel (.xlsx), PNG, JPEG or plain text (.txt), and up to 1 MB" in text


# When something is wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "error", "beside"),
    [
        ({}, "Choose what you want to add.", "kind"),
        ({"kind": "nonsense"}, "Choose what you want to add.", "kind"),
        ({"kind": "file"}, "Choose a file.", "file"),
        (upload(b"", "policy.pdf"), "This file is empty. Choose a file with something in it.", "file"),
        (upload(b"words", "policy.pdf"), "This file is named .pdf but is not a PDF.", "file"),
        (upload(b"MZ", "policy.exe"), "We cannot accept .exe files.", "file"),
        (upload(b"x" * 1_000_001, "note.txt"), "This file is too large: a file can have up to 1 MB.", "file"),
        ({"kind": "link", "url": ""}, "Enter the address of the web page.", "url"),
        ({"kind": "link", "url": "javascript:alert(1)"}, "Enter the whole address of a web page", "url"),
        ({"kind": "account", "text": " "}, "Enter your written account.", "text"),
        (
            {"kind": "account", "text": "word " * 301},
            "Your written account must be 300 words or fewer. It has 301.",
            "text",
        ),
        ({"kind": "account", "text": "w" * 10_001}, "Your written account must be 300 words or fewer, with", "text"),
        ({"kind": "link", "url": "https://a.org", "title": "t" * 201}, "The title must be 200 characters", "title"),
        (
            {"url": "https://a.org", "dated_on-day": "31", "dated_on-month": "2", "dated_on-year": "2026"},
            "The date must be a real date",
            "dated_on",
        ),
        (
            {"url": "https://a.org", "dated_on-day": "1", "dated_on-month": "1", "dated_on-year": "2199"},
            "The date of the document must be today or in the past.",
            "dated_on",
        ),
        ({"kind": "link", "url": "https://a.org", "place": "p" * 201}, "Where to look must be 200 characters", "place"),
        ({"kind": "link", "url": "https://a.org", "text": "And so on"}, "A written account does not go with", "text"),
        (
            {"kind": "link", "url": "https://a.org", "library": ["0" * 32]},
            "You also ticked evidence you gave",
            "library",
        ),
        ({"kind": "account", "text": "We do.", "place": "Page 1"}, "Where to look does not go with", "place"),
        ({"kind": "account", "text": "We do.", "dated_on-day": "1"}, "A date does not go with", "dated_on"),
        (
            {"kind": "library", "title": "Our policy"},
            "A title does not go with “Use evidence you gave before”",
            "title",
        ),
        (upload(b"We do.", "a.txt", kind="link", url="https://a.org"), "You also chose a file", "file"),
        ({"kind": "link", "url": "https://a.org", "criteria": ["NO-SUCH"]}, "not one of the questions", "criteria"),
        ({"kind": "library"}, "Tick at least one piece of evidence.", "library"),
        ({"kind": "library", "library": ["0" * 32]}, "Tick at least one piece of evidence.", "library"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_added(
    sign_in: SignIn, owner: User, form_page: str, said: dict[str, Any], error: str, beside: str, codes: list[str]
) -> None:
    client = sign_in(owner)
    client.send(form_page.replace(codes[0], codes[5]), {"text": "There is a library."})
    said = {name: (BytesIO(value[0].getvalue()), value[1]) if name == "file" else value for name, value in said.items()}
    response = client.send(form_page, said)
    assert response.status_code == 400
    assert error.replace("'", "&#39;") in response.text
    assert f'<a href="#{beside}">' in response.text
    assert f'id="{beside}' in response.text
    assert len(there()) == 1


def test_everything_typed_survives_an_error_and_the_file_is_asked_for_again(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str]
) -> None:
    said = upload(
        pdf(),
        title="Our policy",
        url="https://half.typed",
        text="Half an account",
        criteria=[codes[2]],
        **{"dated_on-day": "30", "dated_on-month": "2", "dated_on-year": "2026"},
    )
    response = sign_in(owner).send(form_page, said)
    assert response.status_code == 400
    text = response.text
    assert "Choose your file again." in text
    assert 'value="Our policy"' in text
    assert 'value="https://half.typed"' in text
    assert "Half an account" in text
    assert 'name="dated_on-day" type="text" inputmode="numeric" value="30"' in text
    assert re.search(rf'value="{codes[2]}" checked', text)
    assert re.search(r'value="file" checked', text)
    assert there() == []


def test_a_file_that_is_wrong_is_said_once(sign_in: SignIn, owner: User, form_page: str) -> None:
    text = sign_in(owner).send(form_page, upload(b"words")).text
    assert "Choose your file again." not in text


def test_a_body_beyond_all_bounds_gets_a_page_that_says_so(
    sign_in: SignIn, owner: User, form_page: str, app: Flask
) -> None:
    client = sign_in(owner)
    token = client.token(form_page)
    size = (app.config["MAX_CONTENT_LENGTH"] or 0) + 1
    response = client.post(form_page, data={"csrf_token": token, **upload(b"x" * size, "note.txt")})
    assert response.status_code == 413
    assert "That is too large" in response.text
    assert "smaller file" in response.text
    assert there() == []


def test_a_file_just_over_the_limit_can_still_be_answered_beside_its_field(app: Flask, settings: Settings) -> None:
    assert app.config["MAX_CONTENT_LENGTH"] > settings.upload_limit_mb * 1_000_000


# When the employer may not change anything --------------------------------------------------------------------------


def test_while_the_assessor_has_it_nothing_is_added(
    sign_in: SignIn, owner: User, make: Factory, assessment: Assessment, form_page: str
) -> None:
    client = sign_in(owner)
    token = client.token(form_page)
    make.submitted(make.answered(assessment, by=owner), by=owner)
    before = len(there())
    response = client.get(form_page)
    assert response.status_code == 303
    assert "with the assessor and cannot be changed now" in client.get(response.location).text
    late = client.post(form_page, data={"csrf_token": token, "text": "A late account that took an hour."})
    assert late.status_code == 400
    assert "with the assessor and cannot be changed now" in late.text
    assert "A late account that took an hour." in late.text
    assert len(there()) == before


def test_in_a_round_of_more_information_only_what_was_asked_is_open(
    sign_in: SignIn,
    owner: User,
    make: Factory,
    assessor: User,
    assessment: Assessment,
    form_page: str,
    codes: list[str],
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    make.asked_for_more(assessment, codes[:2], assessor=assessor)
    client = sign_in(owner)
    assert client.get(form_page.replace(codes[0], codes[2])).status_code == 303
    shown = client.get(form_page)
    assert f'value="{codes[1]}"' in shown.text
    assert f'value="{codes[2]}"' not in shown.text
    assert client.send(form_page, {"text": "Here it is.", "criteria": [codes[1]]}).status_code == 303
    frozen = client.send(form_page, {"text": "And here.", "criteria": [codes[2]]})
    assert frozen.status_code == 400
    assert "cannot be changed now" in frozen.text


# Where to look -----------------------------------------------------------------------------------------------------


def places() -> dict[str, str]:
    db.session.rollback()
    return {use.criterion: use.place for use in db.session.scalars(sa.select(EvidenceUse))}


def test_where_to_look_is_given_for_the_criterion_it_is_added_from_and_changed_later(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str], assessment: Assessment
) -> None:
    client = sign_in(owner)
    client.send(form_page, upload(pdf(), title="Handbook", place="Pages 4 to 6", criteria=codes[1:2]))
    assert places() == {codes[0]: "Pages 4 to 6", codes[1]: ""}
    page = form_page.removesuffix("/evidence")
    assert "<strong>Look at:</strong> Pages 4 to 6" in client.get(page).text
    [added] = there()
    change = f"{form_page}/{added.id}/place"
    assert change in client.get(page).text
    assert 'value="Pages 4 to 6"' in client.get(change).text
    saved = client.send(change, {"place": "Section 3.2"})
    assert (saved.status_code, saved.location) == (303, page)
    other = change.replace(codes[0], codes[1])
    saved = client.send(f"{other}?from=list", {"place": "Page 9"})
    assert (saved.status_code, saved.location) == (303, f"/assessments/{assessment.id}/evidence")
    assert places() == {codes[0]: "Section 3.2", codes[1]: "Page 9"}
    everything = client.get(f"/assessments/{assessment.id}/evidence").text
    assert all(f"<strong>Look at:</strong> {place}" in everything for place in ("Section 3.2", "Page 9"))
    assert "Look at: Section 3.2" in client.get(f"/assessments/{assessment.id}/check").text
    long = client.send(change, {"place": "p" * 201})
    assert long.status_code == 400
    assert "Where to look must be 200 characters or fewer. It has 201." in long.text
    assert client.get(change.replace(codes[0], codes[2])).status_code == 404


def test_what_is_used_again_has_a_place_of_its_own(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str]
) -> None:
    client = sign_in(owner)
    client.send(form_page, upload(pdf(), place="Page 1"))
    client.send(form_page, {"kind": "link", "url": "https://example.org/staff"})
    file, link = there()
    other = form_page.replace(codes[0], codes[1])
    said = {"kind": "library", "library": [str(file.id)], f"place-{file.id}": "Page 7", f"place-{link.id}": "The top"}
    unticked = client.send(other, said)
    assert unticked.status_code == 400
    assert "Tick this evidence, or clear where to look in it." in unticked.text
    assert 'value="The top"' in unticked.text
    assert client.send(other, {**said, f"place-{link.id}": ""}).status_code == 303
    assert places()[codes[1]] == "Page 7"


def test_frozen_evidence_keeps_its_place_and_what_was_typed_stays_in_sight(
    sign_in: SignIn, owner: User, make: Factory, assessment: Assessment, form_page: str
) -> None:
    client = sign_in(owner)
    client.send(form_page, upload(pdf(), place="Page 1"))
    [added] = there()
    change = f"{form_page}/{added.id}/place"
    token = client.token(change)
    make.submitted(make.answered(assessment, by=owner), by=owner)
    assert "with the assessor and cannot be changed now" in client.get(change).text
    late = client.post(change, data={"csrf_token": token, "place": "Page 22"})
    assert late.status_code == 400
    assert "Page 22" in late.text
    assert "Page 22" not in places().values()
    assert "Look at:</strong> Page 1" in client.get(form_page.removesuffix("/evidence")).text


def test_the_assessor_reads_where_to_look(
    sign_in: SignIn, owner: User, assessor: User, make: Factory, assessment: Assessment, form_page: str
) -> None:
    sign_in(owner).send(form_page, upload(pdf(), place="Pages 4 to 6"))
    make.submitted(make.answered(assessment, by=owner), by=owner)
    case = sign_in(assessor).get(f"/admin/reviews/{make.review(assessment).id}").text
    assert case.count("<strong>Look at:</strong> Pages 4 to 6") == 1


def test_a_snapshot_of_before_there_were_places_still_reads(make: Factory, assessment: Assessment, owner: User) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    [sent] = submitted.rounds(db.session, assessment)
    old = {**sent.snapshot, "evidence": [dict(item) for item in sent.snapshot["evidence"]]}
    for item in old["evidence"]:
        del item["places"]
    said = submitted.read(old)
    assert {piece.place for pieces in said.evidence.values() for piece in pieces} == {""}


# What it also supports ---------------------------------------------------------------------------------------------


def test_the_other_criteria_stand_under_their_themes_with_the_musts_marked(
    sign_in: SignIn, owner: User, form_page: str, assessment: Assessment, codes: list[str]
) -> None:
    content = assessment.framework.content
    others = [criterion for criterion in content.asked(assessment.target_level) if criterion.code != codes[0]]
    text = html.unescape(sign_in(owner).get(form_page).text)
    assert re.findall(r'<legend class="govuk-visually-hidden">([^<]+)</legend>', text) == [
        theme.title for theme in content.themes if any(one.theme == theme.code for one in others)
    ]
    musts = [standing(content, criterion, assessment.target_level).is_must for criterion in others]
    assert text.count("charter-must") == sum(musts) > 0


def test_a_theme_with_something_ticked_is_open_and_says_how_much(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str]
) -> None:
    text = sign_in(owner).send(form_page, {"kind": "link", "url": "", "criteria": codes[1:2]}).text
    assert text.count('charter-also" open>') == 1
    assert text.count("1 ticked") == 1


def test_a_piece_that_keeps_its_title_and_date_says_so(
    sign_in: SignIn,
    owner: User,
    make: Factory,
    assessor: User,
    assessment: Assessment,
    form_page: str,
    codes: list[str],
) -> None:
    client, content = sign_in(owner), pdf()
    client.send(form_page, upload(content, title="Our policy"))
    make.submitted(make.answered(assessment, by=owner), by=owner)
    make.asked_for_more(assessment, codes[:1], assessor=assessor)
    dated = {"dated_on-day": "1", "dated_on-month": "3", "dated_on-year": "2026"}
    text = client.send(form_page, upload(content, title="New policy", **dated), follow_redirects=True).text
    assert "You gave this before, so it keeps its title, Our policy." in text
    assert "You gave this before, so it stays without a date." in text


# Seeing and taking away --------------------------------------------------------------------------------------------


def test_all_the_evidence_shows_what_each_piece_supports(
    sign_in: SignIn, owner: User, form_page: str, assessment: Assessment, codes: list[str]
) -> None:
    client = sign_in(owner)
    everything = f"/assessments/{assessment.id}/evidence"
    assert "You have not added any evidence" in client.get(everything).text
    client.send(form_page, upload(pdf(), title="Our policy", criteria=codes[1:2]))
    client.send(form_page, {"kind": "link", "url": "https://example.org/staff"})
    client.send(form_page, {"kind": "account", "text": "We do <b>this</b>."})
    text = client.get(everything).text
    assert "Our policy" in text
    assert 'href="https://example.org/staff" rel="external nofollow noopener noreferrer"' in text
    assert "We do &lt;b&gt;this&lt;/b&gt;." in text
    for code in codes[:2]:
        criterion = assessment.framework.content.criterion(code)
        assert criterion is not None
        assert criterion.title.replace("'", "&#39;") in text
    assert text.count("/remove") == 4


def test_evidence_is_removed_after_a_question(sign_in: SignIn, owner: User, form_page: str, codes: list[str]) -> None:
    client = sign_in(owner)
    client.send(form_page, upload(pdf(), title="Our policy", criteria=codes[1:2]))
    [added] = there()
    remove = f"{form_page}/{added.id}/remove"
    assert "We keep it with your other evidence" in client.get(remove).text
    assert uses() == sorted(codes[:2])  # asking changes nothing
    response = client.send(remove, follow_redirects=True)
    assert "Our policy was removed from" in response.text
    assert uses() == codes[1:2]
    last = remove.replace(codes[0], codes[1])
    assert "it will be deleted. You cannot undo this." in client.get(last).text
    token = client.token(last)
    assert "Our policy was deleted." in client.send(last, follow_redirects=True).text
    assert there() == []
    again = client.post(last, data={"csrf_token": token})
    assert (again.status_code, again.location) == (303, last.split("/evidence/")[0])
    assert client.get(last).status_code == 404


def test_nobody_else_removes_evidence(
    sign_in: SignIn, owner: User, stranger: User, assessor: User, form_page: str
) -> None:
    sign_in(owner).send(form_page, upload(pdf()))
    [added] = there()
    remove = f"{form_page}/{added.id}/remove"
    assert sign_in(stranger).get(remove).status_code == 404
    assert sign_in(assessor).get(remove).status_code == 403
    assert len(there()) == 1


def test_frozen_evidence_is_not_removed(
    sign_in: SignIn, owner: User, make: Factory, assessment: Assessment, form_page: str
) -> None:
    client = sign_in(owner)
    client.send(form_page, upload(pdf()))
    [added] = there()
    remove = f"{form_page}/{added.id}/remove"
    token = client.token(remove)
    make.submitted(make.answered(assessment, by=owner), by=owner)
    assert "cannot be changed now" in client.get(remove).text
    response = client.post(remove, data={"csrf_token": token}, follow_redirects=True)
    assert "cannot be changed now" in response.text
    assert added.id in {piece.id for piece in there()}


# Cost --------------------------------------------------------------------------------------------------------------


def test_the_pages_cost_the_same_with_one_piece_and_with_many(
    sign_in: SignIn, owner: User, form_page: str, codes: list[str], assessment: Assessment, queries_said: list[str]
) -> None:
    client = sign_in(owner)

    def costs() -> list[int]:
        found = []
        for address in (form_page.replace(codes[0], codes[1]), f"/assessments/{assessment.id}/evidence"):
            queries_said.clear()
            assert client.get(address).status_code == 200
            found.append(len(queries_said))
        return found

    client.send(form_page, {"text": "The first account."})
    first = costs()
    for number in range(3):
        client.send(form_page, {"text": f"Account {number}.", "criteria": codes[2 : 3 + number]})
    assert costs() == first
    assert max(first) <= 8


# Its kind and dates --------------------------------------------------------------------------------------------------


def test_the_kinds_fit_for_the_question_come_first_and_the_dates_of_the_chosen_one_are_asked_beside_them(
    form_page: str, assessment: Assessment, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    criterion = content.criterion(codes[0])
    assert criterion is not None
    client = sign_in(owner)
    page = client.get(form_page).text
    first, rest = page.split('<optgroup label="For this question">')[1].split('<optgroup label="Other kinds">')
    offered = re.findall(r'<option value="([^"]+)"', first)
    fit = [one.code for one in content.evidence_rules.types if one.code in criterion.evidence_types]
    assert offered == [code for code in fit if code != "written_account"]
    assert not set(offered) & set(re.findall(r'<option value="([^"]+)"', rest.split("</select>")[0]))
    kind = next(one for one in content.evidence_rules.types if EvidenceDate.PERIOD in one.dates)
    said = {
        "kind": "link",
        "url": "https://example.org/staff",
        "type": kind.code,
        "title": "Kept",
        "period_from-day": "x",
    }
    wrong = client.send(form_page, said)
    assert wrong.status_code == 400
    assert 'id="period_from-error"' in wrong.text
    assert 'value="Kept"' in wrong.text
    assert re.search(f'<option value="{kind.code}" selected', wrong.text)
    days = {f"period_from-{part}": value for part, value in (("day", "1"), ("month", "4"), ("year", "2025"))}
    lacking = client.send(form_page, said | days)
    assert 'id="period_to-error"' in lacking.text
    days |= {f"period_to-{part}": value for part, value in (("day", "31"), ("month", "3"), ("year", "2026"))}
    assert client.send(form_page, said | days).status_code == 303
    (piece,) = there()
    assert (piece.type, str(piece.period_from), str(piece.period_to)) == (kind.code, "2025-04-01", "2026-03-31")
    assert piece.ends_on is not None


def test_a_document_without_dates_is_marked_in_the_library_and_on_the_first_page(
    form_page: str, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    client = sign_in(owner)
    assert client.send(form_page, {"kind": "link", "url": "https://example.org/staff"}).status_code == 303
    library = f"/organisations/{employer.id}/evidence"
    assert client.get(library).text.count('govuk-tag--yellow">Dates missing') == 2  # the note above, and the piece
    assert "example.org/staff" in client.get(f"{library}?state=undated").text
