"""Put pieces of the library to use: say of each which questions of the open assessment it supports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from charter.assessment import answers, evidence, library, queries
from charter.assessment.models import Assessment, Evidence
from charter.clock import now
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import Criterion, Theme
from charter.organisation.models import Organisation
from charter.permissions import Permission, allows
from charter.review import queries as cases
from charter.web.access import requires, the_user
from charter.web.employer import blueprint
from charter.web.forms import EmptyForm, id_in

MOST = 40
"""The most pieces of one page."""
SUPPORTS = "supports-"


@dataclass(frozen=True)
class Use:
    """What pieces can be put to use for now."""

    assessment: Assessment | None
    """The one that is open; None when there is none."""
    themes: tuple[tuple[Theme, tuple[Criterion, ...]], ...]
    """The questions that may be changed now, theme by theme."""
    used: Mapping[UUID, frozenset[str]]
    """What each piece supports already, by its id."""
    token: EmptyForm

    @property
    def codes(self) -> frozenset[str]:
        """The questions that can be ticked."""
        return frozenset(one.code for _, own in self.themes for one in own)

    def left(self, piece: Evidence) -> list[tuple[Theme, list[Criterion]]]:
        """The questions that a piece does not support yet, theme by theme."""
        there = self.used.get(piece.id, frozenset())
        found = [(theme, [one for one in own if one.code not in there]) for theme, own in self.themes]
        return [(theme, own) for theme, own in found if own]


def offered(organisation: Organisation, pieces: Iterable[Evidence]) -> Use:
    """The questions that pieces may be put to use for today, and those that they support already."""
    assessment = queries.open_one(db.session, organisation.id)
    if assessment is None or not allows(the_user(), Permission.CHANGE_EVIDENCE, assessment):
        return Use(assessment, (), {}, EmptyForm())
    open_criteria = cases.open_criteria(db.session, assessment)
    content = assessment.framework.content
    asked = content.asked(assessment.target_level, queries.headcount_ceiling(assessment))
    changeable = [one for one in asked if answers.is_open(assessment, one.code, open_criteria)]
    used = evidence.of(db.session, assessment)
    return Use(
        assessment,
        tuple(
            (theme, own)
            for theme in content.themes
            if (own := tuple(one for one in changeable if one.theme == theme.code))
        ),
        {
            piece.id: frozenset(code for code, there in used.items() if piece.id in {one.id for one in there})
            for piece in pieces
        },
        EmptyForm(),
    )


def is_there_any(organisation: Organisation) -> bool:
    """Whether there is an assessment with a question that evidence can be given for now."""
    return bool(offered(organisation, ()).themes)


def address(organisation: Organisation, pieces: Sequence[Evidence]) -> str | None:
    """Where to say what pieces support; None while there is nothing that they could."""
    if not is_there_any(organisation):
        return None
    ids = [str(piece.id) for piece in pieces]
    return url_for("employer.use_from_library", organisation_id=organisation.id, piece=ids)


@blueprint.route("/organisations/<uuid:organisation_id>/evidence/use", methods=["GET", "POST"])
@requires(Permission.CHANGE_EVIDENCE, Organisation)
def use_from_library(organisation: Organisation) -> ResponseReturnValue:
    """Say of one or of several pieces what they support. The address names them."""
    pieces = _named(organisation)
    if not pieces:
        return redirect(url_for(".show_library", organisation_id=organisation.id), 303)
    use = offered(organisation, pieces)
    ticked = {piece.id: request.form.getlist(f"{SUPPORTS}{piece.id}") for piece in pieces}
    wrong: dict[str, str] = {}
    if request.method == "POST" and use.token.validate():
        chosen = {piece: codes for piece, codes in ticked.items() if codes}
        if not chosen:
            wrong[str(pieces[0].id)] = "Tick at least one question, or go back to your evidence."
        elif use.assessment is None:
            wrong[str(pieces[0].id)] = "You have no open assessment now. Nothing was saved."
        else:
            try:
                with transaction() as session:
                    added = library.use(
                        session,
                        use.assessment,
                        chosen,
                        open_criteria=cases.open_criteria(session, use.assessment),
                        by=the_user(),
                        at=now(),
                    )
            except Refusal as refusal:
                wrong[refusal.field or str(pieces[0].id)] = str(refusal)
                pieces = _named(organisation)
                use = offered(organisation, pieces)
            else:
                flash(_said(added), "success")
                return redirect(_after(organisation, pieces), 303)
    page = render_template(
        "employer/library/use.html",
        organisation=organisation,
        pieces=pieces,
        using=use,
        ticked=ticked,
        wrong=wrong,
        back_to=_after(organisation, pieces),
    )
    return page, 400 if wrong else 200


def _said(added: int) -> str:
    if not added:
        return "Nothing new: what you ticked was saved already."
    return f"Saved. It supports {added} more {'question' if added == 1 else 'questions'}."


def _after(organisation: Organisation, pieces: Sequence[Evidence]) -> str:
    if len(pieces) == 1:
        return url_for(".show_piece", organisation_id=organisation.id, evidence_id=pieces[0].id)
    return url_for(".show_library", organisation_id=organisation.id)


def _named(organisation: Organisation) -> list[Evidence]:
    """The pieces that the address names and that can be used, in its order. Another employer's are not there."""
    ids = [named for text in request.args.getlist("piece")[:MOST] if (named := id_in(text))]
    if not ids and "piece" in request.args:
        abort(404)
    query = sa.select(Evidence).where(Evidence.id.in_(ids), Evidence.organisation_id == organisation.id)
    found = {one.id: one for one in db.session.scalars(query)}
    replaced = library.in_place_of(db.session, ids)
    return [found[one] for one in dict.fromkeys(ids) if one in found and not found[one].is_gone and one not in replaced]
