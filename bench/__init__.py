"""Benchmarks of the whole: `python -m bench`. They measure, they do not test; docs/benchmarks.md says what and how."""
