"""JSON as it is kept in the repository: readable, and the same on every run."""

import json


def json_text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
