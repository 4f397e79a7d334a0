"""The badge of an award: others' software accepts it, it says what the award is, and nobody makes or changes one."""

import base64
import copy
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ed25519
from flask import Flask
from joserfc.jwk import OKPKey
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier
from openbadgeslib.ob3.contexts import load_context

from charter.account.models import User
from charter.award import badge, issuing, status_list, verification
from charter.award.documents import Press
from charter.award.models import Award
from charter.award.status_list import StatusPlace
from charter.extensions import db, transaction
from charter.keys import Keys
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient

FIRST = date(2026, 11, 22)
SCHEMAS = Path(__file__).parent / "openbadges"


@pytest.fixture
def award(make: Factory, employer: Organisation, moderator: User) -> Award:
    return make.award(employer, level=2, on=FIRST, by=moderator)


@pytest.fixture
def press(app: Flask) -> Press:
    found: Press = app.extensions["charter_press"]
    return found


@pytest.fixture
def keys(app: Flask) -> Keys:
    found: Keys = app.extensions["charter_keys"]
    return found


@pytest.fixture
def said(award: Award, press: Press) -> dict[str, Any]:
    return badge.credential(award, place_of(award), press)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what is tested may ask anybody outside."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody outside was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def that_day() -> Iterator[None]:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


def place_of(award: Award) -> StatusPlace:
    found = status_list.of(db.session, award.id)
    assert found is not None
    return found


def change(award: Award, step: Callable[..., None], **values: object) -> None:
    with transaction() as session:
        step(session, session.get_one(Award, award.id), reason="A reason.", at=AT, **values)


def others(client: CheckedClient, token: str) -> OB3Verifier:
    """Software that is not ours, told only the public key that the badge names."""
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    key = client.get(header["kid"].removeprefix("http://localhost")).json
    assert key in client.get("/.well-known/jwks.json").json["keys"]
    return OB3Verifier(pubkey_pem=OKPKey.import_key(key).as_pem(private=False))


def given_out(client: CheckedClient, award: Award) -> str:
    response = client.get(f"/certificates/{award.code}/badge.jwt")
    assert (response.status_code, response.mimetype) == (200, "application/vc+jwt")
    found: str = response.text
    return found


def ask_us(client: CheckedClient) -> Callable[[str], bytes]:
    def download(address: str) -> bytes:
        response = client.get(address.removeprefix("http://localhost"))
        assert response.status_code == 200, address
        found: bytes = response.data
        return found

    return download


@pytest.mark.usefixtures("offline", "that_day")
def test_software_that_is_not_ours_accepts_it_and_reads_what_the_award_is(
    client: CheckedClient, award: Award, press: Press, keys: Keys
) -> None:
    token = given_out(client, award)
    found = others(client, token).verify(token, check_status=True, download=ask_us(client))
    assert found.name == "Good Employment Charter: Achiever"
    assert (found.issuer.id, found.issuer.name) == ("http://localhost/issuer.json", "Good Employment Charter")
    assert found.achievement.criteria_narrative.startswith(award.framework.content.levels[1].summary)
    ours = badge.read(token, press, keys)
    assert ours is not None
    assert (ours.code, ours.number, ours.name) == (award.code, award.number, "Teme Valley Orchards Ltd")
    assert badge.find(db.session, ours) == (award, True)


@pytest.mark.usefixtures("that_day")
@pytest.mark.parametrize("name", ["Łąka & Żółć Dŵr", 'The "Best" <b>Farm</b>', "A" * 160])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_it_is_as_the_published_schema_wants_it(
    client: CheckedClient, make: Factory, moderator: User, name: str, level: int
) -> None:
    award = make.award(make.organisation(name), level=level, on=FIRST, by=moderator)
    said = client.get(f"/certificates/{award.code}/badge.json").json
    check("achievementcredential", said)
    check("profile", client.get("/issuer.json").json)
    assert said["credentialSubject"]["name"] == name


def check(name: str, document: dict[str, Any]) -> None:
    schema = json.loads((SCHEMAS / f"ob_v3p0_{name}_schema.json").read_text())
    jsonschema.Draft201909Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)


