"""The content of one version of the charter, as frozen objects.

The file an administrator writes is checked against these shapes (`checking.py` adds the rules that span more than one
item), stored, and read back into them. Nothing else in the code names a criterion, a theme, a level or a metric.
"""

import enum
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "This is not a number")
    return value


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Whole = Annotated[int, Strict()]
"""A whole number. Strict, since YAML reads an unquoted yes as true, which would otherwise pass for 1."""
Number = Annotated[Decimal, BeforeValidator(_no_truth_value)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Part(BaseModel):
    """A piece of content: frozen, and a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Extent(enum.StrEnum):
    """How far a criterion is met, in the terms level rules speak of. Employers' and assessors' words map to it."""

    NOT_MET = "not_met"
    IN_PROGRESS = "in_progress"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"


class Need(enum.StrEnum):
    """What a value of the scale asks for besides itself."""

    ACTION = "action_with_date"
    EXPLANATION = "short_explanation"
    EVIDENCE = "evidence_if_required"
    REASON = "reason"


class County(Part):
    """A county of the scheme, with its districts."""

    code: Code
    title: Text
    districts: tuple[Text, ...] = ()


class SizeBand(Part):
    """A band of employer size, in people on the payroll."""

    code: Code
    title: Text
    min: Whole
    max: Whole | None = None


class Sector(Part):
    """A section of the Standard Industrial Classification 2007."""

    code: Code
    title: Text
    plain: Text | None = None
    """Who belongs there, in everyday words: few people know their work by the official title."""

    @property
    def words(self) -> str:
        """Who belongs there in everyday words; the official title where it has none."""
        return self.plain or self.title

    @property
    def label(self) -> str:
        """The section as one chooses it from a list: in everyday words, then by its official title and letter."""
        return f"{self.plain} ({self.code}: {self.title})" if self.plain else f"{self.title} ({self.code})"


class ScaleValue(Part):
    """A value an employer can give a criterion."""

    value: Code
    label: Text
    hint: Text | None = None
    needs: Need | None = None
    extent: Extent


class AssessorOutcome(Part):
    """A finding an assessor can make on a criterion."""

    value: Code
    label: Text
    extent: Extent
    asks_employer: bool = False
    """Whether the outcome means that more is asked of the employer; a case with one cannot be recommended."""


class DeclarationsRule(Part):
    """A gate: every baseline declaration is agreed."""

    kind: Literal["declarations"]


class FiguresRule(Part):
    """A gate: every figure that the level asks for is returned."""

    kind: Literal["figures"]


class CoreRule(Part):
    """Every core criterion of the level is fully met."""

    kind: Literal["core"]


class AllOfRule(Part):
    """Each of these criteria is fully met."""

    kind: Literal["all_of"]
    criteria: tuple[Code, ...]


class AtLeastRule(Part):
    """At least so many of these criteria are fully met (any N of M)."""

    kind: Literal["at_least"]
    count: Whole = Field(ge=1)
    criteria: tuple[Code, ...]


class ThemeMinimumRule(Part):
    """In each theme, at least so many of its criteria up to this level are fully met (fewer where it has fewer)."""

    kind: Literal["theme_minimum"]
    count: Whole = Field(ge=1)


class InProgressRule(Part):
    """Every criterion of the level is met or in progress with a dated action, and at most so many in progress."""

    kind: Literal["in_progress_at_most"]
    count: Whole = Field(ge=0)


Rule = Annotated[
    DeclarationsRule | FiguresRule | CoreRule | AllOfRule | AtLeastRule | ThemeMinimumRule | InProgressRule,
    Field(discriminator="kind"),
]


class Moderated(enum.StrEnum):
    """Which cases a second person looks at question by question."""

    ALWAYS = "always"
    SAMPLE = "sample"
    """Those drawn by lot, and those whose assessor is not sure."""


class ReviewRule(Part):
    """How a case for a level is worked on. Whatever it says, two people look at each case before it is decided."""

    second_assessor: Annotated[bool, Strict()] = False
    """Whether a second assessor looks at each criterion before a level is recommended."""
    conversation: Annotated[bool, Strict()] = False
    """Whether a visit or a conversation with the employer and its staff must be on record before that."""
    moderation: Moderated = Moderated.SAMPLE
    panel: Annotated[bool, Strict()] = False
    """Whether the scheme's partners decide in a meeting."""


class Level(Part):
    """A level of the charter. Levels are cumulative: to hold one, an employer meets the rules of those below too."""

    rank: Whole = Field(ge=1)
    code: Code
    title: Text
    summary: Text
    check: Text
    evidence_rule: Text
    depth: Text
    """How far the scheme checked, in a few words for the face of the certificate."""
    valid_months: Whole = Field(ge=1)
    renewable: bool
    target_decision_working_days: Whole = Field(ge=1)
    rules: tuple[Rule, ...]
    review: ReviewRule = ReviewRule()


class Effort(Part):
    """How much work it is to put something in place, so that a plan can begin with the smallest."""

    code: Code
    label: Text


class Theme(Part):
    """A group of criteria."""

    code: Code
    title: Text
    aim: Text


class Criterion(Part):
    """One thing an employer is judged on."""

    code: Code
    theme: Code
    level: Whole
    """The rank of the level it belongs to."""
    core: bool = False
    title: Text
    """A few words for lists."""
    statement: Text
    guidance: Text
    """What it means and why it matters, in plain English."""
    good_evidence: Text
    checks: tuple[Text, ...] = ()
    """What an assessor checks in the evidence, a sentence each; none in versions that only describe it."""
    evidence_required: bool = False
    evidence_types: tuple[Code, ...] = ()
    not_applicable_allowed: bool = False
    min_headcount: Whole | None = None
    """Employers with fewer people than this are not asked."""
    metric: Code | None = None
    counts_from: date | None = None
    """Announced, but not counted before this day."""
    crosswalk: Mapping[Code, tuple[Code, ...]] = Field(default_factory=dict)
    effort: Code | None = None
    """How much work it is for most employers; the version's usual effort where nobody says."""


class BaselineDeclaration(Part):
    """A legal floor: yes or no, not scored."""

    code: Code
    statement: Text
    help: Text | None = None


class NumberField(Part):
    """A number an employer returns."""

    name: Name
    label: Text
    hint: Text | None = None
    unit: Text
    type: Literal["integer", "decimal"] = "integer"
    decimals: Whole = 0
    min: Number | None = None
    max: Number | None = None
    max_field: Name | None = None
    """Another field whose value this one may not pass."""
    warn_if_above_field: Name | None = None

    @property
    def code(self) -> str:
        """What it is called where numbers and figures stand in one list: its name."""
        return self.name


class Example(Part):
    """A figure worked out for a made-up employer. The checker works it out too, so that it never says what is wrong."""

    words: Text
    """Who the employer is and what it counted, in a sentence or two. Every number in it is one of the example's."""
    numbers: Mapping[Name, Number]
    """What it gives for each number that the figure is worked out from, and for the others of the figure."""
    result: Number
    """What they come to, with the figure's decimals."""


class Metric(Part):
    """A figure worked out from returned numbers by a formula."""

    code: Code
    group: Code
    label: Text
    definition: Text
    inputs: tuple[NumberField, ...]
    formula: Text
    unit: Text
    min: Number | None = None
    max: Number | None = None
    warn_below: Number | None = None
    warn_above: Number | None = None
    decimals: Whole = 0
    min_denominator: Whole | None = None
    zero_denominator: Literal["not_applicable", "error"] = "error"
    required_from_level: Whole
    notes: Text | None = None
    example: Example | None = None
    """How one such figure is worked out, shown beside its numbers."""


class EvidenceDate(enum.StrEnum):
    """A date that some kinds of evidence must say."""

    EFFECTIVE_FROM = "effective_from"
    PERIOD = "period"
    VALID_UNTIL = "valid_until"


class EvidenceType(Part):
    """A kind of document that can support a criterion."""

    code: Code
    title: Text
    valid_months: Whole | None = Field(default=None, ge=1)
    """How long one of this kind counts as current; `max_age_months` of the rules unless given."""
    dates: tuple[EvidenceDate, ...] = ()
    """The dates that one of this kind must say."""


class ShortPath(Part):
    """The shorter way for small employers: a theme a page, and short accounts in place of documents."""

    headcount_ceiling: Whole = Field(ge=1)
    """Employers whose size band goes up to so many people, or to fewer, are offered it."""
    levels: tuple[Whole, ...]
    """The ranks of the levels for which a short account is enough as evidence."""
    account_max_words: Whole = Field(ge=1)
    """How long a short account may be: a few sentences."""
    account_hint: Text
    """What to write in one, in a sentence."""


class EvidenceRules(Part):
    """What evidence may be."""

    max_age_months: Whole
    written_account_max_words: Whole
    types: tuple[EvidenceType, ...]
    micro_employers: Text
    privacy: Text
    short_path: ShortPath | None = None
    """The shorter way for small employers; a version without one offers none."""

    def type(self, code: str | None) -> EvidenceType | None:
        """The type of evidence with this code."""
        return next((one for one in self.types if one.code == code), None)


class Strength(Part):
    """How far the awards of other schemes may stand in for criteria, by how those schemes look at an employer.

    They never stand in for a core criterion of the highest level, for a figure or for a declaration.
    """

    code: Code
    title: Text
    """Who looked, as a sentence for employers and assessors."""
    met_up_to: Whole = Field(default=0, ge=0)
    """A criterion up to this level counts as met while the award is in date; 0 for none."""
    evidence_up_to: Whole = Field(default=0, ge=0)
    """For a criterion up to this level no other evidence is needed; 0 for none."""


class Passport(Part):
    """Another scheme's award that can stand in for evidence, once checked."""

    scheme: Code
    title: Text
    level: Text | None = None
    needs: tuple[Code, ...]
    supports: tuple[Code, ...]
    strength: Code
    note: Text | None = None
    list_url: Text | None = None
    """Where the scheme lists who holds its awards, for anyone to read."""
    number_example: Text | None = None
    """What the number on a certificate looks like."""
    number_pattern: Text | None = None
    """The form of such a number, as a regular expression. One of another form is asked about, not refused."""


class SchemeItem(Part):
    """A part of another scheme that criteria point to, labelled in our words."""

    code: Code
    label: Text
    status: Literal["verified", "knowledge", "inferred"]
    group: Code | None = None
    """The group of the scheme's level that it belongs to."""


class SchemeGroup(Part):
    """Items of another scheme that one of its levels asks for together."""

    code: Code
    title: Text
    at_least: Whole | None = Field(default=None, ge=1)
    """How many of its items the level asks for; all when nothing is said."""


class SchemeLevel(Part):
    """A level of another scheme, and what it asks for as far as we know."""

    code: Code
    title: Text
    after: Code | None = None
    """The level whose items this one asks for too."""
    groups: tuple[SchemeGroup, ...]
    note: Text | None = None
    """What else it asks for, or how sure we are."""


class OtherScheme(Part):
    """Another scheme that the crosswalk covers."""

    code: Code
    title: Text
    items: tuple[SchemeItem, ...]
    levels: tuple[SchemeLevel, ...] = ()
    """Its levels, the lowest first; none where we do not know them."""
    passport: Code | None = None
    """What the passports call the same scheme."""
    note: Text | None = None
    """What an employer should know before it relies on this."""


class SurveyValue(Part):
    """An answer that staff can give to a question of the staff survey."""

    value: Code
    label: Text
    good: bool = False
    """Whether whoever chooses it says that this part of the job is good."""


class SurveyQuestion(Part):
    """One sentence about a job, which staff agree with or not."""

    code: Code
    dimension: Text
    """The side of job quality that it is about."""
    statement: Text


class StaffSurvey(Part):
    """What an employer may ask its staff without learning who said what."""

    title: Text
    source: Text
    """Where the questions come from."""
    min_answers: Whole = Field(ge=10)
    """Fewer answers than this are never shown."""
    prompt: Text
    """What staff are asked of each sentence, in the words of the scale."""
    scale: tuple[SurveyValue, ...]
    questions: tuple[SurveyQuestion, ...] = Field(min_length=5, max_length=8)
    supports: tuple[Code, ...]
    """The criteria that the results may be evidence for."""
    evidence_type: Code
    """The kind of evidence that the results are."""


class MetricRules(Part):
    """How figures are collected and shown."""

    period: Text
    baseline: Text
    publish: Text
    small_numbers: Text
    year_on_year_points: Whole
    """A rate that moves by more percentage points than this from one year to the next needs an explanation."""
    year_on_year_times: Number = Field(default=Decimal(2), gt=1)
    """So does anything else that becomes more than so many times as large, or falls below one part in so many."""
    year_on_year_least: Whole = Field(default=3, ge=1)
    """A count that moves by fewer than this asks nothing: in a small firm one person more is twice as many."""
    yearly_opens_days: Whole = Field(default=60, ge=1, le=180)
    """So many days before a yearly return is due it can be given."""
    yearly_remind_days: tuple[Annotated[Whole, Field(ge=-180, le=180)], ...] = (30, 0, -30)
    """So many days before it is due (0 on the day, negative after it) owners get an email, unless it was given."""


class Renewal(Part):
    """What the scheme does when an award comes to its end."""

    opens_days: Whole = Field(default=90, ge=1)
    """So many days before the end, employers are asked to renew. An award of the same level that is decided from then
    on begins on the day after the old one ends."""
    remind_days: tuple[Annotated[Whole, Field(ge=1)], ...] = (90, 60, 30, 7)
    """So many days before the end, owners get an email."""
    owners_days: Whole = Field(default=30, ge=0)
    """So many days before the end, an employer with one owner is asked to make somebody else an owner too."""


class AfterAward(Part):
    """How long everybody has after a decision. What is in days counts every day, and the first is not counted."""

    reply_days: Whole = Field(default=14, ge=1)
    """To reply before an award is suspended or revoked."""
    appeal_days: Whole = Field(default=28, ge=1)
    """To appeal against a decision."""
    appeal_working_days: Whole = Field(default=20, ge=1)
    """For the scheme to answer an appeal."""
    concern_reply_days: Whole = Field(default=14, ge=1)
    """For an employer to give its side of a concern."""
    concern_kept_days: Whole = Field(default=365, ge=1)
    """After a concern is settled, what was written and by whom is kept for so long, and then erased."""


class Meta(Part):
    """What the version is."""

    code: Code
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    title: Text
    standing: Text
    """Who has agreed to it, in a sentence shown with the criteria."""
    prepared_on: date
    certificate_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    """How the numbers of its certificates begin."""
    scope_question: Text
    in_progress_months: Whole = Field(ge=1)
    """A planned action counts only when it is due within so many months."""
    minutes_per_question: Whole = Field(default=2, ge=1)
    """What employers are told to allow for each question, evidence left out."""
    changes: tuple[Text, ...] = ()
    """What is different from the version before, a sentence each."""
    planned_again: Annotated[bool, Strict()] = True
    """Whether what was planned at the last award, and is past its day, counts as under way when it is planned again."""
    efforts: tuple[Effort, ...] = ()
    """The words for how much work something is, the smallest first; a version may have none."""
    usual_effort: Code | None = None
    """The effort of a criterion that names none."""


class Content(Part):
    """A whole version of the charter."""

    meta: Meta
    counties: tuple[County, ...]
    size_bands: tuple[SizeBand, ...]
    sectors: tuple[Sector, ...]
    scale: tuple[ScaleValue, ...]
    outcomes: tuple[AssessorOutcome, ...]
    levels: tuple[Level, ...]
    themes: tuple[Theme, ...]
    criteria: tuple[Criterion, ...]
    declarations: tuple[BaselineDeclaration, ...]
    context_fields: tuple[NumberField, ...]
    headcount_field: Name
    """The context field that says how many people are on the payroll."""
    local_headcount_field: Name
    """The context field that says how many of them are based in the scheme's counties."""
    metric_rules: MetricRules
    metrics: tuple[Metric, ...]
    evidence_rules: EvidenceRules
    passports: tuple[Passport, ...]
    crosswalk: tuple[OtherScheme, ...]
    survey: StaffSurvey | None = None
    """The staff survey; a version without one offers none."""
    strengths: tuple[Strength, ...] = ()
    """How far awards of other schemes stand in. A version without any takes them for evidence, and for no more."""
    renewal: Renewal = Renewal()
    after_award: AfterAward = AfterAward()

    @cached_property
    def _criteria(self) -> Mapping[str, Criterion]:
        return {criterion.code: criterion for criterion in self.criteria}

    def criterion(self, code: str) -> Criterion | None:
        """The criterion with this code, if this version has it."""
        return self._criteria.get(code)

    def level(self, rank: int) -> Level | None:
        """The level of this rank; rank 0 is no level."""
        return next((level for level in self.levels if level.rank == rank), None)

    def level_title(self, rank: int | None) -> str:
        """The level's title, or words for having none."""
        level = self.level(rank or 0)
        return level.title if level else "No level yet"

    def theme(self, code: str) -> Theme:
        """The theme with this code. Raises KeyError when there is none."""
        return self._themes[code]

    @cached_property
    def _themes(self) -> Mapping[str, Theme]:
        return {theme.code: theme for theme in self.themes}

    def asked(self, rank: int, headcount_ceiling: int | None = None) -> tuple[Criterion, ...]:
        """The criteria asked of an employer that aims for level `rank`, in the framework's order.

        `headcount_ceiling` is the most people it can have (the top of its size band; None when unlimited or unknown):
        criteria for larger employers are left out.
        """
        return tuple(
            criterion
            for criterion in self.criteria
            if criterion.level <= rank
            and not (
                headcount_ceiling is not None
                and criterion.min_headcount is not None
                and headcount_ceiling < criterion.min_headcount
            )
        )

    def effort(self, criterion: Criterion | None) -> int:
        """How much work a criterion is: the place of its effort among the version's, 0 for the smallest.

        Something that is no criterion is as much work as most; everything is alike in a version without efforts.
        """
        code = (criterion.effort if criterion else None) or self.meta.usual_effort
        return next((place for place, effort in enumerate(self.meta.efforts) if effort.code == code), 0)

    def effort_label(self, place: int) -> str:
        """The words for the effort at this place; none when the version has no words for it."""
        return self.meta.efforts[place].label if 0 <= place < len(self.meta.efforts) else ""

    def scale_value(self, value: str | None) -> ScaleValue | None:
        """The value of the scale with this code."""
        return next((item for item in self.scale if item.value == value), None)

    def outcome(self, value: str | None) -> AssessorOutcome | None:
        """The assessor's outcome with this code."""
        return next((item for item in self.outcomes if item.value == value), None)

    def county_title(self, code: str) -> str:
        """A county's name; its code when this version does not know it."""
        return next((county.title for county in self.counties if county.code == code), code)

    def passport_title(self, scheme: str, level: str | None) -> str:
        """The title of another scheme's award; its codes when this version does not know it."""
        found = (one.title for one in self.passports if (one.scheme, one.level) == (scheme, level))
        return next(found, f"{scheme} {level or ''}".rstrip())

    def passport(self, scheme: str, level: str | None) -> Passport | None:
        """The passport of another scheme's award."""
        return next((one for one in self.passports if (one.scheme, one.level) == (scheme, level)), None)

    def strength(self, code: str) -> Strength | None:
        """The strength with this code."""
        return next((one for one in self.strengths if one.code == code), None)

    def sector_title(self, code: str) -> str:
        """A sector's name; its code when this version does not know it."""
        return next((sector.title for sector in self.sectors if sector.code == code), code)

    def sector_words(self, code: str) -> str:
        """Who belongs to a sector, in everyday words; its code when this version does not know it."""
        return next((sector.words for sector in self.sectors if sector.code == code), code)

    def size_band(self, code: str) -> SizeBand | None:
        """The size band with this code."""
        return next((band for band in self.size_bands if band.code == code), None)

    def size_title(self, code: str) -> str:
        """A size band's title; its code when this version does not know it."""
        band = self.size_band(code)
        return band.title if band else code

    def asks_for_figures(self, rank: int) -> bool:
        """Whether whoever holds level `rank` gave figures for it: a rule of the level, or of one below it, says so."""
        return any(rule.kind == "figures" for level in self.levels if level.rank <= rank for rule in level.rules)

    def metric(self, code: str) -> Metric | None:
        """The metric with this code, if this version has it."""
        return next((metric for metric in self.metrics if metric.code == code), None)

    def metrics_for(self, rank: int) -> tuple[Metric, ...]:
        """The metrics asked of an employer that aims for level `rank`."""
        return tuple(metric for metric in self.metrics if metric.required_from_level <= rank)
