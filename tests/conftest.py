"""What holds for every test."""

import os

from hypothesis import settings

settings.register_profile("recorder", deadline=None)  # a machine that is busy is no failure
settings.load_profile("recorder")

os.environ["PYTHONUNBUFFERED"] = "1"  # what a child says is read when it says it
