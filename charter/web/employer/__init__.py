"""The pages of an employer's people."""

from flask import Blueprint

blueprint = Blueprint("employer", __name__)

from charter.web.employer import answering, assessment, dashboard, evidence, organisation, statements  # noqa: E402, F401
