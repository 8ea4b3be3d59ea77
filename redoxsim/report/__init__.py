"""Tables, figures, run folders and text. Import the module you need; matplotlib comes only with ``report.figures``."""
