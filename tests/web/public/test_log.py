"""The public log as machines read it, and the keys that check what we sign."""

import json
from datetime import date

import pytest
from flask import Flask
from joserfc import jwk, jws

from charter.account.models import User
from charter.award import log
from charter.chain import GENESIS
from charter.keys import SIGNATURES
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient

FIRST = date(2026, 11, 22)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_before_the_first_award_it_is_empty(client: CheckedClient) -> None:
    response = client.get("/certificates/log")
    assert (response.status_code, response.text) == (200, "")
    assert client.get("/certificates/log/head").json["hash"] == GENESIS


def test_it_is_one_entry_a_line_and_open_to_all(
    client: CheckedClient, make: Factory, employer: Organisation, moderator: User
) -> None:
    award = make.award(employer, on=FIRST, by=moderator)
    response = client.get("/certificates/log")
    (entry,) = lines(response.text)
    assert response.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert (entry["sequence"], entry["kind"], entry["number"]) == (1, "issued", award.number)
    assert "Set-Cookie" not in response.headers


def test_a_long_log_goes_on_behind_an_entry(
    client: CheckedClient, make: Factory, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    for number in range(3):
        make.award(make.organisation(f"Employer {number}"), on=FIRST, by=moderator)
    first = client.get("/certificates/log")
    assert [one["sequence"] for one in lines(first.text)] == [1, 2]
    assert first.headers["Link"] == '<http://localhost/certificates/log?after=2>; rel="next"'
    last = client.get("/certificates/log?after=2")
    assert [one["sequence"] for one in lines(last.text)] == [3]
    assert "Link" not in last.headers


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30])
def test_what_is_no_number_of_an_entry_is_said_so(client: CheckedClient, after: str) -> None:
    assert client.get("/certificates/log", query_string={"after": after}).status_code == 400


def test_the_end_is_signed_by_a_key_that_is_published(
    client: CheckedClient, make: Factory, employer: Organisation, moderator: User
) -> None:
    make.award(employer, on=FIRST, by=moderator)
    (entry,) = lines(client.get("/certificates/log").text)
    said = client.get("/certificates/log/head").json
    keys = jwk.KeySet.import_key_set(client.get("/.well-known/jwks.json").json)
    signed = json.loads(jws.deserialize_compact(said["signed"], keys, registry=SIGNATURES).payload)
    assert (signed["sequence"], signed["hash"]) == (1, entry["hash"])
    assert signed["iss"] == "http://localhost"


def test_only_public_keys_are_published(client: CheckedClient, app: Flask) -> None:
    (key,) = client.get("/.well-known/jwks.json").json["keys"]
    assert "d" not in key
    assert key["kid"] == app.extensions["charter_keys"].key_id
