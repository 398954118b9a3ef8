"""Which model of the SDK each answer is, and what recordings show that the models lack. Data of `schema.py`."""

RESOURCES: dict[str, str] = {
    "subscriptions": "subscriptions.Subscription",
    "tenants": "subscriptions.TenantIdDescription",
    "subscriptions/locations": "subscriptions.Location",
    "subscriptions/resourcegroups": "resources.ResourceGroup",
    "subscriptions/providers": "resources.Provider",
    "microsoft.resources/deployments": "deployments.DeploymentExtended",
    "microsoft.resources/deployments/operations": "deployments.DeploymentOperation",
    "microsoft.compute/galleries": "compute.Gallery",
    "microsoft.compute/galleries/images": "compute.GalleryImage",
    "microsoft.compute/galleries/images/versions": "compute.GalleryImageVersion",
    "microsoft.compute/images": "compute.Image",
    "microsoft.compute/disks": "compute.Disk",
    "microsoft.compute/snapshots": "compute.Snapshot",
    "microsoft.compute/virtualmachines": "compute.VirtualMachine",
    "microsoft.compute/virtualmachinescalesets": "compute.VirtualMachineScaleSet",
    "microsoft.compute/virtualmachinescalesets/virtualmachines": "compute.VirtualMachineScaleSetVM",
    "microsoft.compute/virtualmachinescalesets/extensions": "compute.VirtualMachineScaleSetExtension",
    "microsoft.compute/virtualmachinescalesets/rollingupgrades": "compute.RollingUpgradeStatusInfo",
    "microsoft.network/virtualnetworks": "network.VirtualNetwork",
    "microsoft.network/virtualnetworks/subnets": "network.Subnet",
    "microsoft.network/publicipaddresses": "network.PublicIPAddress",
    "microsoft.network/loadbalancers": "network.LoadBalancer",
    "microsoft.network/loadbalancers/frontendipconfigurations": "network.FrontendIPConfiguration",
    "microsoft.network/loadbalancers/backendaddresspools": "network.BackendAddressPool",
    "microsoft.network/loadbalancers/probes": "network.Probe",
    "microsoft.network/loadbalancers/loadbalancingrules": "network.LoadBalancingRule",
    "microsoft.network/loadbalancers/outboundrules": "network.OutboundRule",
    "microsoft.network/loadbalancers/inboundnatrules": "network.InboundNatRule",
    "microsoft.network/loadbalancers/inboundnatpools": "network.InboundNatPool",
    "microsoft.network/networksecuritygroups": "network.NetworkSecurityGroup",
    "microsoft.network/networksecuritygroups/securityrules": "network.SecurityRule",
    "microsoft.network/networksecuritygroups/defaultsecurityrules": "network.SecurityRule",
}
"""Type, in lower case → model."""

LISTS: dict[str, str] = {
    "subscriptions/resources": "resources.GenericResourceExpanded",
    "subscriptions/resourcegroups/resources": "resources.GenericResourceExpanded",
    "microsoft.compute/skus": "compute.ResourceSku",
    "microsoft.compute/locations/usages": "compute.Usage",
    "microsoft.compute/locations/vmsizes": "compute.VirtualMachineSize",
    "microsoft.compute/virtualmachinescalesets/skus": "compute.VirtualMachineScaleSetSku",
    "microsoft.compute/virtualmachinescalesets/osupgradehistory": "compute.UpgradeOperationHistoricalStatusInfo",
    "microsoft.network/locations/usages": "network.Usage",
}
"""Collections that hold no resources."""

ACTIONS: dict[tuple[str, str], str] = {
    ("GET", "microsoft.compute/virtualmachinescalesets/instanceview"): "compute.VirtualMachineScaleSetInstanceView",
    (
        "GET",
        "microsoft.compute/virtualmachinescalesets/virtualmachines/instanceview",
    ): "compute.VirtualMachineScaleSetVMInstanceView",
    ("GET", "microsoft.compute/virtualmachines/instanceview"): "compute.VirtualMachineInstanceView",
    ("GET", "microsoft.network/locations/checkdnsnameavailability"): "network.DnsNameAvailabilityResult",
    ("POST", "microsoft.resources/deployments/validate"): "deployments.DeploymentValidateResult",
    ("POST", "microsoft.resources/deployments/exporttemplate"): "deployments.DeploymentExportResult",
}
"""(method, path as a type) → model."""

RECORDED: dict[tuple[str, str], str] = {}
"""(type, fault) → the recording that shows the same."""
