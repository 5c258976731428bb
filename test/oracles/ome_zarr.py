"""Whether OME-Zarr 0.5 images are what the specification says.

ome_zarr.py [--schemas FOLDER] IMAGE...   prints a line of JSON for each: path, and what is wrong with it or null

By ome-zarr-models 1.7 (`npm run bench:setup`), which also opens the arrays; and by the published JSON schemas
image.schema and _version.schema of 0.5 (github.com/ome/ngff-spec, tag or commit of 0.5) where FOLDER holds them. Nothing
of either is in this repository.
"""

import json
import pathlib
import sys

import zarr
from ome_zarr_models.v05.image import Image


def validator(folder):
    import jsonschema
    import referencing

    schemas = [json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.schema")]
    registry = referencing.Registry().with_resources([(s["$id"], referencing.Resource.from_contents(s)) for s in schemas])
    image = next(s for s in schemas if s["$id"].endswith("image.schema"))
    return jsonschema.Draft202012Validator(image, registry=registry)


def wrong(path, check):
    try:
        group = zarr.open_group(path, mode="r")
        Image.from_zarr(group)
        if check is not None:
            check.validate(dict(group.attrs))
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return None


def main():
    paths, check = sys.argv[1:], None
    if paths[0] == "--schemas":
        check, paths = validator(paths[1]), paths[2:]
    for path in paths:
        print(json.dumps({"path": path, "wrong": wrong(path, check)}))


main()
