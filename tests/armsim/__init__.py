"""Promises of the ARM simulator."""
