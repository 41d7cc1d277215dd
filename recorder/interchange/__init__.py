"""Files: captures read, transcripts written and read back, other tools' formats.

Rule: a file that is written is whole or not there: what is being made stands aside until it is done.
"""
