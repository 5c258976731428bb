"""Takes batches from `isovox serve-batches`, without a copy: numpy arrays, or tensors, over shared memory.

    import isovox_batches

    with isovox_batches.connect("/tmp/batches.sock") as batches:
        for epoch in range(10):
            for batch in batches.epoch(epoch):
                image = batch.image_tensor()  # float32, N x C x D x H x W

Needs Python 3.9 and numpy; `image_tensor` and `mask_tensor` need torch. A batch is the program's until the next turn of the
loop, when its memory is filled anew: clone what must live longer, or use `take` and `release`.
"""

import json
import mmap
import os
import socket

import numpy as np

PROTOCOL = 1


class ServerError(RuntimeError):
    """What the server answered instead: `code` is one of Isovox's, such as ERR_CORRUPT_DATA."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Batch:
    """Views of shared memory: `image` and, where there are masks, `mask`. `shape` is that of `image`."""

    def __init__(self, slot, image, mask, answer):
        self.slot, self.image, self.mask = slot, image, mask
        self.subjects, self.idx, self.label = answer["subjects"], answer["idx"], answer.get("label")
        self.patch_idx, self.patch_start = answer["patchIdx"], answer["patchStart"]

    @property
    def shape(self):
        return self.image.shape

    def image_tensor(self):
        import torch

        return torch.from_numpy(self.image)

    def mask_tensor(self):
        import torch

        return torch.from_numpy(self.mask)


class Batches:
    """A connection: one consumer with one rank. `shape` and `mask_shape` are those of a full batch."""

    def __init__(self, path, rank=0, timeout=None):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        hello = self._ask(type="hello", protocol=PROTOCOL, rank=rank)
        self.rank, self.world_size = hello["rank"], hello["worldSize"]
        self.shape, self.mask_shape = tuple(hello["image"]), tuple(hello["mask"]) if hello.get("mask") else None
        self._images = [_mapped(slot["image"], self.shape) for slot in hello["slots"]]
        self._masks = [_mapped(slot["mask"], self.mask_shape) if self.mask_shape else None for slot in hello["slots"]]
        self._tell(type="mapped")

    def begin(self, epoch):
        """Starts an epoch, whatever the last one had left; says how many batches it has."""
        return self._ask(type="epoch", epoch=epoch)["batches"]

    def take(self):
        """The next batch of the epoch, to be given back by `release`; None after the last one."""
        answer = self._ask(type="take")
        if answer["type"] == "end":
            return None
        slot, samples = answer["slot"], answer["samples"]
        mask = self._masks[slot]
        return Batch(slot, self._images[slot][:samples], None if mask is None else mask[:samples], answer)

    def release(self, batch):
        self._tell(type="release", slot=batch.slot)

    def epoch(self, number):
        """Batches of an epoch; each is valid until the next is asked for."""
        self.begin(number)
        while (batch := self.take()) is not None:
            try:
                yield batch
            finally:
                self.release(batch)

    def close(self):
        self._lines.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _tell(self, **message):
        self._socket.sendall((json.dumps(message) + "\n").encode())

    def _ask(self, **message):
        self._tell(**message)
        line = self._lines.readline()
        if not line:
            raise ConnectionError("isovox serve-batches has ended")
        answer = json.loads(line)
        if answer["type"] == "error":
            raise ServerError(answer["code"], answer["message"])
        return answer


def _mapped(path, shape):
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        memory = mmap.mmap(file, 4 * int(np.prod(shape, dtype=np.int64)))
    finally:
        os.close(file)
    return np.frombuffer(memory, np.float32).reshape(shape)


def connect(path, rank=0, timeout=None):
    """`rank` of a server's --world-size; `timeout` in seconds for each answer, None waits."""
    return Batches(path, rank, timeout)
