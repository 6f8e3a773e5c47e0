"""Which records of a batch are fresh, repeated, out of order or undecodable: pure decisions, no I/O."""

from collections.abc import Container, Iterator, Mapping
from typing import Any, NamedTuple

from libs.common.dead_letters import DeadLetter, Record
from libs.common.events import (
    Envelope,
    Event,
    EveryEvent,
    Undecodable,
    UnknownType,
    decode_envelope,
    decode_every,
    decode_payload,
)
from libs.common.inbox import Aggregate, Progress


class ReadRecord(NamedTuple):
    """A record with what could be read of it: its events, or the error that says why not, or neither (not for us).

    `events` are keyed by the type under which they are handled: EveryEvent's first, then the envelope's. `reason` and
    `tries` go with the error.
    """

    record: Record
    envelope: Envelope | None
    events: Mapping[str, Event[Any]] = {}
    error: str | None = None
    reason: str = "undecodable"
    tries: int = 1


def read_record(record: Record, handled: Container[str]) -> ReadRecord:
    """Decode as far as this service needs: payloads of types without a handler stay bytes."""
    envelope: Envelope | None = None
    events: dict[str, Event[Any]] = {}
    try:
        envelope = decode_envelope(record.headers)
        if EveryEvent.TYPE in handled:
            events[EveryEvent.TYPE] = Event(envelope=envelope, payload=decode_every(record.value))
        if envelope.type in handled:
            payload = decode_payload(envelope.type, record.value)
            events[envelope.type] = Event(envelope=envelope, payload=payload)
    except UnknownType:
        pass
    except Undecodable as error:
        return ReadRecord(record, envelope, error=str(error))
    return ReadRecord(record, envelope, events)


class Plan:
    """What one batch does, given the progress so far. `moved` is the progress after it."""

    def __init__(self, progress: Mapping[Aggregate, Progress]) -> None:
        self._progress = progress
        self.moved: dict[Aggregate, Progress] = {}
        self.every: list[Event[EveryEvent]] = []
        self.fresh: list[Event[Any]] = []
        self.dropped: list[Envelope] = []
        self.letters: list[DeadLetter] = []
        self.unknown = 0

    @staticmethod
    def aggregate(envelope: Envelope) -> Aggregate:
        return Aggregate(envelope.source, envelope.subject)

    def add(self, read: ReadRecord) -> None:
        """Decide one record; call in the order of the partition."""
        if read.envelope is None:
            self.letters.append(DeadLetter(read.record, None, read.reason, read.error or "", read.tries))
            return
        aggregate, sequence = self.aggregate(read.envelope), read.envelope.sequence
        last, is_parked = self.moved.get(aggregate) or self._progress.get(aggregate) or Progress()
        if sequence <= last:
            self.dropped.append(read.envelope)
        elif is_parked:
            self._put_aside(read, "behind", "an earlier event of this subject is parked", last)
        elif sequence > last + 1:
            self._put_aside(read, "gap", f"sequence {sequence} came after {last}", last)
        elif read.error is not None:
            self._put_aside(read, read.reason, read.error, last)
        else:
            self.moved[aggregate] = Progress(sequence)
            self._accept(read)

    def _accept(self, read: ReadRecord) -> None:
        for kind, event in read.events.items():
            (self.every if kind == EveryEvent.TYPE else self.fresh).append(event)
        self.unknown += not read.events

    def _put_aside(self, read: ReadRecord, reason: str, error: str, last: int) -> None:
        assert read.envelope is not None  # noqa: S101 - add() saw to it
        self.letters.append(DeadLetter(read.record, read.envelope, reason, error, read.tries))
        self.moved[self.aggregate(read.envelope)] = Progress(last, is_parked=True)

    def runs(self) -> Iterator[tuple[str, list[Event[Any]]]]:
        """Fresh events in runs of one type, as long as the order within each subject allows; EveryEvent's run first.

        The k-th event of every subject forms layer k; a layer holds at most one event a subject, so its events may
        be handled type by type.
        """
        if self.every:
            yield EveryEvent.TYPE, self.every
        layers: list[dict[str, list[Event[Any]]]] = []
        depth: dict[object, int] = {}
        for event in self.fresh:
            layer = depth[event.envelope.subject] = depth.get(event.envelope.subject, -1) + 1
            if layer == len(layers):
                layers.append({})
            layers[layer].setdefault(event.envelope.type, []).append(event)
        for by_type in layers:
            yield from by_type.items()
