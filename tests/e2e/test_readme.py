"""The example of tests/README.md is a test that passes."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
exec(compile(EXAMPLE, README, "exec"))
