"""Rules, defaults and views of Microsoft.Network: what a scale set stands on."""
