"""Rules and views of Microsoft.Resources: resource groups."""
