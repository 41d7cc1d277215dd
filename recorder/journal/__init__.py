"""The timeline as it is made: sessions and exchanges become events, live or out of another tool's recording.

Rule: knows no transport. Whoever has the bytes says what passed and when; what a capture holds of it is decided here, once.
"""
