"""A senior person approves by a link: what the owner sees, what the person sees, and what nobody else does."""

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import evidence
from charter.assessment.models import Answer, Assessment, SignOff
from charter.clock import now
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation.models import Membership, Organisation
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn

WHO = {"name": "Dee Director", "role": "Director", "email": "dee@example.org"}


@pytest.fixture
def complete(make: Factory, assessment: Assessment, owner: User) -> Assessment:
    return make.answered(assessment, by=owner)


@pytest.fixture
def link(complete: Assessment, owner: User, home: str, sign_in: SignIn) -> str:
    """The address that the director was emailed."""
    assert sign_in(owner).send(f"{home}/sign-off", WHO).location == f"{home}/submit"
    return newest_link()


def newest_link() -> str:
    db.session.rollback()
    body = db.session.scalars(
        sa.select(Message.body).where(Message.kind == "sign_off_asked").order_by(Message.written_at.desc())
    ).first()
    return "/sign-off/" + re.search(r"/sign-off/(\S+)", body)[1]


def read_hash(client: CheckedClient, link: str) -> str:
    return re.search(r"/approve\?read=([0-9a-f]{64})", client.get(link).text)[1]


def approve(client: CheckedClient, link: str, **fields: str):
    data = {"seen": read_hash(client, link), "signed_as": "Dee Director", "agreed": "y", **fields}
    return client.post(f"{link}/approve", data=data)


def change(assessment: Assessment) -> None:
    with transaction() as session:
        session.scalars(
            sa.select(Answer).where(Answer.assessment_id == assessment.id)
        ).first().explanation = "Reworded."


def kinds() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(one.kind, one.to_address) for one in db.session.scalars(sa.select(Message).order_by(Message.written_at))]


def test_who_asked_for_the_approval_and_left_since_is_a_former_colleague(
    make: Factory, employer: Organisation, link: str, home: str, owner: User, sign_in: SignIn
) -> None:
    second = make.member(employer, "Sam Second")
    browser = sign_in(second)
    assert f"{owner.name} asked Dee Director" in browser.get(f"{home}/submit").text
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == owner.id))
    page = browser.get(f"{home}/submit").text
    assert "A former colleague asked Dee Director" in page
    assert owner.name not in page


