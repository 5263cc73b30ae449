"""mend.py VERSION SOURCE TARGET: writes a published OpenAPI file without its known defects."""

import json
import sys
from pathlib import Path

import yaml

from defects import DEFECTS


def main(version, source, target):
    with open(source, encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    for mend, versions, reason in DEFECTS:
        if version not in versions:
            continue
        print(f"  mended {mend(spec):>3} × {mend.__name__}: {reason}")
    with open(target, "w", encoding="utf-8") as file:
        # Dates become texts again.
        text = json.dumps(spec, default=str)
        # The file leaves its folder, so what it points to needs its whole name.
        folder = Path(source).resolve().parent.parent
        file.write(text.replace('"../json-schema/', f'"{folder}/json-schema/'))


if __name__ == "__main__":
    main(*sys.argv[1:])
