"""The Python of docs/PORTFOLIO.md runs as it is printed."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "PORTFOLIO.md"
BLOCKS = re.findall(r"^```python\n(.+?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_page_has_examples():
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block{place}" for place in range(len(BLOCKS))])
def test_an_example_runs(block):
    generator = np.random.default_rng(1)  # noqa: TID251 - seeded examples
    names: dict[str, Any] = {"returns": generator.normal(0, [0.01, 0.02, 0.03], (300, 3))}
    # The last line is what the reader looks at.
    *_, last = block.strip().splitlines()
    exec(block, names)
    answer = eval(last.split("  #")[0], names)
    assert len(answer) in (1, 3)
