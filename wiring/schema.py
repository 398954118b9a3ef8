"""Writes the JSON Schema of rollouts.yaml, which editors use: `python -m wiring.schema > rollouts.schema.json`.

It is generated from the models, so it says what `wiring.rollouts_file` accepts; a test holds the file to it.
"""

import json
import sys

from domain.rollouts_file import RolloutsFile


def schema() -> str:
    """The schema as it stands in rollouts.schema.json."""
    generated = RolloutsFile.model_json_schema(by_alias=True, mode="validation")
    titled = {"$schema": "https://json-schema.org/draft/2020-12/schema", **generated, "title": "rollouts.yaml"}
    return json.dumps(titled, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
