"""What on a page can be new to a checker of accessibility.

A checker judges an element by its kind, its attributes, what stands around it, whether it has words and whether it has
a label: not by which words these are. A page all of whose elements were seen like that on other pages, at the same
width, has nothing new to find. (An id used twice and a description that is not there are found by `tests.pages`.)
"""

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html
from lxml.html import HtmlElement

READ = {"class", "role", "type", "lang", "scope", "tabindex", "autocomplete", "aria-hidden", "aria-live"}
"""Attributes whose value a checker judges."""
NAMED = {"href", "alt", "title", "for", "hidden", "open", "disabled", "required", "headers", "list", "size"}
"""Attributes of which it judges whether they are there; so are all that begin with `aria-`."""


class Seen:
    """The shapes that a run has seen, in a file that several workers share."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def adds(self, page: str, width: int) -> bool:
        """Whether something on this page is new at this width of the window; from now on it is not."""
        found = {f"{width} {shape}" for shape in shapes(page)}
        kept = set(self.path.read_text(encoding="utf-8").splitlines()) if self.path.exists() else set()
        new = found - kept
        if new:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(f"{shape}\n" for shape in sorted(new)))
        return bool(new)


def shapes(page: str) -> set[str]:
    """The shape of each element of a page among those around it, and the order of its headings and landmarks."""
    root = html.document_fromstring(page)
    labelled = {label.get("for", "") for label in root.iter("label")}
    own = {element: _own(element, labelled) for element in _elements(root)}
    order = [element.tag for element in own if re.fullmatch(r"h\d|main|nav|header|footer|aside", element.tag)]
    steps = {f"{before} then {after}" for before, after in zip(["start", *order], order, strict=False)}
    return steps | {
        " < ".join([shape, *(own[around] for around in list(element.iterancestors())[:2])])
        for element, shape in own.items()
    }


def _elements(root: HtmlElement) -> Iterator[HtmlElement]:
    return (one for one in root.iter() if isinstance(one.tag, str) and one.tag not in {"script", "style", "path"})


def _own(element: HtmlElement, labelled: set[str]) -> str:
    """An element by itself: its kind, what a checker judges of its attributes, whether it has words and a label."""
    said = [f"{name}={value}" for name, value in element.attrib.items() if name in READ]
    said += [
        name if value.strip() else f"empty {name}"
        for name, value in element.attrib.items()
        if name not in READ and (name in NAMED or name.startswith("aria-"))
    ]
    words = "words" if element.text_content().strip() else "no words"
    label = "labelled" if element.get("id", "none") in labelled else "no label"
    return " ".join([element.tag, *sorted(said), words, label])
