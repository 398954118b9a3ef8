"""The composition root. Importing it prepares the process, before anything imports the libraries concerned."""

from wiring.settings import prepare

prepare()
