"""The parser of paths: every spelling that clients use, and what is no resource."""

import pytest

from local.armsim.ids import Route, Routes

TYPES = (
    "Microsoft.Resources/resourceGroups",
    "Microsoft.Resources/deployments",
    "Microsoft.Compute/galleries",
    "Microsoft.Compute/galleries/images",
    "Microsoft.Compute/virtualMachineScaleSets",
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
    "Microsoft.Network/virtualNetworks",
)
ROUTES = Routes({one.lower(): one for one in TYPES})
DEPLOYMENT = Route("resource", "s", "x", "Microsoft.Resources", "Microsoft.Resources/deployments", ("y",))


@pytest.mark.parametrize(
    "path",
    [
        "/subscriptions/s/resourceGroups/x/providers/Microsoft.Resources/deployments/y",
        "/SUBSCRIPTIONS/s/resourcegroups/x/PROVIDERS/microsoft.resources/DEPLOYMENTS/y/",
        "//subscriptions//s/resourceGroups/x//providers/Microsoft.Resources/deployments//y",
        "/subscriptions/s/resourcegroups/x/deployments/y",
        "/subscriptions/s/resourceGroups/x/%70roviders/Microsoft.Resources/deployments/%79",
    ],
)
def test_spellings_of_one_path_mean_one_resource(path: str) -> None:
    assert ROUTES.parse(path) == DEPLOYMENT
    assert ROUTES.parse(path).id == "/subscriptions/s/resourceGroups/x/providers/Microsoft.Resources/deployments/y"


def test_what_follows_a_resource_is_an_action_whatever_its_name() -> None:
    below = "/subscriptions/s/resourceGroups/x"
    route = ROUTES.parse(f"{below}/deployments/y/operations")
    assert (route.scope, route.action, route.names) == ("action", "operations", ("y",))
    assert ROUTES.parse(f"{below}/deployments/y/operations/42").action == "operations/42"
    scale_set = f"{below}/providers/Microsoft.Compute/virtualMachineScaleSets/v"
    route = ROUTES.parse(f"{scale_set}/virtualMachines/%2A/Deallocate")
    assert (route.scope, route.action, route.names) == ("action", "deallocate", ("v", "*"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/subscriptions/s/operationresults/ABC", "ABC"),
        ("/subscriptions/s/providers/Microsoft.Compute/locations/westus/capsOperations/g1", "g1"),
        ("/subscriptions/s/providers/microsoft.compute/LOCATIONS/westus/OPERATIONS/g1", "g1"),
        ("/subscriptions/s/providers/Microsoft.Network/locations/westus/operationResults/g1", "g1"),
        (
            "/subscriptions/s/resourcegroups/x/providers/Microsoft.Resources/deployments/y/operationStatuses/0858",
            "0858",
        ),
    ],
)
def test_the_addresses_of_operations_are_polls(path: str, name: str) -> None:
    assert (ROUTES.parse(path).scope, ROUTES.parse(path).operation) == ("operation", name)


@pytest.mark.parametrize(
    ("path", "type_name"),
    [
        ("/", ""),
        ("/nothing", ""),
        ("/providers/microsoft.compute/operations", "Microsoft.Compute/operations"),
        ("/subscriptions/s/providers/Microsoft.Compute", "Microsoft.Compute"),
        ("/subscriptions/s/providers/Microsoft.Compute/skus", "Microsoft.Compute/skus"),
        ("/subscriptions/s/providers/Microsoft.Compute/locations/westus/usages", "Microsoft.Compute/locations/usages"),
        ("/subscriptions/s/providers/Microsoft.Compute/galleries/g", "Microsoft.Compute/galleries"),
        ("/subscriptions/s/providers/Microsoft.Compute/galleries/g/images", "Microsoft.Compute/galleries/images"),
        ("/subscriptions/s/resourceGroups/x/providers/Microsoft.Other/a/b/c/d", "Microsoft.Other/a/c"),
        ("/subscriptions/s/resourceGroups/x/anything", ""),
    ],
)
def test_what_no_type_is_meant_by_is_unknown_and_names_the_type_it_would_be(path: str, type_name: str) -> None:
    route = ROUTES.parse(path)
    assert (route.scope, route.type_name) == ("unknown", type_name)


def test_lists_stand_below_the_subscription_the_group_and_the_parent() -> None:
    for scope, names in (("", ()), ("/resourceGroups/x", ())):
        route = ROUTES.parse(f"/subscriptions/s{scope}/providers/Microsoft.Compute/galleries")
        assert (route.scope, route.names) == ("collection", names)
    route = ROUTES.parse("/subscriptions/s/resourceGroups/x/providers/Microsoft.Compute/galleries/g/images")
    assert (route.scope, route.names, route.parent.id) == (
        "collection",
        ("g",),
        "/subscriptions/s/resourceGroups/x/providers/Microsoft.Compute/galleries/g",
    )
