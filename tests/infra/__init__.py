"""Promises of the templates, roles and package: checks that take a root folder, and the tests that run them."""
