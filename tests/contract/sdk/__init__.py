"""Microsoft's Python clients as judges: the same tests in process and served, synchronous and asynchronous."""
