"""How large figures are: on paper the widest fill the text of a page, and their smallest letters can still be read."""

WIDEST = 8.8
"""Inches of the widest figures."""
HALF = WIDEST / 2
"""Inches of figures of which two stand side by side."""
TEXT = 18 / 2.54
"""Inches between the margins of a page of A4, to which the widest figures shrink."""
READABLE = 6.0
"""Points of the smallest letters there."""
DOTS = 150.0
"""Dots per inch of a png."""
