"""Region names: Azure writes `West Central US` and `westcentralus` for one region."""


def normalized(name: str) -> str:
    """`West Central US` → `westcentralus`, the form that ids and `location` use."""
    return "".join(name.split()).lower()


def same(left: str, right: str) -> bool:
    """Whether two names mean one region."""
    return normalized(left) == normalized(right)