def test_a_director_approves_and_the_submission_says_who(
    make: Factory, link: str, home: str, owner: User, assessor: User, client: CheckedClient, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    assert "asked Dee Director (Director) on" in browser.get(f"{home}/submit").text
    assert approve(client, link).location == link
    assert "You have approved the answers" in client.get(link).text
    assert ("sign_off_decided", owner.email) in kinds()
    assert "Dee Director (Director) approved exactly these answers" in browser.get(f"{home}/submit").text
    form = {"declared_by": owner.name, "declared_role": "Owner", "agreed": "y", "round": "1"}
    assert browser.send(f"{home}/submit", form).status_code == 303
    assert "Dee Director (Director) approved it on" in browser.get(home).text
    db.session.rollback()
    review = make.review(db.session.scalars(sa.select(Assessment)).one())
    assert "Dee Director, Director, on" in sign_in(assessor).get(f"/admin/reviews/{review.id}").text


def test_an_assessor_reads_the_name_that_was_typed_beside_the_one_that_was_asked(
    make: Factory, complete: Assessment, link: str, owner: User, assessor: User, client: CheckedClient, sign_in: SignIn
) -> None:
    approve(client, link, signed_as="Deirdre <D> Director")
    sent = make.submitted(complete, by=owner)
    page = sign_in(assessor).get(f"/admin/reviews/{make.review(sent).id}").text
    assert "Deirdre &lt;D&gt; Director (asked as Dee Director), Director, on" in page


def test_the_owner_reads_who_was_asked_and_who_signed_and_the_director_gets_a_note(
    link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    form = client.get(f"{link}/approve").text
    assert 'value="Dee Director"' in form
    assert "This was asked of <strong>Dee Director</strong> (Director)." in form
    approve(client, link, signed_as="Someone Else")
    db.session.rollback()
    mails = {one.kind: one for one in db.session.scalars(sa.select(Message))}
    told, note = mails["sign_off_decided"], mails["sign_off_copy"]
    assert told.to_address == owner.email
    assert "You asked Dee Director (Director). It is signed as Someone Else." in told.body
    assert note.to_address == WHO["email"]
    assert "Signed as: Someone Else (asked of Dee Director, Director)" in note.body
    assert "/sign-off/" not in note.body
    assert (
        "Someone Else (asked of Dee Director, Director) approved exactly" in sign_in(owner).get(f"{home}/submit").text
    )


def test_a_name_that_was_signed_as_asked_is_not_remarked_on(link: str, client: CheckedClient) -> None:
    approve(client, link, signed_as="dee director")
    db.session.rollback()
    told = db.session.scalars(sa.select(Message).where(Message.kind == "sign_off_decided")).one()
    assert "You asked" not in told.body


def test_what_is_missing_is_said_before_anybody_can_be_asked(home: str, owner: User, sign_in: SignIn) -> None:
    page = sign_in(owner).get(f"{home}/sign-off").text
    assert "Nothing can be approved yet." in page
    assert f'href="{home}/declarations"' in page
    assert "Their full name" not in page


def test_the_dashboard_says_how_the_approval_stands_and_a_change_is_warned_of(
    complete: Assessment, link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    code = complete.framework.content.asked(1)[0].code
    pages = [f"{home}/criteria/{code}", f"{home}/declarations", f"{home}/figures"]
    warning = "If you change something here, the approval ends"
    assert "is asked to approve your answers" in browser.get("/dashboard").text
    assert not any(warning in browser.get(page).text for page in pages)
    approve(client, link)
    assert "approved these answers</strong>" in browser.get("/dashboard").text
    assert all(warning in browser.get(page).text for page in pages)
    change(complete)
    assert "counts no more" in browser.get("/dashboard").text
    assert not any(warning in browser.get(page).text for page in pages)


@pytest.mark.parametrize("changed", [False, True])
def test_only_a_case_with_an_approval_of_what_was_sent_says_that_there_is_one(
    make: Factory,
    complete: Assessment,
    link: str,
    owner: User,
    assessor: User,
    client: CheckedClient,
    sign_in: SignIn,
    changed: bool,
) -> None:
    approve(client, link)
    if changed:
        change(complete)
    page = sign_in(assessor).get(f"/admin/reviews/{make.review(make.submitted(complete, by=owner)).id}").text
    assert ("Approved inside the employer" in page) is not changed


def test_what_is_shown_is_everything_but_the_files(
    make: Factory, complete: Assessment, link: str, client: CheckedClient
) -> None:
    page = unescape(client.get(link).text)
    content = complete.framework.content
    for criterion in content.asked(1):
        assert criterion.title in page
    for declaration in content.declarations:
        assert declaration.statement in page
    assert "Evidence: " in page
    assert "/evidence/" not in page


def test_the_link_is_kept_by_nobody_and_told_to_nobody(link: str, client: CheckedClient) -> None:
    for page in (link, f"{link}/approve", f"{link}/send-back", "/sign-off/none"):
        answer = client.get(page)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
    token = link.rsplit("/", 1)[1]
    assert token not in {one.token_hash for one in db.session.scalars(sa.select(SignOff))}


def test_after_a_change_the_owner_sees_what_changed_and_asks_again(
    complete: Assessment, link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    approve(client, link)
    change(complete)
    browser = sign_in(owner)
    page = browser.get(f"{home}/submit").text
    assert "the approval does not count any more" in page
    assert "is now “Reworded.”" in page or "“Reworded.” is new" in page
    browser.send(f"{home}/sign-off", WHO)
    again = newest_link()
    assert again != link
    page = client.get(again).text
    assert "You approved an earlier version" in page
    assert "Reworded." in page


def test_who_reads_while_an_answer_changes_is_told_and_approves_nothing(
    complete: Assessment, link: str, client: CheckedClient
) -> None:
    seen = read_hash(client, link)
    change(complete)
    answer = approve(client, link, seen=seen)
    assert answer.status_code == 409
    assert "changed while you were reading" in answer.text
    assert approve(client, link).status_code == 303


def test_it_is_sent_back_with_words_that_the_owner_reads(
    link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    assert "Say what should change." in client.post(f"{link}/send-back", data={"words": " "}).text
    assert client.post(f"{link}/send-back", data={"words": "Check <the> pay."}).location == link
    assert "You have sent the answers back" in client.get(link).text
    assert "Check &lt;the&gt; pay." in sign_in(owner).get(f"{home}/submit").text


def test_what_was_typed_comes_back_with_what_is_missing(link: str, client: CheckedClient) -> None:
    page = approve(client, link, agreed="", signed_as="Dee D")
    assert page.status_code == 400
    assert 'value="Dee D"' in page.text
    assert "Tick the box" in page.text


def test_where_it_is_a_rule_the_page_says_so_and_offers_no_button(
    complete: Assessment, employer: Organisation, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    with transaction() as session:
        session.get_one(Organisation, employer.id).needs_sign_off = True
    assert "Agree and send" not in browser.get(f"{home}/submit").text
    form = {"declared_by": owner.name, "declared_role": "Owner", "agreed": "y", "round": "1"}
    refused = browser.post(f"{home}/submit", data={**form, "csrf_token": browser.token(f"{home}/sign-off")})
    assert refused.status_code == 400
    assert "Nobody has approved them as they are now" in refused.text.replace("\n", " ")
    browser.send(f"{home}/sign-off", WHO)
    approve(client, newest_link())
    assert browser.send(f"{home}/submit", form).location == f"{home}/submitted"


def test_an_owner_turns_the_rule_on_and_off_in_the_details(
    employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(owner), f"/organisations/{employer.id}/edit"
    details = {
        "name": employer.name,
        "county": employer.county,
        "size_band": employer.size_band,
        "sector": employer.sector,
        "scope": employer.scope.value,
        "listed": "yes",
    }
    for given, wanted in (({"needs_sign_off": "y"}, True), ({}, False)):
        db.session.expire_all()
        version = str(db.session.get_one(Organisation, employer.id).version)
        assert browser.send(page, {**details, **given, "version": version}).status_code == 303
        db.session.rollback()
        db.session.expire_all()
        assert db.session.get_one(Organisation, employer.id).needs_sign_off is wanted


def test_a_link_taken_back_used_up_or_unknown_says_so(
    link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    asked = db.session.scalars(sa.select(SignOff)).one()
    sign_in(owner).send(f"{home}/sign-off/{asked.id}/take-back")
    gone = client.get(link)
    assert (gone.status_code, "took their question back" in gone.text) == (410, True)
    assert client.post(f"{link}/approve", data={"signed_as": "D", "agreed": "y"}).status_code == 410
    assert client.get("/sign-off/none").status_code == 404


WORDS = "Page 2: the pay of <three> apprentices\nis wrong."


def decides(client: CheckedClient, link: str, deed: str):
    """What a person is answered who wrote their words, or their name, on a page that they opened before."""
    typed = {"words": WORDS} if deed == "send-back" else {"signed_as": WORDS[:20], "agreed": "y"}
    return client.post(f"{link}/{deed}", data={"seen": "", **typed})


def shows_what_was_typed(answer, deed: str) -> bool:
    text = unescape(answer.text)
    return "What you sent just now is not kept" in text and (WORDS if deed == "send-back" else WORDS[:20]) in text


@pytest.mark.parametrize("deed", ["send-back", "approve"])
@pytest.mark.parametrize("became", ["taken back", "sent", "too old", "unknown"])
def test_what_was_typed_for_a_link_that_is_dead_by_now_is_shown_to_be_copied(
    make: Factory,
    complete: Assessment,
    link: str,
    home: str,
    owner: User,
    client: CheckedClient,
    sign_in: SignIn,
    became: str,
    deed: str,
) -> None:
    asked = db.session.scalars(sa.select(SignOff)).one()
    if became == "taken back":
        sign_in(owner).send(f"{home}/sign-off/{asked.id}/take-back")
    elif became == "sent":
        make.submitted(complete, by=owner)
    elif became == "too old":
        with transaction() as session:
            session.get_one(SignOff, asked.id).expires_at = now()
    else:
        link = "/sign-off/none"
    answer = decides(client, link, deed)
    assert answer.status_code == (404 if became == "unknown" else 410)
    assert "This link no longer works" in answer.text
    assert shows_what_was_typed(answer, deed)
    assert "not kept" not in client.get(f"{link}/{deed}").text, "whoever only looks has typed nothing"


def test_words_that_come_after_the_answers_were_approved_are_shown_and_a_double_click_is_not_told_of_any(
    link: str, client: CheckedClient
) -> None:
    for _ in range(2):
        assert client.post(f"{link}/send-back", data={"words": WORDS}).status_code in {200, 303}
    again = client.post(f"{link}/send-back", data={"words": WORDS})
    assert (again.status_code, "not kept" in again.text) == (200, False)
    late = client.post(f"{link}/send-back", data={"words": "And page 9."})
    assert late.status_code == 409
    assert "You have sent the answers back" in late.text
    assert "And page 9." in late.text


def test_whoever_is_reading_when_an_owner_reminds_them_decides_with_the_link_that_they_have(
    link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    asked = db.session.scalars(sa.select(SignOff)).one()
    with transaction() as session:
        session.get_one(SignOff, asked.id).asked_at -= timedelta(days=2)
    sign_in(owner).send(f"{home}/sign-off/{asked.id}/remind")
    new = newest_link()
    assert new != link
    assert read_hash(client, new) == read_hash(client, link)
    assert client.post(f"{link}/send-back", data={"words": WORDS}).location == link
    for one in (link, new):
        assert "You have sent the answers back" in client.get(one).text


def test_a_reminder_is_sent_once_a_day(link: str, home: str, owner: User, sign_in: SignIn) -> None:
    asked = db.session.scalars(sa.select(SignOff)).one()
    browser, page = sign_in(owner), f"{home}/sign-off/{asked.id}/remind"
    browser.send(page)
    assert "less than a day ago" in browser.get(f"{home}/submit").text
    with transaction() as session:
        session.get_one(SignOff, asked.id).asked_at -= timedelta(days=2)
    browser.send(page)
    browser.send(page)
    assert [kind for kind, _ in kinds()].count("sign_off_asked") == 2
    assert newest_link() != link


def test_the_page_takes_the_same_queries_for_little_and_for_much(
    link: str, client: CheckedClient, counting: Counting
) -> None:
    client.get(link)
    with counting() as said:
        client.get(link)
    assert len(said) <= 13, said


def test_the_director_reads_each_question_and_each_account_in_full_and_decides_at_the_end(
    complete: Assessment,
    link: str,
    home: str,
    codes: list[str],
    owner: User,
    client: CheckedClient,
    sign_in: SignIn,
) -> None:
    words = "We write down how each new person is welcomed. " * 6 + "The last words."
    with transaction() as session:
        evidence.add_account(
            session, complete, criteria=codes[:1], title="", text=words, dated_on=None, by=owner, at=now()
        )
    content = complete.framework.content
    for browser, page in ((client, link), (sign_in(owner), f"{home}/check")):
        text = unescape(browser.get(page).text)
        assert words in text
        assert all(content.criterion(code).statement in text for code in codes)
    text = unescape(client.get(link).text)
    assert text.index("/approve?read=") > text.index("The figures</h2>")
    assert text.count("/approve?read=") == 1


def test_the_history_tells_of_the_approval_and_the_page_that_sending_need_not_wait(
    link: str, home: str, owner: User, client: CheckedClient, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    assert "they go without this approval" in browser.get(f"{home}/submit").text
    approve(client, link)
    text = browser.get(f"{home}/history").text
    assert "asked a senior person to approve the answers" in text
    assert re.search(r"A senior person\W*(<[^>]+>\W*)*approved the answers", text)
