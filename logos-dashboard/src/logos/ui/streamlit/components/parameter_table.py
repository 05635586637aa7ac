"""The parameters of a strategy as a table: type, default, bounds, and what each means with its unit."""

from __future__ import annotations

from collections.abc import Sequence

from logos.strategies.base import ParameterInfo
from logos.ui.streamlit.components.empty import empty_card
from logos.ui.streamlit.components.tables import plain_table
from logos.ui.streamlit.data.strategies import bound_text, default_text
from logos.ui.streamlit.design.formats import MISSING

COLUMNS = ("Parameter", "Type", "Default", "Least", "Most", "Meaning and unit")
_TYPES = {
    "int": "whole number",
    "decimal": "decimal, in quotes",
    "bool": "true or false",
    "text": "text",
    "tuple": "list",
}


def parameter_table(parameters: Sequence[ParameterInfo]) -> None:
    """Draw the parameters in the order in which they are declared."""
    if not parameters:
        empty_card("No parameters", "The strategy has nothing to set.")
        return
    rows = [
        (
            one.name,
            _TYPES.get(one.type, one.type),
            default_text(one),
            bound_text(one.low) or MISSING,
            bound_text(one.high) or MISSING,
            one.doc.replace("``", "") or MISSING,
        )
        for one in parameters
    ]
    plain_table("Parameters of the strategy", COLUMNS, rows, numeric=("Default", "Least", "Most"), code=("Parameter",))
