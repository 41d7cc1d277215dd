"""The shell around mitmproxy: reads frames from it, by a relay or by hooks, into one capture.

Rule: nothing outside this package imports mitmproxy, and only `takeover`, `bypass` and `http1` use its private parts.
"""
