"""Azure's regions: short name, display name, and which of them have no zone-redundant storage.

Bodies show `location` in the short form and a version's target regions in the long one; requests may use
either. Used by the rules of every namespace.
"""

_DISPLAY = (
    "East US,East US 2,South Central US,West US 2,West US 3,Australia East,Southeast Asia,North Europe,"
    "Sweden Central,UK South,West Europe,Central US,South Africa North,Central India,East Asia,Japan East,"
    "Korea Central,Canada Central,France Central,Germany West Central,Italy North,Norway East,Poland Central,"
    "Spain Central,Switzerland North,Mexico Central,UAE North,Brazil South,Israel Central,Qatar Central,"
    "North Central US,West US,Japan West,Jio India West,Central US EUAP,East US 2 EUAP,West Central US,"
    "South Africa West,Australia Central,Australia Central 2,Australia Southeast,Jio India Central,"
    "Korea South,South India,West India,Canada East,France South,Germany North,Norway West,Sweden South,"
    "Switzerland West,UK West,UAE Central,Brazil Southeast,New Zealand North,Malaysia West,"
    "Indonesia Central,Austria East,Chile Central,Belgium Central"
)

DISPLAY_NAMES: dict[str, str] = {
    name.replace(" ", "").lower(): name for name in (part.strip() for part in _DISPLAY.split(","))
}

_WITHOUT_ZONES = (
    "North Central US,West US,West Central US,Japan West,Australia Central,Australia Central 2,Australia Southeast,"
    "Korea South,South India,West India,Canada East,France South,Germany North,Norway West,Switzerland West,UK West,"
    "UAE Central,Brazil Southeast,South Africa West,Jio India Central,Jio India West,Sweden South"
)
WITHOUT_ZONES = frozenset(name.replace(" ", "").lower() for name in _WITHOUT_ZONES.split(","))


def short(name: str) -> str:
    """`West US 2` → `westus2`; a name that is no region's only loses its spaces and capitals."""
    return name.replace(" ", "").lower()


def display(name: str) -> str:
    """`westus2` → `West US 2`; a name that is no region's comes back as it is."""
    return DISPLAY_NAMES.get(short(name), name)


def exists(name: str) -> bool:
    """Whether Azure has this region, in either spelling."""
    return short(name) in DISPLAY_NAMES
