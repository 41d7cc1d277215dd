"""The shell around mitmproxy: takes frames from it, one capture however they are taken.

Rule: nothing outside this package imports mitmproxy, and what rests on its private parts stands in `takeover`
and `http1` alone.
"""
