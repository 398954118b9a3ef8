// From a managed image over a gallery to a scale set and its next version, with Microsoft's clients as they come.
//
// Reads what the simulator printed when it was ready from ARMSIM, and what test_node.py made from GROUP, DISK and
// SUBNET. Prints one JSON object of what it saw, for the test to judge; fails where a client does.
import { ComputeManagementClient } from "@azure/arm-compute";
import { DefaultAzureCredential } from "@azure/identity";

const { armEndpoint, subscriptionId } = JSON.parse(process.env.ARMSIM);
const { GROUP: group, DISK: disk, SUBNET: subnet } = process.env;
const [home, away] = ["westcentralus", "southcentralus"];
const often = { updateIntervalInMs: 300 }; // where the server does not say when to come back

const compute = new ComputeManagementClient(new DefaultAzureCredential(), subscriptionId, { endpoint: armEndpoint });
const seen = {};

const all = async (pages) => {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
};

const publish = async (name) => {
  const osDisk = { osType: "Linux", osState: "Generalized", managedDisk: { id: disk } };
  const image = await compute.images.createOrUpdate(
    group, `image-${name}`, { location: home, storageProfile: { osDisk }, hyperVGeneration: "V1" }, often,
  );
  return compute.galleryImageVersions.createOrUpdate(group, "nodegallery", "d", name, {
    location: home,
    publishingProfile: { targetRegions: [{ name: home }, { name: away }] },
    storageProfile: { source: { id: image.id } },
    safetyProfile: { blockDeletionBeforeEndOfLife: false },
  }, often);
};

// the gallery, with the poller as it comes
const gallery = await compute.galleries.createOrUpdate(group, "nodegallery", { location: home, description: "node" });
seen.gallery = [gallery.provisioningState, gallery.identifier.uniqueName];

await compute.galleryImages.createOrUpdate(group, "nodegallery", "d", {
  location: home,
  osType: "Linux",
  osState: "Generalized",
  hyperVGeneration: "V1",
  identifier: { publisher: "publisher", offer: "offer", sku: "sku" },
  features: [{ name: "SecurityType", value: "Standard" }],
}, often);
const first = await publish("1.0.0");
const shown = await compute.galleryImageVersions.get(
  group, "nodegallery", "d", "1.0.0", { expand: "ReplicationStatus" },
);
seen.replication = shown.replicationStatus.aggregatedState;

const ipConfiguration = { name: "ip", subnet: { id: subnet } };
const made = await compute.virtualMachineScaleSets.createOrUpdate(group, "vmss", {
  location: away,
  sku: { name: "Standard_D2s_v5", capacity: 2 },
  orchestrationMode: "Uniform",
  upgradePolicy: { mode: "Manual" },
  virtualMachineProfile: {
    osProfile: { computerNamePrefix: "vmss", adminUsername: "azureuser", adminPassword: "Correct-Horse-9" },
    storageProfile: { imageReference: { id: first.id } },
    networkProfile: {
      networkInterfaceConfigurations: [{ name: "nic", primary: true, ipConfigurations: [ipConfiguration] }],
    },
  },
}, often);
seen.scaleSet = [made.provisioningState, made.sku.capacity, made.virtualMachineProfile.osProfile.adminPassword ?? null];

const second = await publish("1.0.1");
await compute.virtualMachineScaleSets.update(group, "vmss", {
  virtualMachineProfile: { storageProfile: { imageReference: { id: second.id } } },
}, often);
const before = await all(compute.virtualMachineScaleSetVMs.list(group, "vmss"));
await compute.virtualMachineScaleSets.updateInstances(group, "vmss", { instanceIds: ["0", "1"] }, often);
const after = await all(compute.virtualMachineScaleSetVMs.list(group, "vmss"));
seen.latest = [before, after].map((instances) => instances.map((one) => one.latestModelApplied));

try {
  await compute.galleries.delete(group, "nodegallery", often);
} catch (error) {
  seen.refused = [error.statusCode, error.code];
}
await compute.virtualMachineScaleSets.delete(group, "vmss", often);
for (const name of ["1.0.0", "1.0.1"]) {
  await compute.galleryImageVersions.delete(group, "nodegallery", "d", name, often);
}
seen.left = (await all(compute.galleryImageVersions.listByGalleryImage(group, "nodegallery", "d"))).length;
console.log(JSON.stringify(seen));
