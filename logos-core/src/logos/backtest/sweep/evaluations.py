"""One run of a trial on one window: what is asked for, and the record that comes back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from logos.backtest.trial import Window

if TYPE_CHECKING:
    import numpy.typing as npt

TRAIN = "train"
TEST = "test"
COMPLETED = "completed"
HALTED = "halted"
REFUSED = "refused"

Key = tuple[int, str, int, int]
"""Split, part, rung and number of the trial: the order of the rows."""
Record = dict[str, Any]
"""What a trial left behind, as JSON values: measures are numbers, money is whole minor units."""


@attrs.frozen(kw_only=True)
class Evaluation:
    """A combination of values on a part of the bars.

    Attributes
    ----------
    part:
        ``train`` or ``test``.
    rung:
        The step of a halving, from 0; always 0 for other methods.
    values:
        By the path in the resolved config.
    """

    trial: int
    split: int
    part: str
    rung: int
    window: Window
    values: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """What tells it from all others of a sweep; sorts as the rows do."""
        return self.split, self.part, self.rung, self.trial

    def as_task(self) -> list[Any]:
        """Return it as JSON values for a worker."""
        window = [self.window.start, self.window.end]
        return [self.trial, self.split, self.part, self.rung, window, dict(self.values)]

    @classmethod
    def from_task(cls, task: list[Any]) -> Evaluation:
        """Take it back."""
        trial, split, part, rung, (start, end), values = task
        window = Window(start=start, end=end)
        return cls(trial=trial, split=split, part=part, rung=rung, window=window, values=values)


def key_of(record: Record) -> Key:
    """Return the key of the evaluation that a record answers."""
    return record["split"], record["part"], record["rung"], record["trial"]


def was_made(record: Record) -> bool:
    """Return whether a record is a trial: the strategy did not refuse its values."""
    return bool(record["status"] != REFUSED)


def packed(values: npt.NDArray[Any]) -> str:
    """Return a column as text."""
    return base64.b64encode(values.tobytes()).decode("ascii")


def days_of(record: Record) -> npt.NDArray[np.int32]:
    """Return the trading days of a record: whole days since 1970-01-01, UTC."""
    return np.frombuffer(base64.b64decode(record["days"]), dtype="<i4")


def returns_of(record: Record) -> npt.NDArray[np.float64]:
    """Return the daily returns of a record, one for each of its days."""
    return np.frombuffer(base64.b64decode(record["returns"]), dtype="<f8")
