"""Which model of the SDK each answer is, and what recordings show that the models lack. Data of `schema.py`."""

_INSTANCES = "microsoft.compute/virtualmachinescalesets/virtualmachines"

RESOURCES: dict[str, str] = {
    "subscriptions": "subscriptions.Subscription",
    "tenants": "subscriptions.TenantIdDescription",
    "subscriptions/locations": "subscriptions.Location",
    "subscriptions/resourcegroups": "resources.ResourceGroup",
    "subscriptions/providers": "resources.Provider",
    "microsoft.resources/deployments": "deployments.DeploymentExtended",
    "microsoft.resources/deployments/operations": "deployments.DeploymentOperation",
    "subscriptions/resourcegroups/deployments": "deployments.DeploymentExtended",
    "subscriptions/resourcegroups/deployments/operations": "deployments.DeploymentOperation",
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
    "microsoft.compute/virtualmachinescalesets/networkinterfaces": "network.NetworkInterface",
    "microsoft.compute/virtualmachinescalesets/publicipaddresses": "network.PublicIPAddress",
    f"{_INSTANCES}/networkinterfaces": "network.NetworkInterface",
    f"{_INSTANCES}/networkinterfaces/ipconfigurations": "network.NetworkInterfaceIPConfiguration",
    f"{_INSTANCES}/networkinterfaces/ipconfigurations/publicipaddresses": "network.PublicIPAddress",
    f"{_INSTANCES}/extensions": "compute.VirtualMachineScaleSetVMExtension",
    "microsoft.compute/virtualmachines/extensions": "compute.VirtualMachineExtension",
    "microsoft.compute/locations/sharedgalleries": "compute.SharedGallery",
    "microsoft.compute/virtualmachinescalesets/rollingupgrades": "compute.RollingUpgradeStatusInfo",
    "microsoft.network/networkinterfaces": "network.NetworkInterface",
    "microsoft.network/networkinterfaces/ipconfigurations": "network.NetworkInterfaceIPConfiguration",
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
    "microsoft.compute/galleries/softdeletedartifacttypes/artifacts/versions": "compute.GallerySoftDeletedResource",
    "microsoft.compute/locations/usages": "compute.Usage",
    "microsoft.compute/locations/vmsizes": "compute.VirtualMachineSize",
    "microsoft.compute/locations/virtualmachines": "compute.VirtualMachine",
    "microsoft.compute/locations/virtualmachinescalesets": "compute.VirtualMachineScaleSet",
    "microsoft.compute/virtualmachinescalesets/skus": "compute.VirtualMachineScaleSetSku",
    "microsoft.compute/virtualmachinescalesets/osupgradehistory": "compute.UpgradeOperationHistoricalStatusInfo",
    "microsoft.network/locations/usages": "network.Usage",
    "microsoft.network/locations/availabledelegations": "network.AvailableDelegation",
    "subscriptions/tagnames": "resources.TagDetails",
}
"""Collections that hold no resources."""

_ARTIFACTS = "microsoft.compute/locations/publishers/artifacttypes"

ARRAYS: dict[str, str] = {
    "microsoft.compute/locations/publishers": "compute.VirtualMachineImageResource",
    f"{_ARTIFACTS}/offers": "compute.VirtualMachineImageResource",
    f"{_ARTIFACTS}/offers/skus": "compute.VirtualMachineImageResource",
    f"{_ARTIFACTS}/offers/skus/versions": "compute.VirtualMachineImageResource",
}
"""Collections that are answered as a bare array."""

ACTIONS: dict[tuple[str, str], str] = {
    ("GET", "microsoft.compute/virtualmachinescalesets/instanceview"): "compute.VirtualMachineScaleSetInstanceView",
    (
        "GET",
        "microsoft.compute/virtualmachinescalesets/virtualmachines/instanceview",
    ): "compute.VirtualMachineScaleSetVMInstanceView",
    ("GET", "microsoft.compute/virtualmachines/instanceview"): "compute.VirtualMachineInstanceView",
    ("GET", "microsoft.network/locations/checkdnsnameavailability"): "network.DnsNameAvailabilityResult",
    ("POST", "microsoft.compute/register"): "resources.Provider",
    ("POST", "microsoft.network/register"): "resources.Provider",
    ("POST", "microsoft.resources/deployments/validate"): "deployments.DeploymentValidateResult",
    ("POST", "subscriptions/resourcegroups/exporttemplate"): "resources.ResourceGroupExportResult",
    ("POST", "microsoft.resources/deployments/exporttemplate"): "deployments.DeploymentExportResult",
}
"""(method, path as a type) → model."""

