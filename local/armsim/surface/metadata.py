"""`/metadata/endpoints`: where a client that knows nothing but the ARM endpoint finds all the others.

Every address is the simulator's own, so that no client of it ever leaves the machine.
"""

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.compute.marketplace import ALIASES
from local.armsim.surface.routes import Ask, bare_list
from local.armsim.tokens import AUDIENCES

_SUFFIXES = {
    "acrLoginServer": "azurecr.io",
    "attestationEndpoint": "attest.azure.net",
    "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
    "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
    "azureFrontDoorEndpointSuffix": "azurefd.net",
    "keyVaultDns": "vault.azure.net",
    "mariadbServerEndpoint": "mariadb.database.azure.com",
    "mhsmDns": "managedhsm.azure.net",
    "mysqlServerEndpoint": "mysql.database.azure.com",
    "postgresqlServerEndpoint": "postgres.database.azure.com",
    "sqlServerHostname": "database.windows.net",
    "storage": "core.windows.net",
    "storageSyncEndpointSuffix": "afs.azure.net",
    "synapseAnalytics": "dev.azuresynapse.net",
}
_ADDRESSES = """
activeDirectoryDataLake appInsightsResourceId appInsightsTelemetryChannelResourceId attestationResourceId batch gallery
graph graphAudience logAnalyticsResourceId media microsoftGraphResourceId ossrDbmsResourceId portal resourceManager
sqlManagement synapseAnalyticsResourceId
"""


def _endpoints(ask: Ask) -> Answer:
    """One object since 2022, a list of clouds before, and the oldest form of Azure Stack."""
    base, version = ask.base, ask.query.get("api-version", "")
    login = {"loginEndpoint": base, "audiences": [f"{one}/" for one in AUDIENCES]}
    if version < "2018":
        names = ("galleryEndpoint", "graphEndpoint", "portalEndpoint", "graphAudience")
        return Answer(200, {**dict.fromkeys(names, base), "authentication": login})
    cloud: Body = {
        "name": "AzureSimulated",
        **dict.fromkeys(_ADDRESSES.split(), base),
        "authentication": {**login, "tenant": ask.world.tenant_id, "identityProvider": "AAD"},
        "suffixes": _SUFFIXES,
        "vmImageAliasDoc": f"{base}/aliases.json",
    }
    return Answer(200, cloud) if version >= "2022" else bare_list([cloud])


def _aliases(ask: Ask) -> Answer:
    """The short names of Marketplace images that `az vmss create --image` knows."""
    return Answer(200, {"outputs": {"aliases": {"type": "object", "value": ALIASES}}})


METADATA = {"GET /metadata/endpoints": _endpoints, "GET /aliases.json": _aliases}
