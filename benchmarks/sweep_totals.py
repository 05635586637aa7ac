"""Adds up what a sweep's table says: ``python benchmarks/sweep_totals.py results.parquet`` prints one line of JSON."""

import json
import sys
from decimal import Decimal

import pyarrow.parquet

table = pyarrow.parquet.read_table(sys.argv[1], columns=["fills", "final_equity"]).to_pydict()
equity = sum((Decimal(text) for text in table["final_equity"]), Decimal(0))
print(json.dumps({"fills": sum(table["fills"]), "equity": format(equity, "f")}))
