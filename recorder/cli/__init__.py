"""The commands: parse, make settings, one call, print, exit code.

Rule: a command holds no logic; what it does can be done from Python with one call. Exit codes: 0 fine, 1 what was
checked is not so (or a capture could not be written), 2 a usage or setup error, reported in one line.
"""
