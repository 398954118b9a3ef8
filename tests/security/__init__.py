"""Attacks by hand, fuzzing and the supply chain: docs/security.md says what each of them guards."""
