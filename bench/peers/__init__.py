"""Other ways to do the same work, on the same simulator, so that a reader sees what the pipeline is worth."""
