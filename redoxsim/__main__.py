"""``python -m redoxsim``: the same as ``redoxsim``, where that is not on the path."""

from __future__ import annotations

import sys

from redoxsim.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
