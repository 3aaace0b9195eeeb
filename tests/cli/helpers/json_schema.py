#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""json_schema.py SCHEMA IMAGE...: every row of verify-stream-v2 --json for each image fits the schema.
json_schema.py SCHEMA --file FILE: what is in the file fits.

Knows the part of JSON Schema that specs/json-schema.json uses; a keyword that it does not know is an error, so that
nothing in the schema goes unchecked.
"""

import json
import re
import subprocess
import sys
from typing import Dict, List, Union

Json = Union[None, bool, int, str, List["Json"], Dict[str, "Json"]]

TYPES = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict,
         "null": type(None)}
NOTES = {"$schema", "title", "description", "$defs"}
KNOWN = NOTES | {"$ref", "type", "enum", "pattern", "minimum", "oneOf", "items", "required", "properties",
                 "additionalProperties"}


class Schema:
    def __init__(self, root: Dict[str, Json]) -> None:
        self.root = root

    def faults(self, value: Json, schema: Json, place: str) -> List[str]:
        """What does not fit, in words; nothing if all does."""
        if isinstance(schema, bool):
            return [] if schema else [place + ": not allowed"]
        unknown = set(schema) - KNOWN
        if unknown:
            raise ValueError(f"keywords that nobody checks: {sorted(unknown)}")
        if "$ref" in schema:
            return self.faults(value, self.root["$defs"][schema["$ref"].split("/")[-1]], place)
        found = self.simple(value, schema, place)
        if not found and isinstance(value, dict):
            found = self.members(value, schema, place)
        if not found and isinstance(value, list):
            for number, item in enumerate(value):
                found += self.faults(item, schema.get("items", True), f"{place}[{number}]")
        return found

    def simple(self, value: Json, schema: Dict[str, Json], place: str) -> List[str]:
        kind = schema.get("type")
        if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
            return [f"{place}: {value!r} is no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{place}: {value!r} is none of {schema['enum']}"]
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{place}: {value!r} does not match {schema['pattern']}"]
        if "minimum" in schema and value < schema["minimum"]:
            return [f"{place}: {value!r} is too small"]
        if "oneOf" in schema:
            each = [self.faults(value, choice, place) for choice in schema["oneOf"]]
            if sum(not faults for faults in each) != 1:
                return [f"{place}: fits {sum(not faults for faults in each)} of {len(each)} choices"] + min(each, key=len)
        return []

    def members(self, value: Dict[str, Json], schema: Dict[str, Json], place: str) -> List[str]:
        found = [f"{place}: no {name}" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            rule = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
            found += self.faults(member, rule, f"{place}.{name}")
        return found


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as text:
        root = json.load(text)
    schema = Schema(root)
    if sys.argv[2] == "--file":
        with open(sys.argv[3], encoding="utf-8") as text:
            print("".join(fault + "\n" for fault in schema.faults(json.load(text), root, "file")), end="")
        return 0
    rows = 0
    done = subprocess.run(["verify-stream-v2", "--json", "--depth=pages", *sys.argv[2:]],
                          stdout=subprocess.PIPE, text=True, check=False)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        rows += 1
        for fault in schema.faults(row, root, row.get("input", "?")):
            print(fault)
    if not rows:
        print("no rows")
    return 0


sys.exit(main())
