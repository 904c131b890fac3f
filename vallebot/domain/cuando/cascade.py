"""A small engine for layered grammars: each rule rewrites a run of items into one item.

Text becomes a list of `Item`s (words, numbers, marks). A rule has a pattern over items and a builder; layer after
layer, runs of items are replaced by items that mean more: HOUR `5` + `y` + FRACTION `media` -> CLOCK 5:30.

Pattern language, elements separated by spaces:
    las            the word; `a|al` one of several; upper case names a tag: `HOUR|CLOCK`
    h:HOUR         the same, and the builder finds the item as match["h"]
    de?            optional; `.*` as in `,*` any number of times
    ( a / b c )?   a group of alternatives; also `)` and `)*`
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Tags = dict[str, Any]
_NAMED = re.compile(r"([a-z]+\d?):(.+)")
_UNSAFE = re.compile(r"[<>|]")


class Item:
    """A run of text with what it may mean: `tags` maps a tag (or the word itself) to its value."""

    __slots__ = ("code", "end", "lead", "start", "tags")

    def __init__(self, tags: Tags, start: int, end: int, lead: str | None = None) -> None:
        self.tags, self.start, self.end = tags, start, end
        self.lead = tags.get("WORD") if lead is None else lead  #: the first word, also of what was rewritten
        self.code = f"<|{'|'.join(_UNSAFE.sub('_', tag) for tag in tags)}|>"

    def get(self, *tags: str) -> Any:
        """The value of the first of `tags` that the item has, else None."""
        for tag in tags:
            if tag in self.tags:
                return self.tags[tag]
        return None

    def has(self, *tags: str) -> bool:
        return any(tag in self.tags for tag in tags)

    def __repr__(self) -> str:
        return f"Item({self.tags})"


NOTHING = Item({"EDGE": None}, 0, 0)  #: what stands before the first and after the last item


class Match:
    """Where a pattern was found; gives captured items and the neighbours."""

    def __init__(self, found: re.Match[str], items: list[Item], starts: list[int]) -> None:
        self._found, self._items, self._starts = found, items, starts
        self.first, self.last = self._index(found.start()), self._index(found.end() - 1)

    def _index(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def _offset(self, name: str) -> int:
        """Where the capture `name` (or its repetition in another alternative) begins, -1 where it took no part."""
        groups = self._found.re.groupindex
        return max(
            (self._found.start(group) for group in groups if group.partition("_")[0] == name), default=-1
        )

    def __getitem__(self, name: str) -> Item:
        offset = self._offset(name)
        if offset < 0:
            raise KeyError(name)
        return self._items[self._index(offset)]

    def has(self, name: str) -> bool:
        return self._offset(name) >= 0

    def before(self, steps: int = 1) -> Item:
        """The item `steps` before the match."""
        index = self.first - steps
        return self._items[index] if index >= 0 else NOTHING

    def after(self, steps: int = 1) -> Item:
        index = self.last + steps
        return self._items[index] if index < len(self._items) else NOTHING

    def preceded_by(self, tag: str, within: int) -> bool:
        """Whether one of the `within` items before the match has `tag`."""
        return any(item.has(tag) for item in self._items[max(0, self.first - within) : self.first])

    def items(self) -> list[Item]:
        return self._items[self.first : self.last + 1]


Build = Callable[[Match], "Tags | None"]


@dataclass(frozen=True)
class Rule:
    """`build` returns the tags of the new item, or None where the words mean something else after all."""

    regex: re.Pattern[str]
    needed: tuple[frozenset[str], ...]  #: each set must meet the tags present: a cheap test before the regex
    build: Build


class Layer:
    """Rules in order of application. Use as a decorator: `@layer("a las h:HOUR")`."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def __call__(self, *patterns: str) -> Callable[[Build], Build]:
        def add(build: Build) -> Build:
            for pattern in patterns:
                regex, needed = _compile(pattern)
                self.rules.append(Rule(regex, needed, build))
            return build

        return add

    def apply(self, items: list[Item]) -> list[Item]:
        present = {tag for item in items for tag in item.tags}
        for rule in self.rules:
            for alternatives in rule.needed:  # a plain loop: this test runs for every rule and message
                if alternatives.isdisjoint(present):
                    break
            else:
                items = _rewrite(rule, items, present)
        return items


def _compile(pattern: str) -> tuple[re.Pattern[str], tuple[frozenset[str], ...]]:
    parts: list[str] = []
    needed: list[frozenset[str]] = []
    depth = 0
    for element in pattern.split():
        if element == "(":
            depth += 1
            parts.append("(?:")
        elif element in (")", ")?", ")*"):
            depth -= 1
            parts.append(element)
        elif element == "/":
            parts.append("|")
        else:
            regex, alternatives, optional = _compile_element(element, len(parts))
            parts.append(regex)
            if not optional and not depth:
                needed.append(alternatives)
    return re.compile("".join(parts)), tuple(needed)


def _compile_element(element: str, number: int) -> tuple[str, frozenset[str], bool]:
    many = element[-1] if len(element) > 1 and element[-1] in "?*" else ""
    if many:
        element = element[:-1]
    named = _NAMED.fullmatch(element)
    name, alternatives = named.groups() if named else ("", element)
    words = alternatives.split("|")
    regex = rf"<[^<>]*\|(?:{'|'.join(re.escape(word) for word in words)})\|[^<>]*>"
    regex = f"(?P<{name}_{number}>{regex})" if name else regex
    return (f"(?:{regex}){many}" if many else regex), frozenset(words), bool(many)


def _rewrite(rule: Rule, items: list[Item], present: set[str]) -> list[Item]:
    text, starts = _encode(items)
    found = rule.regex.search(text)
    if found is None:
        return items
    rewritten: list[Item] = []
    copied = 0
    while found is not None:
        match = Match(found, items, starts)
        tags = rule.build(match)
        if tags is None:
            resume = match.first + 1
        else:
            rewritten += items[copied : match.first]
            first, last = items[match.first], items[match.last]
            rewritten.append(Item(tags, first.start, last.end, first.lead or ""))
            present.update(tags)
            copied = resume = match.last + 1
        if resume >= len(items):
            break
        found = rule.regex.search(text, starts[resume])
    return rewritten + items[copied:] if copied else items


def _encode(items: Iterable[Item]) -> tuple[str, list[int]]:
    codes, starts, offset = [], [], 0
    for item in items:
        codes.append(item.code)
        starts.append(offset)
        offset += len(item.code)
    return "".join(codes), starts
