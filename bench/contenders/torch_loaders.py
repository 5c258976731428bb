"""torch_loaders.py TOOL WHAT PLACES EPOCHS: samples of images, as batches of four float32 tensors.

TOOL is pytorch (its DataLoader over zarr-python), monai, torchio or radiobject; each with its own readers and, where the tool
has workers, two of them. WHAT is patch, slice or volume; PLACES a JSON file with the samples that isovox's loader drew:
`path` (the Zarr array), `image` (the NIfTI file), `subject`, `start` (x, y, z), `size`, `slope`, `intercept`. The tools that
can be told where to cut are (pytorch, radiobject) or whose dataset is a list (monai, torchio) read just these.
"""

import importlib.metadata
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

BATCH = 4


def corners(place):
    return [(s, s + n) for s, n in zip(place["start"], place["size"])]


class OverZarr(Dataset):
    """What a PyTorch user writes: an array per volume, a slice of it per sample."""

    def __init__(self, places):
        self.places, self.arrays = places, {}

    def __len__(self):
        return len(self.places)

    def __getitem__(self, n):
        import zarr

        place = self.places[n]
        if place["path"] not in self.arrays:
            self.arrays[place["path"]] = zarr.open_array(place["path"], mode="r")
        x, y, z = (slice(*ends) for ends in corners(place))
        patch = self.arrays[place["path"]][z, y, x].astype(np.float32)
        if (place["slope"], place["intercept"]) != (1, 0):
            patch = patch * np.float32(place["slope"]) + np.float32(place["intercept"])
        return torch.from_numpy(patch[None])


def monai_dataset(places):
    from monai.data import Dataset as Monai
    from monai.transforms import Compose, EnsureChannelFirstd, LoadImaged, SpatialCropd

    class Cut:
        def __init__(self):
            self.load = Compose([LoadImaged(keys="image"), EnsureChannelFirstd(keys="image")])

        def __call__(self, item):
            image = self.load({"image": item["image"]})
            begin, size = np.array(item["start"]), np.array(item["size"])
            return torch.as_tensor(SpatialCropd(keys="image", roi_start=begin, roi_end=begin + size)(image)["image"])

    return Monai(data=[{k: p[k] for k in ("image", "start", "size")} for p in places], transform=Cut())


class TorchIo(Dataset):
    def __init__(self, places):
        self.places = places

    def __len__(self):
        return len(self.places)

    def __getitem__(self, n):
        import torchio as tio

        place = self.places[n]
        subject = tio.Subject(image=tio.ScalarImage(place["image"]))
        (x0, x1), (y0, y1), (z0, z1) = corners(place)
        return subject["image"].data[:, x0:x1, y0:y1, z0:z1].float()


MAKE = """
import json, sys
import radiobject
from radiobject import RadiObject, WriteConfig
from radiobject.ctx import SliceOrientation, TileConfig
_, here, orientation, images = sys.argv
radiobject.configure(write=WriteConfig(tile=TileConfig(orientation=SliceOrientation[orientation])))
RadiObject.from_niftis(here, images={"ct": [tuple(image) for image in json.loads(images)]})
"""


def radiobject_dataset(places, what):
    """A RadiObject of the same images, with tiles of 64 cubed; its volumes are read like its own datasets do."""
    here = os.path.join(os.path.dirname(sys.argv[3]), "radiobject-" + what)
    if not os.path.exists(here):
        # In a process of its own: workers that are forked where TileDB has threads wait for ever.
        images = sorted({(p["image"], p["subject"]) for p in places})
        orientation = "AXIAL" if what == "slice" else "ISOTROPIC"
        subprocess.run([sys.executable, "-c", MAKE, here, orientation, json.dumps(images)], check=True)
    from radiobject import RadiObject

    class Cut(Dataset):
        volumes = None

        def __len__(self):
            return len(places)

        def __getitem__(self, n):
            if self.volumes is None:
                collection = RadiObject(here).collection("ct")
                found = [collection.iloc[n] for n in range(len(collection))]
                self.volumes = dict(zip(collection.obs_subject_ids, found))
            place = places[n]
            x, y, z = (slice(*ends) for ends in corners(place))
            return torch.from_numpy(self.volumes[place["subject"]].slice(x, y, z).astype(np.float32)[None])

    return Cut()


def cpu_seconds():
    """Of this process and its workers."""
    seconds = time.process_time()
    for child in multiprocessing.active_children():
        with open(f"/proc/{child.pid}/stat") as file:
            user, system = file.read().rsplit(")", 1)[1].split()[11:13]
        seconds += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return seconds


def main():
    tool, what, epochs = sys.argv[1], sys.argv[2], int(sys.argv[4])
    torch.set_num_threads(1)
    with open(sys.argv[3]) as file:
        places = json.load(file)
    dataset = {
        "pytorch": lambda: OverZarr(places),
        "monai": lambda: monai_dataset(places),
        "torchio": lambda: TorchIo(places),
        "radiobject": lambda: radiobject_dataset(places, what),
    }[tool]()
    loader_class = DataLoader
    if tool == "monai":
        from monai.data import DataLoader as loader_class
    loader = loader_class(dataset, batch_size=BATCH, shuffle=False, num_workers=2, persistent_workers=True)
    times, cpu, total, count = [], [], 0.0, 0
    for epoch in range(epochs + 1):
        begun, worked = time.perf_counter(), cpu_seconds()
        for batch in loader:
            if epoch == 0:
                total += float(batch.sum(dtype=torch.float64))
                count += batch.numel()
        # Those that read whole files are timed in the one epoch that is also checked.
        if epoch > 0 or epochs == 0:
            times.append((time.perf_counter() - begun) * 1000 / len(places))
            cpu.append((cpu_seconds() - worked) * 1000 / len(places))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    package = {"pytorch": "torch"}.get(tool, tool)
    answer = {"mean": total / count, "samples": len(places)}
    version = importlib.metadata.version(package)
    print(json.dumps({"ms": times, "cpuMs": cpu, "peakMb": usage.ru_maxrss / 1024, "version": version, "answer": answer}))


if __name__ == "__main__":
    main()
