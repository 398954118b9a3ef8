"""The template language: expressions, functions, loops, and what of it is refused."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.armsim.deployments import parameters
from local.armsim.deployments.expressions import TemplateError, resolve
from local.armsim.deployments.plan import expand
from local.armsim.deployments.scopes import Place, Scope
from local.armsim.deployments.secrets import PLACEHOLDER, scrubbed

PLACE = Place(
    subscription="sub",
    group="rg",
    now=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    objects={"resourcegroup": {"location": "westus"}},
    versions=lambda name: ("2024-07-01",) if name.lower() == "microsoft.compute/images" else (),
    guid=lambda count: f"guid-{count}",
)
TEMPLATE: dict[str, Any] = {
    "parameters": {
        "base": {"type": "string", "defaultValue": "vmss"},
        "whole": {"type": "string", "defaultValue": "[concat(parameters('base'), '-', resourceGroup().location)]"},
        "circle": {"type": "string", "defaultValue": "[parameters('circle')]"},
        "secret": {"type": "secureString", "defaultValue": "Correct-Horse-9"},
    },
    "variables": {
        "copy": [{"name": "ports", "count": 3, "input": "[add(50000, copyIndex('ports'))]"}],
        "second": "[variables('ports')[1]]",
        "settings": {"Size": {"name": "Standard_D2s_v5"}},
    },
    "functions": [
        {
            "namespace": "own",
            "members": {
                "twice": {
                    "parameters": [{"name": "it", "type": "string"}],
                    "output": {"type": "string", "value": "[concat(parameters('it'), parameters('it'))]"},
                }
            },
        }
    ],
}
BASE = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Network"


def value(expression: Any) -> Any:
    return resolve(expression, Scope(TEMPLATE, {}, PLACE))


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("plain", "plain"),
        ("[[escaped]", "[escaped]"),
        ("[concat('it''s', 1, true())]", "it's1True"),
        ("[concat(createArray(1), createArray(2))]", [1, 2]),
        ("[parameters('WHOLE')]", "vmss-westus"),
        ("[variables('second')]", 50001),
        ("[variables('settings').size.name]", "Standard_D2s_v5"),
        ("[variables('settings')['Size'].name]", "Standard_D2s_v5"),
        ("[own.twice('ab')]", "abab"),
        ("[if(equals(1, 1), 'yes', noSuchFunction())]", "yes"),
        ("[format('{0}-{1:D3}', 'a', 7)]", "a-007"),
        ("[providers('Microsoft.Compute', 'images').apiVersions[0]]", "2024-07-01"),
        ("[resourceId('Microsoft.Network/loadBalancers', 'lb')]", f"{BASE}/loadBalancers/lb"),
        ("[resourceId('Microsoft.Network/virtualNetworks/subnets', 'n', 's')]", f"{BASE}/virtualNetworks/n/subnets/s"),
        (
            "[resourceId('two', 'Microsoft.Compute/images', 'i')]",
            "/subscriptions/sub/resourceGroups/two/providers/Microsoft.Compute/images/i",
        ),
        (
            "[resourceId('other', 'two', 'Microsoft.Compute/images', 'i')]",
            "/subscriptions/other/resourceGroups/two/providers/Microsoft.Compute/images/i",
        ),
        (
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]",
            "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/r",
        ),
        ("[map(range(0, 3), lambda('i', mul(lambdaVariables('i'), 2)))]", [0, 2, 4]),
        (
            "[union(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2)))]",
            {"a": {"b": 1, "c": 2}},
        ),
        ("[cidrSubnet('10.0.0.0/16', 24, 3)]", "10.0.3.0/24"),
        ("[split('a,b;c', createArray(',', ';'))]", ["a", "b", "c"]),
        ("[div(-7, 2)]", -3),
        ("[coalesce(null(), tryGet(createObject('a', 1), 'b'), 'c')]", "c"),
        ("[utcNow('yyyy-MM-dd')]", "2026-11-24"),
        (
            {"copy": [{"name": "rules", "count": 2, "input": {"n": "[copyIndex('rules', 1)]"}}]},
            {"rules": [{"n": 1}, {"n": 2}]},
        ),
        # What Microsoft's own template engine gives for the same.
        ("[uniqueString('a')]", "eveiun73364hy"),
        ("[uniqueString('/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg')]", "tnw7cxvo5yecw"),
        ("[guid('a', 'b')]", "2d796349-8c7e-55ec-9624-54ece82ed031"),
        ("[mod(-7, 3)]", -1),
        ("[string(createObject('a', createArray(true(), null())))]", '{"a":[true,null]}'),
        ("[string(intersection(createArray(1, 2, 3), createArray(2, 3, 4)))]", "[2,3]"),
        ("[indexOf('abc', 'C')]", 2),
        ("[uriComponent('a b/c')]", "a%20b%2Fc"),
        ("[cidrHost('10.0.0.0/24', 4)]", "10.0.0.5"),
        ("[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]", [1, 2, 3]),
        ({"[concat('tag', '1')]": "[toUpper('v')]"}, {"tag1": "V"}),
    ],
)
def test_an_expression_has_the_value_that_azure_gives_it(expression: Any, wanted: Any) -> None:
    assert value(expression) == wanted


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("[noSuchFunction(1)]", "'nosuchfunction' is not valid"),
        ("[concat('a']", "expected token ',' and actual 'EndOfData'"),
        ("[concat('a'))]", "expected token 'EndOfData' and actual ')'"),
        ("[parameters('lost')]", "The template parameter 'lost' is not found"),
        ("[variables('lost')]", "The template variable 'lost' is not found"),
        ("[parameters('circle')]", "Circular reference"),
        ("[variables('ports')[3]]", "array index '3' is out of bounds"),
        ("[variables('settings').colour]", "property 'colour' doesn't exist, available properties are 'Size'"),
        ("[add('1', 2)]", "'add'"),
        ("[equals(1)]", "wrong number of arguments"),
        ("[resourceId('Microsoft.Network/virtualNetworks', 'a', 'b')]", "requires '1' resource name"),
        ("[copyIndex()]", "'copyIndex' is not expected"),
        ("[range(0, 1000000000)]", "'range'"),
        (f"[{'not(' * 90}true(){')' * 90}]", "nested too deeply"),
        ({"copy": [{"name": "x", "count": 100000, "input": 1}]}, "copy count '100000'"),
    ],
)
def test_a_wrong_expression_is_refused_with_the_reason(expression: Any, why: str) -> None:
    with pytest.raises(TemplateError) as refused:
        value(expression)
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ({"functions": [5, None]}, "'own.twice' is not valid"),
        ({"functions": [{"namespace": "own", "members": {"twice": {"parameters": [5]}}}]}, "expects 0 argument"),
        ({"variables": {"copy": [5]}}, "The template variable 'lost' is not found"),
    ],
)
def test_sections_that_hold_anything_are_refused_with_the_reason(sections: dict[str, Any], why: str) -> None:
    with pytest.raises(TemplateError) as refused:
        resolve("[own.twice(variables('lost'))]", Scope({"variables": {"lost": 1}, **sections}, {}, PLACE))
    assert why in refused.value.message


@pytest.mark.parametrize("output", [5, None, "text", [], {}])
def test_a_function_whose_output_is_nothing_gives_null(output: Any) -> None:
    body = {"functions": [{"namespace": "own", "members": {"odd": {"output": output}}}]}
    assert resolve("[own.odd()]", Scope(body, {}, PLACE)) is None


@pytest.mark.parametrize(
    ("output", "why"), [("[own.odd()]", "Circular reference"), ("[reference('ip')]", "'reference' is not expected")]
)
def test_a_function_neither_calls_itself_nor_asks_for_resources(output: str, why: str) -> None:
    body = {"functions": [{"namespace": "own", "members": {"odd": {"output": {"value": output}}}}]}
    with pytest.raises(TemplateError, match=why):
        resolve("[own.odd()]", Scope(body, {}, PLACE))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abc('),.[]0 -\\concatparameters", max_size=40))
def test_no_text_between_brackets_does_worse_than_being_refused(text: str) -> None:
    with suppress(TemplateError):
        value(f"[{text}]")


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    """Public addresses by name, each with what is given."""
    address = {"type": "Microsoft.Network/publicIPAddresses", "apiVersion": "2024-05-01", "location": "West US"}
    return {"resources": [{"name": name, **address, **more} for name, more in resources.items()]}


def planned(body: dict[str, Any]) -> dict[str, list[str]]:
    """Names of resources, each with the names that it waits for."""
    return {one.name: [need.name for need in one.needs] for one in expand(body, Scope(body, {}, PLACE)) if one.made}


def test_resources_wait_for_what_they_name_by_id_type_name_or_loop() -> None:
    body = template(
        a={},
        b={"dependsOn": ["a"]},
        c={"dependsOn": ["[resourceId('Microsoft.Network/publicIPAddresses', 'a')]"]},
        d={
            "dependsOn": [
                "Microsoft.Network/publicIpAddresses/A",
                "[concat('Microsoft.Network/publicIPAddresses/', 'b')]",
            ]
        },
        e={"name": "[concat('e', copyIndex())]", "copy": {"name": "several", "count": 2}},
        f={"dependsOn": ["several"]},
        g={"tags": {"address": "[reference('f').ipAddress]"}},
    )
    assert planned(body) == {
        "a": [], "b": ["a"], "c": ["a"], "d": ["a", "b"], "e0": [], "e1": [], "f": ["e0", "e1"], "g": ["f"],
    }  # fmt: skip


def test_a_serial_loop_makes_one_batch_after_the_other() -> None:
    loop = {"name": "several", "count": 4, "mode": "serial", "batchSize": 2}
    body = template(e={"name": "[format('e{0}', copyIndex())]", "copy": loop})
    assert planned(body) == {"e0": [], "e1": [], "e2": ["e0", "e1"], "e3": ["e0", "e1"]}


def test_children_lie_below_their_parents_and_conditions_leave_resources_out() -> None:
    subnet = {"type": "subnets", "name": "s", "apiVersion": "2024-05-01", "properties": {}}
    body = template(
        a={"condition": "[equals(1, 2)]"}, n={"type": "Microsoft.Network/virtualNetworks", "resources": [subnet]}
    )
    found = [one for one in expand(body, Scope(body, {}, PLACE)) if one.made]
    assert [(one.type_name, one.id) for one in found] == [
        ("Microsoft.Network/virtualNetworks", f"{BASE}/virtualNetworks/n"),
        ("Microsoft.Network/virtualNetworks/subnets", f"{BASE}/virtualNetworks/n/subnets/s"),
    ]
    assert found[0].location == "westus"


@pytest.mark.parametrize(
    ("resources", "why"),
    [
        ({"a": {"dependsOn": ["lost"]}}, "'lost' is not defined in the template"),
        ({"a": {"dependsOn": ["b"]}, "b": {"dependsOn": ["a"]}}, "Circular dependency detected on resource"),
        ({"a": {"dependsOn": ["a"]}}, "Circular dependency detected on resource"),
        ({"a": {"copy": {"name": "l", "count": 1}, "dependsOn": ["l"]}}, "Circular dependency detected on resource"),
        ({"a": {"copy": 5}}, "the property 'copy' must be an object"),
        ({"a": {}, "b": {"name": "A"}}, "defined multiple times"),
        ({"a": {"name": "x/y"}}, "incorrect segment lengths"),
        ({"a": {"apiVersion": None}}, "'apiVersion' is missing"),
        ({"a": {"name": "[concat('a']"}}, "for resource"),
        ({"a": {"name": "[reference('b').name]"}}, "'reference' is not expected"),
        ({"a": {"scope": "/x"}}, "'scope'"),
    ],
)
def test_a_wrong_resource_is_refused_by_its_name(resources: dict[str, Any], why: str) -> None:
    with pytest.raises(TemplateError) as refused:
        planned(template(**resources))
    assert why in refused.value.message


def test_a_wrong_property_names_resource_and_expression() -> None:
    body = template(address={"properties": {"idle": "[parameters('lost')]"}})
    with pytest.raises(TemplateError) as refused:
        expand(body, Scope(body, {}, PLACE))[0].body()
    assert "resource 'address'" in refused.value.message
    assert "[parameters('lost')]" in refused.value.message


@pytest.mark.parametrize(
    ("declared", "sent", "why"),
    [
        ({"p": {"type": "string"}}, {}, "'p' is not provided"),
        ({}, {"q": {"value": 1}}, "'q' in the parameters file are not valid"),
        ({"p": {"type": "int"}}, {"p": {"value": "7"}}, "Expected 'Int'. Actual 'String'"),
        ({"p": {"type": "int"}}, {"p": {"value": True}}, "Actual 'Boolean'"),
        ({"p": {"type": "string", "allowedValues": ["a", "b"]}}, {"p": {"value": "c"}}, "allowed value(s): 'a,b'"),
        ({"p": {"type": "int", "maxValue": 3}}, {"p": {"value": 4}}, "Value '4'"),
        ({"p": {"type": "string", "minLength": 3}}, {"p": {"value": "ab"}}, "Length '2'"),
        ({"p": {"type": "secureString", "allowedValues": ["a"]}}, {"p": {"value": "Mine-1234567"}}, PLACEHOLDER),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(declared: Any, sent: Any, why: str) -> None:
    body = {"parameters": declared}
    with pytest.raises(TemplateError) as refused:
        parameters.check(body, Scope(body, parameters.given(body, sent), PLACE, withholds=False))
    assert why in refused.value.message
    assert "Mine-1234567" not in refused.value.message


def test_no_secret_is_kept_or_shown() -> None:
    body = {
        "parameters": {
            "secret": {"type": "securestring"},
            "adminPassword": {"type": "string"},
            "keys": {"type": "secureObject"},
            "size": {"type": "int", "defaultValue": 2},
        },
        "resources": [{"properties": {"adminPassword": "In-The-Open-1", "customData": "[parameters('secret')]"}}],
    }
    sent = {name: {"value": "Hidden-12345"} for name in ("secret", "adminPassword")} | {
        "keys": {"value": {"a": "Hidden-12345"}}
    }
    values = parameters.given(body, sent)
    scope = Scope(body, values, PLACE, withholds=False)
    shown, kept = parameters.shown(body, scope), parameters.kept(body, values)
    assert shown["secret"] == {"type": "SecureString"}
    assert shown["keys"] == {"type": "SecureObject"}
    assert shown["size"] == {"type": "Int", "value": 2}
    assert "Hidden-12345" not in str((shown, kept))
    assert scrubbed(body)["resources"][0]["properties"] == {
        "adminPassword": PLACEHOLDER, "customData": "[parameters('secret')]",
    }  # fmt: skip
    assert "In-The-Open-1" not in str(scrubbed(body))
