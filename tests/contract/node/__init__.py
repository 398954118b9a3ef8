"""Microsoft's JavaScript clients as judges; scripts/contract.sh installs them."""
