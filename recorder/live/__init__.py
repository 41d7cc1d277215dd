"""The page of `recorder view`: shows a capture in a browser, finished or while it is recorded.

Rule: read-only, except for scenarios and notes, which the recorder writes. The page never slows traffic: it is another
process, and reads the file. Words, pairs and figures come from the modules of the commands. Only `server` imports
tornado, and is itself imported only to serve a page.
"""
