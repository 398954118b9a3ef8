"""Property tests give the same verdict on every machine and every run: no random seed, no time limit an example."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
