"""Template deployments of `Microsoft.Resources`: the template language, the plan of a template, and the engine."""
