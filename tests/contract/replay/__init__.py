"""Replays recorded ARM traffic on the simulator and compares the answers: `python -m tests.contract.replay`."""
