"""The pages of an employer's people."""

from flask import Blueprint

blueprint = Blueprint("employer", __name__)

from charter.web.employer import (  # noqa: E402
    answering,  # noqa: F401
    asking,  # noqa: F401
    assessment,  # noqa: F401
    commenting,  # noqa: F401
    dashboard,  # noqa: F401
    decisions,  # noqa: F401
    evidence,  # noqa: F401
    evidence_files,  # noqa: F401
    explanation,  # noqa: F401
    figures,  # noqa: F401
    leaving,  # noqa: F401
    library,  # noqa: F401
    organisation,  # noqa: F401
    plan,  # noqa: F401
    putting_to_use,  # noqa: F401
    quick,  # noqa: F401
    recognitions,  # noqa: F401
    renewing,  # noqa: F401
    schemes,  # noqa: F401
    services,  # noqa: F401
    sharing,  # noqa: F401
    sign_off,  # noqa: F401
    spreadsheet,  # noqa: F401
    statements,  # noqa: F401
    succession,  # noqa: F401
    surveys,  # noqa: F401
    taking_away,  # noqa: F401
)
