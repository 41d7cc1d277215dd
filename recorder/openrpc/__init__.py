"""OpenRPC: a description of what traffic shows, and traffic held against a description.

Rule: which call an answer belongs to is decided in `timeline`, and whether a value fits its schema by `jsonschema`.
Source: https://spec.open-rpc.org.
"""