def test_the_schema_is_one_that_says_no(said: dict[str, Any]) -> None:
    for path in (("validFrom",), ("issuer",), ("credentialSubject", "achievement", "criteria")):
        broken = copy.deepcopy(said)
        at = broken
        for part in path[:-1]:
            at = at[part]
        del at[path[-1]]
        with pytest.raises(jsonschema.ValidationError):
            check("achievementcredential", broken)


def test_two_entries_about_its_status_would_break_the_schema(said: dict[str, Any]) -> None:
    """Why there is one list, with one purpose: see docs/adr/0033."""
    with pytest.raises(jsonschema.ValidationError):
        check("achievementcredential", {**said, "credentialStatus": [said["credentialStatus"]] * 2})


def test_every_word_of_it_is_defined_in_the_contexts_it_names(said: dict[str, Any], press: Press) -> None:
    contexts = [load_context(address)["@context"] for address in said["@context"]]
    known = {word: meaning for context in contexts for word, meaning in context.items()}
    assert list(undefined(said, known)) == []
    assert list(undefined({**said, "favouriteColour": "green"}, known)) == ["favouriteColour"]
    listed = badge.status_credential(1, status_list.encoded([]), press, at=AT)
    assert list(undefined(listed, load_context(badge.CREDENTIALS)["@context"])) == []


def undefined(node: object, known: dict[str, Any]) -> Iterator[str]:
    """Words for which no context says what they mean: machines that follow them would drop what they say."""
    if isinstance(node, list):
        for one in node:
            yield from undefined(one, known)
    if not isinstance(node, dict):
        return
    types = node.get("type", [])
    types = [types] if isinstance(types, str) else types
    yield from (one for one in types if one not in known)
    scopes = [meaning.get("@context") for one in types if isinstance(meaning := known.get(one), dict)]
    here = set(known).union(*(set(scope) for scope in scopes if isinstance(scope, dict)))
    for word, value in node.items():
        if word != "@context":
            yield from (() if word in here else (word,))
            yield from undefined(value, known)


def test_the_same_award_always_gives_the_same_badge(client: CheckedClient, award: Award) -> None:
    tokens = set()
    for moment in ("2026-11-22T12:00:00Z", "2027-03-01T09:00:00Z"):
        with time_machine.travel(moment, tick=False):
            tokens.add(given_out(client, award))
    assert len(tokens) == 1


def test_it_holds_nothing_about_people_and_not_the_employers_id(
    said: dict[str, Any], owner: User, moderator: User, award: Award
) -> None:
    text = json.dumps(said)
    for secret in (owner.name, owner.email, moderator.name, moderator.email, str(award.organisation_id)):
        assert secret not in text


@pytest.mark.parametrize(
    ("starts_on", "begins", "ends"),
    [
        (date(2026, 11, 22), "2026-11-22T00:00:00Z", "T23:59:59Z"),
        (date(2026, 7, 2), "2026-07-01T23:00:00Z", "T22:59:59Z"),  # in summer the day begins an hour earlier in UTC
    ],
)
def test_its_days_are_those_of_the_award_where_the_scheme_is(
    make: Factory, employer: Organisation, moderator: User, press: Press, starts_on: date, begins: str, ends: str
) -> None:
    award = make.award(employer, on=starts_on, by=moderator)
    said = badge.credential(award, place_of(award), press)
    assert said["validFrom"] == said["awardedDate"] == begins
    assert said["validUntil"].endswith(ends)
    assert badge.begins(award.ends_on) < datetime.fromisoformat(said["validUntil"]) < badge.begins(award.ends_on + DAY)
    for claim, moment in (("nbf", "validFrom"), ("exp", "validUntil")):
        assert said[claim] == datetime.fromisoformat(said[moment]).timestamp()


DAY = timedelta(days=1)


