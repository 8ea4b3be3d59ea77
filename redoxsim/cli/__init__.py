"""The command line: one small file per verb. It words what the library does and adds no science."""