OPEN = frozenset({"VirtualMachineSizeTypes"})
"""Enumerations that the SDK calls incomplete, and that nobody keeps up to date."""

_LB = "microsoft.network/loadbalancers"
_SET = "aso__Test_Compute_VMSS_20220301_CRUD"
_NAT = "aso__Test_Networking_LoadBalancer_20240301_CRUD"
_OPTIONS = "azure-cli__test_vmss_create_options"
_BALANCER = "azure-cli__test_network_lb"
_NEW_VMSS = "powershell__TestSimpleNewVmss"
_GALLERIES = "python-sdk__test_mgmt_compute_galleries.pyTestMgmtComputetest_compute_galleries"

RECORDED: dict[str, str] = {
    f"{_LB} properties.inboundNatPools[].properties.allowBackendPortConflict": _SET,
    f"{_LB} properties.inboundNatPools[].properties.enableDestinationServiceEndpoint": _SET,
    f"{_LB} properties.inboundNatRules[].properties.allowBackendPortConflict": _OPTIONS,
    f"{_LB} properties.inboundNatRules[].properties.enableDestinationServiceEndpoint": _OPTIONS,
    f"{_LB} properties.loadBalancingRules[].properties.allowBackendPortConflict": _BALANCER,
    f"{_LB} properties.loadBalancingRules[].properties.enableDestinationServiceEndpoint": _BALANCER,
    f"{_LB}/loadbalancingrules properties.allowBackendPortConflict": _BALANCER,
    f"{_LB}/loadbalancingrules properties.enableDestinationServiceEndpoint": _BALANCER,
    f"{_LB}/inboundnatrules properties.allowBackendPortConflict": _NAT,
    f"{_LB}/inboundnatrules properties.enableDestinationServiceEndpoint": _NAT,
    "microsoft.compute/disks properties.isArmResource": _GALLERIES,
    "microsoft.compute/snapshots properties.isArmResource": _GALLERIES,
    "subscriptions/providers authorizations": "azure-cli__test_vm_custom_image",
    "microsoft.compute/register authorizations": "azure-cli__test_vm_custom_image",
    f"{_ARTIFACTS}/offers/skus/versions properties.osDiskImage.sizeInBytes": "azure-cli__test_gallery_e2e",
    f"{_ARTIFACTS}/offers/skus/versions properties.osDiskImage.sizeInGb": "azure-cli__test_vmss_create_and_modify",
    f"{_ARTIFACTS}/offers/skus/versions properties.replicaCount": "azure-cli__test_vmss_create_and_modify",
    f"{_ARTIFACTS}/offers/skus/versions properties.replicaType": "azure-cli__test_gallery_e2e",
    "microsoft.compute/virtualmachinescalesets properties.upgradePolicy.automaticOSUpgrade": _NEW_VMSS,
    "microsoft.network/networkinterfaces kind": "azure-cli__test_gallery_e2e",
    "microsoft.network/networkinterfaces properties.allowPort25Out": "azure-cli__test_gallery_e2e",
    **{
        f"{_LB} properties.backendAddressPools[].properties.loadBalancerBackendAddresses[].{key}": _BALANCER
        for key in ("id", "etag", "type", "properties.provisioningState")
    },
}
"""Type and key that the models lack → the recording that shows it. Only what the simulator shows too."""

PUBLIC = frozenset(
    {"microsoft.compute/galleries/images/versions properties.validationsProfile.validationOperationStatus"}
)
"""The same, seen in azure-cli's public recordings of 2026 (test_image_update_add_set), which are not at hand."""
