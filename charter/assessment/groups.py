"""What is still to do, in groups as people think of it: the legal basics, the figures, and each theme."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from charter.assessment.level import Missing
from charter.assessment.metrics import not_known
from charter.assessment.progress import Gap
from charter.assessment.queries import Material


@dataclass(frozen=True)
class ToDo:
    """One thing to do, in a sentence, with the asked criteria it is about."""

    sentence: str
    criteria: tuple[str, ...] = ()
    place: str = ""
    """Where on its page it is done, when it has a place there."""


@dataclass(frozen=True)
class Group:
    """Things to do of one kind."""

    kind: str
    """"declarations", "figures", "theme", or "themes" for what is about several of them."""
    code: str
    """Of the theme; empty for the other kinds."""
    title: str
    todos: tuple[ToDo, ...]

    @property
    def only(self) -> ToDo | None:
        """The one thing to do, when there is only one."""
        return self.todos[0] if len(self.todos) == 1 else None


BASICS = "The legal basics"
FIGURES = "Your figures"
SEVERAL = "In several themes"


def of_missing(said: Material, missing: Iterable[Missing], *, known: Iterable[Missing] = ()) -> tuple[Group, ...]:
    """What stands in the way of a level, in groups. What is in `known` was said before, of a lower level."""
    known = tuple(known)
    before = {code for item in known for code in (*item.declarations, *item.metrics)}
    found: list[tuple[tuple[str, str], ToDo]] = []
    for item in missing:
        statements = [code for code in item.declarations if code not in before]
        figures = [code for code in item.metrics if code not in before]
        if item.declarations or item.metrics:
            if statements:
                found.append((("declarations", ""), ToDo(_statements(len(statements)))))
            if figures:
                whole = len(figures) == len(item.metrics)
                found.append((("figures", ""), ToDo(item.sentence if whole else _more_figures(said, figures))))
        else:
            found.append((_place(said, item.criteria), _todo(said, item.sentence, item.criteria)))
    return _grouped(said, found)


def of_gaps(said: Material, gaps: Iterable[Gap]) -> tuple[Group, ...]:
    """What is to do before the assessment can be sent, in groups."""
    found: list[tuple[tuple[str, str], ToDo]] = []
    for gap in gaps:
        if gap.kind == "criterion":
            found.append((_place(said, [gap.code]), _todo(said, f"{gap.title}: {gap.sentence}", [gap.code])))
        else:
            place = f"figures?missing=why#note-{gap.code}" if gap.kind == "figures" and gap.code else ""
            found.append(((gap.kind, ""), ToDo(gap.sentence, place=place)))
    return _grouped(said, found)


def _statements(count: int) -> str:
    return "Say yes to 1 statement." if count == 1 else f"Say yes to {count} statements."


def _more_figures(said: Material, codes: Collection[str]) -> str:
    more = f"{len(codes)} more figure{'s' * (len(codes) > 1)}"
    if not_known(said.content, said.unknown).issuperset(codes):
        return f"Still to come, because not known yet: {more}."
    return f"Give the numbers for {more}."


def _todo(said: Material, sentence: str, criteria: Iterable[str]) -> ToDo:
    asked = {criterion.code for criterion in said.asked}
    here = tuple(code for code in criteria if code in asked)
    return ToDo(sentence, here)


def _place(said: Material, criteria: Iterable[str]) -> tuple[str, str]:
    """The group of something that is about these criteria."""
    themes = {found.theme for code in criteria if (found := said.content.criterion(code)) is not None}
    return ("theme", themes.pop()) if len(themes) == 1 else ("themes", "")


def _grouped(said: Material, found: Iterable[tuple[tuple[str, str], ToDo]]) -> tuple[Group, ...]:
    """Groups in the order of the task list: the themes, what is about several, the legal basics, the figures."""
    places: dict[tuple[str, str], list[ToDo]] = {}
    for place, todo in found:
        places.setdefault(place, []).append(todo)
    asked = {criterion.code: place for place, criterion in enumerate(said.asked)}
    titles = {"declarations": BASICS, "figures": FIGURES, "themes": SEVERAL}
    groups = [
        Group(
            kind,
            code,
            said.content.theme(code).title if kind == "theme" else titles[kind],
            tuple(sorted(todos, key=lambda todo: _first(asked, todo))),
        )
        for (kind, code), todos in places.items()
    ]
    themes = [theme.code for theme in said.content.themes]
    order = {"themes": len(themes), "declarations": len(themes) + 1, "figures": len(themes) + 2}
    groups.sort(key=lambda group: order[group.kind] if group.kind != "theme" else themes.index(group.code))
    return tuple(groups)


def _first(asked: Mapping[str, int], todo: ToDo) -> int:
    """The place of the first criterion that something is about, among those asked."""
    return min((asked[code] for code in todo.criteria), default=len(asked))
