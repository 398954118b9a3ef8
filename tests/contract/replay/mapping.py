"""Recorded ids in the simulator's terms: subscriptions, operation URLs, and what clients send back to the service."""

import json
import re
from urllib.parse import quote, urlsplit

from tests.contract.replay.comparing import Answered
from tests.contract.replay.recordings import Exchange, Json, Recording

_SUBSCRIPTION = re.compile(r"(?<=/subscriptions/)[^/?]+", re.IGNORECASE)
_PASSWORD = "Correct-Horse-9"
"""In the place of passwords, which publishers hide."""
_INSTANCE = re.compile(r"(?<=/virtualMachines/)\d+(?=/|$)", re.IGNORECASE)
ANNOUNCING = ("azure-asyncoperation", "location")


def poll_key(url: str) -> str:
    """What identifies an operation's URL: the end of its path (publishers rename the rest), and what it asks for."""
    parts = urlsplit(url)
    end = "/".join(parts.path.lower().split("/")[-2:])
    return f"{end}?monitor" if "monitor=true" in parts.query.lower() else end


class Mapping:
    """Translates a recording for one simulator."""

    def __init__(self, recording: Recording, subscription: str) -> None:
        unknown = {one.url for one in recording.exchanges if one.code == "SubscriptionNotFound"}
        urls = [one.url for one in recording.exchanges if one.url not in unknown]
        self._subscriptions = {found[0].lower() for url in urls for found in _SUBSCRIPTION.finditer(url)}
        self._ours = subscription
        self._operations: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._instances: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text with our subscription in the place of the recorded ones."""
        for recorded in self._subscriptions:
            before = "" if len(recorded) == 36 else "(?<=/subscriptions/)"  # a publisher's word may occur elsewhere
            text = re.sub(before + re.escape(recorded), self._ours, text, flags=re.IGNORECASE)
        return text

    def body(self, body: Json) -> Json:
        """A body with our subscription."""
        return None if body is None else json.loads(self.text(json.dumps(body)))

    def sent(self, body: Json) -> Json:
        """A request's body, with our values for what an earlier answer said."""
        return self._replaced(self.body(body))

    def path(self, recorded: Exchange) -> str:
        """Path and query to send; an operation's URL as we handed it out."""
        known = self._operations.get(poll_key(recorded.url))
        if known is not None:
            return known
        parts = urlsplit(self.text(recorded.url))
        path = "/".join(quote(self._values.get(part, part), safe="%*") for part in parts.path.split("/"))
        path = _INSTANCE.sub(lambda found: self._instances.get(found[0], found[0]), path)
        return f"{path}?{parts.query}"

    def learn_value(self, recorded: str, got: str) -> None:
        """Remember that what the recording calls `recorded` is `got` here."""
        if recorded.isdigit():
            self._instances[recorded] = got
        elif recorded != self._ours:
            self._values[recorded] = got

    def learn_operations(self, recorded: Exchange, got: Answered) -> None:
        """Remember where the recorded operation is to be polled here."""
        for header in ANNOUNCING:
            if header not in recorded.headers:
                continue
            key = poll_key(recorded.headers[header])
            ours = got.headers.get(header)
            if ours is not None:
                parts = urlsplit(ours)
                self._operations[key] = f"{parts.path}?{parts.query}"
            else:
                self._operations.pop(key, None)

    def operation(self, key: str) -> str:
        """The URL that we handed out for the operation of that `poll_key`; empty if none."""
        return self._operations.get(key, "")

    def _replaced(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {name: self._member(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._replaced(inner) for inner in value]
        return self._values.get(value, value) if isinstance(value, str) else value

    def _member(self, name: str, value: Json) -> Json:
        if name == "instanceIds" and isinstance(value, list):
            return [self._instances.get(one, one) for one in value]
        hidden = name.lower().endswith("password") and isinstance(value, str) and not value.startswith("[")
        return _PASSWORD if hidden else self._replaced(value)
