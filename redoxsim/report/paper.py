"""How large and how full figures are: on paper the widest fill a page, and their smallest letters can be read."""

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
MOST_FILLED = 3
"""Bands of a panel that are filled; of more of them, none is: bars at some places say how far they reach."""
