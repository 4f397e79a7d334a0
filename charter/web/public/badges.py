"""Badges: files for wallets, the live picture for websites, and what machines need to check both."""

import json

import sqlalchemy as sa
from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from charter.award import badge, status_image, status_list, verification
from charter.award.models import Award
from charter.award.status_list import REVOCATION, StatusPlace
from charter.clock import now, today
from charter.extensions import db
from charter.framework import publishing
from charter.framework.content import Content, Level
from charter.framework.models import Framework
from charter.web.access import keys, press, public, settings
from charter.web.public import ALWAYS_ASK, OPEN, blueprint, memory
from charter.web.public.certificates import NumberForm

PICTURE = {**OPEN, "Content-Security-Policy": "default-src 'none'; sandbox", "X-Robots-Tag": "noindex"}


# The badge of an award -----------------------------------------------------------------------------------------------


@blueprint.get("/certificates/<code>/badge")
@public
def show_badge(code: str) -> ResponseReturnValue:
    """How to use the badge: on a website, in emails, in a wallet."""
    award = verification.find(db.session, code)
    if award is None:
        return render_template("public/certificates/unknown.html", form=NumberForm()), 404
    found = verification.standing(award, today())
    gone = found.is_withdrawn
    place = status_list.of(db.session, award.id)
    page = render_template(
        "public/certificates/badge.html",
        award=award,
        place=place,
        gone=gone,
        found=found,
        picture=status_image,
        level_title=award.framework.content.level_title(award.level),
        list_address=badge.list_address(press(), place.list_number) if place else "",
    )
    return page, 410 if gone else 200, {"Cache-Control": ALWAYS_ASK, "X-Robots-Tag": "noindex"}


@blueprint.get("/certificates/<code>/badge.jwt")
@public
def badge_token(code: str) -> ResponseReturnValue:
    """The badge as a file for wallets: signed, and checked by anybody without asking us."""
    award, place = _given_out(code)
    if isinstance(award, Response):
        return award
    token = badge.sign(badge.credential(award, place, press()), press(), keys())
    response = Response(token, content_type="application/vc+jwt", headers=OPEN)
    response.headers["Content-Disposition"] = f'attachment; filename="{award.number}-badge.jwt"'
    response.headers["Cache-Control"] = ALWAYS_ASK
    return response


@blueprint.get("/certificates/<code>/badge.json")
@public
def badge_json(code: str) -> ResponseReturnValue:
    """What the badge says, to be read. It is not signed: the token is."""
    award, place = _given_out(code)
    if isinstance(award, Response):
        return award
    return _json(badge.credential(award, place, press()), ALWAYS_ASK)


def _given_out(code: str) -> tuple[Award | Response, StatusPlace]:
    """The award with this code and the place of its badge, or the answer that no badge of it is given out."""
    award = verification.find(db.session, code)
    place = status_list.of(db.session, award.id) if award is not None else None
    if award is None or place is None:
        abort(404)
    if verification.standing(award, today()).is_withdrawn:
        said = {"error": "This badge is not given out: the award does not count now.", "see": press().address(code)}
        return _json(said, ALWAYS_ASK, 410), place
    return award, place


@blueprint.get("/certificates/<code>/status.svg")
@public
def status_picture(code: str) -> ResponseReturnValue:
    """The picture for websites, drawn as the award stands at this moment. It sets no cookie and holds no script."""
    award = verification.find(db.session, code)
    scheme = settings().scheme_name
    drawn = (
        status_image.draw(award, scheme=scheme, on=today())
        if award is not None
        else status_image.draw_unknown(scheme=scheme)
    )
    return Response(drawn, 200 if award else 404, content_type="image/svg+xml; charset=utf-8", headers=PICTURE)


# What it stands for, and who gives it --------------------------------------------------------------------------------


@blueprint.get("/criteria/<version>/level-<int:rank>.json")
@public
def achievement(version: str, rank: int) -> ResponseReturnValue:
    """What a badge of this level stands for, as badges say it."""
    content, level = _level(version, rank)
    return _json({"@context": badge.CONTEXT[:2], **badge.achievement(content, level, press())})


@blueprint.get("/criteria/<version>/level-<int:rank>.svg")
@public
def level_picture(version: str, rank: int) -> ResponseReturnValue:
    """The picture of a level, which wallets show beside a badge."""
    _, level = _level(version, rank)
    drawn = status_image.draw_level(level.title, scheme=settings().scheme_name)
    return Response(drawn, content_type="image/svg+xml; charset=utf-8", headers=PICTURE)


def _level(version: str, rank: int) -> tuple[Content, Level]:
    code = publishing.current(db.session).code
    query = sa.select(Framework).where(Framework.code == code, Framework.version == version[:32])
    framework = db.session.scalars(query).one_or_none()
    level = framework.content.level(rank) if framework is not None else None
    if framework is None or level is None:
        abort(404)
    return framework.content, level


@blueprint.get("/issuer.json")
@public
def issuer() -> ResponseReturnValue:
    """Who gives badges, and the keys that sign them."""
    return _json(badge.issuer_profile(press(), keys()))


@blueprint.get("/issuer/keys/<key_id>")
@public
def issuer_key(key_id: str) -> ResponseReturnValue:
    """One public key of ours, at the address that a badge names it by (RFC 7517). Older ones stay."""
    key = next((one for one in keys().published["keys"] if one["kid"] == key_id), None)
    if key is None:
        abort(404)
    return _json(key, content_type="application/jwk+json")


# Whether badges still count ------------------------------------------------------------------------------------------


@blueprint.get("/certificates/status/<purpose>/<int:list_number>")
@public
def status_list_credential(purpose: str, list_number: int) -> ResponseReturnValue:
    """A list that says which badges no longer count: signed, right at this moment, and anew each minute."""
    if purpose != REVOCATION or not 1 <= list_number <= _last_list():
        abort(404)
    bits = memory().recall(
        db.session,
        ("status list", list_number),
        (Award,),
        lambda: status_list.encoded(status_list.set_on(db.session, list_number)),
    )
    at = now().replace(second=0, microsecond=0)  # the same for a minute: proxies may keep it so long
    token = badge.sign(badge.status_credential(list_number, bits, press(), at=at), press(), keys())
    return Response(token, content_type="application/vc+jwt", headers=OPEN)


def _last_list() -> int:
    return memory().recall(db.session, "status lists", (Award,), lambda: status_list.last(db.session))


def _json(said: object, cache_control: str = "", status: int = 200, content_type: str = "application/json") -> Response:
    """JSON that any page may read."""
    text = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
    response = Response(text, status, content_type=content_type, headers=OPEN)
    if cache_control:
        response.headers["Cache-Control"] = cache_control
    return response
