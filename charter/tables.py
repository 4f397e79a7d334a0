"""Every module that holds tables, imported in one place: for Alembic, and so that relationships find each other."""

from charter import audit
from charter.account import away
from charter.account import models as account
from charter.aftercare import models as aftercare
from charter.assessment import benchmarks, closing, metric_values, teamwork
from charter.assessment import models as assessment
from charter.award import documents, log, status_list
from charter.award import models as award
from charter.award.yearly import models as yearly
from charter.framework import models as framework
from charter.improvement import models as improvement
from charter.merging import models as merging
from charter.notification import models as notification
from charter.organisation import engagement, interests
from charter.organisation import models as organisation
from charter.orm import Base
from charter.panel import models as panel
from charter.reporting import models as reporting
from charter.review import models as review
from charter.review import phrases
from charter.review.handing_out import set_apart, workload
from charter.review.record import record_models as records
from charter.review.second import second_models as second_looks
from charter.review.timing import patience, turns
from charter.succession import models as succession
from charter.survey import models as survey
from charter.time_spent import models as time_spent
from charter.versions import models as versions

__all__ = [
    "account",
    "aftercare",
    "assessment",
    "audit",
    "award",
    "away",
    "benchmarks",
    "closing",
    "documents",
    "engagement",
    "framework",
    "improvement",
    "interests",
    "log",
    "merging",
    "metric_values",
    "notification",
    "organisation",
    "panel",
    "patience",
    "phrases",
    "records",
    "reporting",
    "review",
    "second_looks",
    "set_apart",
    "status_list",
    "succession",
    "survey",
    "teamwork",
    "time_spent",
    "turns",
    "versions",
    "workload",
    "yearly",
]

metadata = Base.metadata
