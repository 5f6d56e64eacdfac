"""Fails if the generator left out an operation or a schema, which it does with a warning and exit code 0."""

import json
import re
import sys
from pathlib import Path

document = json.loads(Path(sys.argv[1]).read_text())
client = Path(sys.argv[2])
said = Path(sys.argv[3]).read_text()

operations = {
    operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
}
made = {it.stem for it in client.glob("api/*/*.py")} - {"__init__"}
exported = set(re.findall(r'"(\w+)",', (client / "models" / "__init__.py").read_text()))


def key(name):
    return name.replace("_", "").lower()


schemas = {name for name in document["components"]["schemas"]}
lost = sorted(operations - made) + sorted(
    name for name in schemas if key(name) not in {key(it) for it in exported}
)
assert len(operations) > 50 and len(schemas) > 80, "the document is not ours"
assert not lost, f"lost: {lost}\n{said}"
assert "arning" not in said, said
print(f"openapi-python-client: {len(operations)} operations, {len(schemas)} schemas")
