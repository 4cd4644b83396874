"""Runs inside the client's own virtual environment: prints what pyimagemonkey sees, as JSON.

python imagemonkey_client.py SERVER FOLDER LABEL...
"""

import json
import sys
from pathlib import Path

from pyimagemonkey import API

server, folder, *wanted = sys.argv[1:]
api = API(api_version=1)
# The only thing that is changed: the library has no argument for the address.
api._base_url = f"{server}/"


def described(entries):
    return [
        {
            "uuid": entry.image.uuid,
            "size": [entry.image.width, entry.image.height],
            "labels": [one.label for one in entry.validations],
            "outlines": len(entry.annotations),
        }
        for entry in entries
    ]


every = api.export(wanted, min_probability=0)
for entry in every:
    api.download_image(entry.image.uuid, folder)
seen = {
    "labels": api.labels(),
    "export": described(api.export(wanted)),
    "every": described(every),
    "files": {path.stem: path.stat().st_size for path in Path(folder).iterdir()},
}
sys.stdout.write(json.dumps(seen))
