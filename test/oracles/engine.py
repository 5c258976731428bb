"""Isovox for oracles: every function of the library by its name, through calls.ts in one process of Node."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

ROOT = Path(__file__).parents[2]
TYPES = {"Float32Array": "f4", "Float64Array": "f8", "Int16Array": "i2", "Int32Array": "i4", "Uint8Array": "u1", "Uint16Array": "u2", "Uint32Array": "u4"}


class Refused(Exception):
    """What the library threw; args: message, code."""


class Engine:
    """engine.readRtDose(path=...), engine.computeDvh(rois=..., dose=...): dicts, numbers, arrays and handles."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        command = ["node", "--import", "tsx", str(ROOT / "test/oracles/calls.ts"), self.folder.name]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, fn, args, threads=2):
        self.process.stdin.write(json.dumps({"fn": fn, "args": self._into(args), "threads": threads}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The process ended in {fn}({args}), status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"], answer["code"])
        return self._out(answer["value"])

    def __getattr__(self, fn):
        return lambda threads=2, **args: self.call(fn, args, threads)

    def one(self, fn, argument):
        """A function that takes a handle instead of a record."""
        return self.call(fn, argument)

    def forget(self):
        """Lets go of all handles and files."""
        self.call("forget", {})
        for path in Path(self.folder.name).iterdir():
            path.unlink()

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _into(self, value):
        if isinstance(value, numpy.ndarray):
            name = {code: name for name, code in TYPES.items()}[value.dtype.str[1:]]
            path = Path(self.folder.name) / f"in-{id(value)}.bin"
            value.tofile(path)
            return {"$array": str(path), "type": name}
        if isinstance(value, dict):
            return {key: self._into(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._into(one) for one in value]
        if isinstance(value, numpy.generic):
            return value.item()
        return str(value) if isinstance(value, Path) else value

    def _out(self, value):
        if isinstance(value, list):
            return [self._out(one) for one in value]
        if not isinstance(value, dict) or "$handle" in value:
            return value
        if "$array" in value:
            return numpy.fromfile(value["$array"], TYPES[value["type"]])
        return {key: self._out(one) for key, one in value.items()}


def run_cases(check, count):
    """check(case, engine, folder) gives what it says of the case and what differs; ends with 1 where something does."""
    differ = 0
    with tempfile.TemporaryDirectory() as name, Engine() as engine:
        for case in range(count):
            said, wrong = check(case, engine, Path(name))
            if wrong:
                differ += 1
                print(said, *wrong, sep="\n    ", flush=True)
            engine.forget()
    print(f"{count - differ} of {count} agree")
    sys.exit(differ > 0)