def test_others_say_no_before_it_begins_and_after_it_ends(client: CheckedClient, award: Award) -> None:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        token = given_out(client, award)
        verifier = others(client, token)
    for day, accepted in ((FIRST - DAY, False), (FIRST, True), (award.ends_on, True), (award.ends_on + DAY, False)):
        with time_machine.travel(f"{day.isoformat()}T12:00:00Z", tick=False):
            assert accepts(verifier, token) is accepted, day


def accepts(verifier: OB3Verifier, token: str, **values: Any) -> bool:
    try:
        verifier.verify(token, **values)
    except OB3VerificationError:
        return False
    return True


# Taken away, and given back ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("offline", "that_day")
def test_a_badge_that_was_taken_away_is_refused_by_others_at_once_and_never_comes_back(
    client: CheckedClient, award: Award, moderator: User, press: Press, keys: Keys
) -> None:
    token = given_out(client, award)
    verifier, online = others(client, token), {"check_status": True, "download": ask_us(client)}
    assert accepts(verifier, token, **online)
    change(award, issuing.suspend, by=moderator, on=FIRST)
    assert not accepts(verifier, token, **online)
    assert client.get(f"/certificates/{award.code}/badge.jwt").status_code == 410
    change(award, issuing.restore, by=moderator, on=FIRST)
    assert not accepts(verifier, token, **online)
    newer = given_out(client, award)
    assert accepts(verifier, newer, **online)
    old, new = (badge.read(one, press, keys) for one in (token, newer))
    assert old is not None
    assert new is not None
    assert (old.said["id"], old.said["awardedDate"]) == (new.said["id"], new.said["awardedDate"])
    assert old.valid_from < new.valid_from, "machines take the later one for the newer"
    found = badge.find(db.session, old), badge.find(db.session, new)
    assert [one is not None and one[1] for one in found] == [False, True]
    change(award, issuing.revoke, by=moderator, on=FIRST)
    assert not accepts(verifier, newer, **online)


@pytest.mark.usefixtures("that_day")
def test_the_badge_of_an_award_that_a_newer_one_replaced_no_longer_counts(
    client: CheckedClient, make: Factory, award: Award, moderator: User
) -> None:
    token = given_out(client, award)
    newer = make.award(award.organisation, level=3, on=FIRST, by=moderator)
    online = {"check_status": True, "download": ask_us(client)}
    assert not accepts(others(client, token), token, **online)
    replacing = given_out(client, newer)
    assert accepts(others(client, replacing), replacing, **online)


# Forged --------------------------------------------------------------------------------------------------------------


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = False
    for key, value in items:
        found = True
        yield from leaves(value, (*path, key))
    if not found:
        yield path


def changed(node: Any, path: tuple[Any, ...]) -> Any:
    broken = copy.deepcopy(node)
    at = broken
    for part in path[:-1]:
        at = at[part]
    value = at[path[-1]]
    at[path[-1]] = value + 1 if isinstance(value, int) else f"{value}x"
    return broken


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="


def written(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, ensure_ascii=False).encode()).decode().rstrip("=")


@pytest.mark.usefixtures("that_day")
def test_a_badge_in_which_anything_was_changed_is_nobodys(
    client: CheckedClient, award: Award, said: dict[str, Any], press: Press, keys: Keys
) -> None:
    token = given_out(client, award)
    header, _, signature = token.split(".")
    verifier = others(client, token)
    paths = list(leaves(said))
    assert len(paths) > 45
    for path in paths:
        forged = f"{header}.{written(changed(said, path))}.{signature}"
        assert badge.read(forged, press, keys) is None, path
        assert not accepts(verifier, forged), path
    for end, part in enumerate(token.split(".")):  # the same bytes may be written in several ways: only one is ours
        for last in LETTERS:
            parts = token.split(".")
            parts[end] = part[:-1] + last
            if last != part[-1]:
                assert badge.read(".".join(parts), press, keys) is None, (end, last)
    for place in range(len(token)):  # and each letter of it, also where a reader would see no difference
        other = "A" if token[place] != "A" else "B"
        assert badge.read(token[:place] + other + token[place + 1 :], press, keys) is None, place


