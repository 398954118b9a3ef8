"""`$filter` of the lists of resources and of groups: `resourceType eq '…' and tagName eq '…'`, as OData.

Understands `eq`, `ne`, `and`, `or`, parentheses, `substringof` and `startswith`, on the names that ARM documents.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from local.armsim.errors import ArmError
from local.armsim.kinds import Resource

type Facts = Mapping[str, str]
type Test = Callable[[Facts], bool]

_WORD = re.compile(r"\s*('(?:[^']|'')*'|[\w/]+|[(),])")
_MOST_WORDS = 200
_NAMES = ("name", "resourcetype", "location", "resourcegroup", "tagname", "tagvalue")
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "substringof": lambda part, whole: part in whole,
    "startswith": lambda whole, part: whole.startswith(part),
}
_VERBS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
}


def matcher(text: str) -> Callable[[Resource], bool]:
    """The test that a `$filter` stands for; an empty one lets everything through."""
    if not text.strip():
        return lambda resource: True
    words = [found.group(1) for found in _WORD.finditer(text)]
    try:
        if _WORD.sub("", text).strip() or len(words) > _MOST_WORDS:
            raise ValueError
        test = _either(words)
        if words:
            raise ValueError
    except (ValueError, LookupError):
        raise ArmError(
            400,
            "InvalidFilterInQueryString",
            f"Invalid $filter '{text[:200]}' specified in the query string.",
            gateway=True,
        ) from None
    return lambda resource: any(test(facts) for facts in _facts(resource))


def _facts(resource: Resource) -> Iterator[Facts]:
    """What a filter can ask of a resource, once a tag: name and value of a tag belong together."""
    plain = {
        "name": "/".join(resource.route.names) or resource.route.group,
        "resourcetype": resource.kind.name,
        "location": resource.location,
        "resourcegroup": resource.route.group,
    }
    tags = resource.body.get("tags")
    for name, value in (tags if isinstance(tags, dict) and tags else {"": ""}).items():
        facts = {**plain, "tagname": str(name), "tagvalue": str(value)}
        yield {one: text.lower() for one, text in facts.items()}


def _either(words: list[str]) -> Test:
    tests = [_both(words)]
    while _next_is(words, "or"):
        tests.append(_both(words))
    return lambda facts: any(test(facts) for test in tests)


def _both(words: list[str]) -> Test:
    tests = [_one(words)]
    while _next_is(words, "and"):
        tests.append(_one(words))
    return lambda facts: all(test(facts) for test in tests)


def _one(words: list[str]) -> Test:
    if _next_is(words, "("):
        inner = _either(words)
        _expect(words, ")")
        return inner
    function = _FUNCTIONS.get(words[0].lower())
    if function is not None:
        del words[0]
        _expect(words, "(")
        first = _operand(words)
        _expect(words, ",")
        second = _operand(words)
        _expect(words, ")")
        return lambda facts: function(first(facts), second(facts))
    left, verb, right = _operand(words), _VERBS[words.pop(0).lower()], _operand(words)
    return lambda facts: verb(left(facts), right(facts))


def _operand(words: list[str]) -> Callable[[Facts], str]:
    """A quoted text or a name, compared in lower case."""
    word = words.pop(0).lower()
    if word.startswith("'"):
        text = word[1:-1].replace("''", "'")
        return lambda facts: text
    if word not in _NAMES:
        raise ValueError
    return lambda facts: facts[word]


def _next_is(words: list[str], word: str) -> bool:
    if words and words[0].lower() == word:
        del words[0]
        return True
    return False


def _expect(words: list[str], word: str) -> None:
    if not _next_is(words, word):
        raise ValueError
