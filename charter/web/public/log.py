"""The public log of awards: all that was decided about each certificate, for machines to follow and check."""

import json

from flask import Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from charter.award import log
from charter.clock import now
from charter.extensions import db
from charter.web.access import keys, public, settings
from charter.web.public import ALWAYS_ASK, OPEN, blueprint


@blueprint.get("/certificates/log")
@public
def certificate_log() -> ResponseReturnValue:
    """The log, an entry a line, oldest first; `after` goes on behind an entry.

    A page holds `log.PAGE` entries, and names the next one in its `Link` header while there may be more.
    """
    typed = request.args.get("after", "0")
    if not typed.isdecimal() or len(typed) > 9:
        return Response('{"error": "after must be the number of an entry"}\n', 400, content_type="application/json")
    after, last = int(typed), log.head(db.session)[0]
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in log.entries(db.session, after=after, most=log.PAGE))
    response = Response(stream_with_context(lines), content_type="application/jsonl; charset=utf-8", headers=OPEN)
    if last > after + log.PAGE:
        following = settings().base_url + url_for(".certificate_log", after=after + log.PAGE)
        response.headers["Link"] = f'<{following}>; rel="next"'
    response.headers["Cache-Control"] = ALWAYS_ASK
    return response


@blueprint.get("/certificates/log/head")
@public
def certificate_log_head() -> ResponseReturnValue:
    """The end of the log, signed: whoever keeps it can prove later that nothing before it was changed."""
    said = log.signed_head(db.session, keys(), address=settings().base_url, at=now())
    response = Response(json.dumps(said) + "\n", content_type="application/json", headers=OPEN)
    response.headers["Cache-Control"] = "no-store"  # it says at which moment the log ended there
    return response