def signed(header: dict[str, Any], said: dict[str, Any], key: OKPKey) -> str:
    """Signed as anybody can sign, whatever the header says."""
    start = f"{written(header)}.{written(said)}"
    signature = key.private_key.sign(start.encode())
    return f"{start}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.usefixtures("that_day")
def test_a_badge_that_says_how_it_is_to_be_checked_is_nobodys(
    client: CheckedClient, award: Award, said: dict[str, Any], press: Press, keys: Keys
) -> None:
    token = given_out(client, award)
    verifier = others(client, token)
    kid = badge.key_address(press, keys.key_id)
    mine = OKPKey.import_key(ed25519.Ed25519PrivateKey.generate())
    public = keys.issuer.as_dict(private=False)
    theirs = mine.as_dict(private=False)

    def by(key: OKPKey, **header: Any) -> str:
        named = {"alg": "EdDSA", "typ": "JWT", "kid": kid, **header}
        return signed(named, said, key)

    def by_secret(secret: bytes) -> str:
        start = f"{written({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{written(said)}"
        return f"{start}.{base64.urlsafe_b64encode(hmac.digest(secret, start.encode(), 'sha256')).decode().rstrip('=')}"

    forged = [
        f"{written({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{written(said)}.",
        f"{written({'alg': 'none'})}.{written(said)}.AA",
        by_secret(keys.issuer.as_pem(private=False)),
        by_secret(base64.urlsafe_b64decode(str(public["x"]) + "=")),
        by(mine),
        by(mine, jwk=theirs),
        by(mine, jku="https://evil.example/jwks.json"),
        by(mine, kid="https://evil.example/key"),
        by(mine, kid=mine.thumbprint()),
    ]
    for one in forged:
        assert badge.read(one, press, keys) is None, one.split(".")[0]
        assert not accepts(verifier, one)
    for header in ({"jku": "https://evil.example/jwks.json"}, {"jwk": public}, {"x5u": "https://evil.example"}):
        assert badge.read(by(keys.issuer, **header), press, keys) is None, "our header holds no more than we write"
    for nonsense in ("", ".", "..", "a.b.c", "{}", "é.é.é", "." * 99, "x" * 30_000, f"{written([])}.{written([])}.AA"):
        assert badge.read(nonsense, press, keys) is None


def test_other_things_that_we_sign_are_no_badges(
    client: CheckedClient, said: dict[str, Any], press: Press, keys: Keys
) -> None:
    said["type"] = ["VerifiableCredential", "EndorsementCredential"]
    assert badge.read(badge.sign(said, press, keys), press, keys) is None
    assert badge.read(client.get("/certificates/status/revocation/1").text, press, keys) is None
    for said in ({"sequence": 7, "hash": "0" * 64}, {"type": "OpenBadgeCredential"}, {"type": ["OpenBadgeCredential"]}):
        assert badge.read(badge.sign(said, press, keys), press, keys) is None


@pytest.mark.usefixtures("that_day")
def test_a_badge_is_still_read_when_the_scheme_signs_with_a_newer_key(
    client: CheckedClient, award: Award, press: Press, keys: Keys
) -> None:
    token = given_out(client, award)
    newer = OKPKey.import_key(ed25519.Ed25519PrivateKey.generate())
    before = OKPKey.import_key(keys.issuer.as_dict(private=False))
    later = Keys(newer, keys.seal, older=(before,))
    assert badge.read(token, press, later) is not None
    assert badge.read(token, press, Keys(newer, keys.seal)) is None
    methods = badge.issuer_profile(press, later)["verificationMethod"]
    assert [one["id"].rsplit("/", 1)[1] for one in methods] == [newer.thumbprint(), keys.key_id]


def test_a_badge_of_an_award_that_is_gone_is_known_to_nobody(
    said: dict[str, Any], award: Award, press: Press, keys: Keys
) -> None:
    said["id"] = said["jti"] = badge.badge_id(press, "nobody")
    found = badge.read(badge.sign(said, press, keys), press, keys)
    assert found is not None
    assert badge.find(db.session, found) is None
    assert verification.find(db.session, "nobody") is None
