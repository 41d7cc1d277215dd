"""A page for traffic: a capture, or one that is being written, as a browser shows it.

Rule: read-only but for marks, which the recorder itself writes; never in the way of traffic, for it is another process
and the file is the queue. Words, pairs and figures are those of the commands; here is which of them a page asks for.
tornado has its door in `server` alone, which is imported where a page is served.
"""
