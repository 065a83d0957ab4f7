"""Starts the systems that are compared: `bench` itself, and the peers that are installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
PEERS = ["onednn", "openblas", "pytorch", "pytorch-channels-last"]
NAMES = {"onednn": "oneDNN", "openblas": "OpenBLAS", "pytorch": "PyTorch", "pytorch-channels-last": "PyTorch NHWC"}

Row = dict[str, Any]

#: What holds each library to the level of `bench --isa`.
LEVELS: dict[str, dict[str, str]] = {
    "avx512": {},
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2"},
    "baseline": {"ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Nehalem", "ATEN_CPU_CAPABILITY": "default"},
    "neon": {},
}


class Absent(Exception):
    """A peer that cannot be compared with, and why."""


@dataclass(frozen=True)
class Settings:
    threads: int
    isa: str | None
    warm: bool
    seconds: float
    bench: Path
    python: Path


class Ours:
    """`bench kernels`, a process a shape."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.machine: Row = {}

    def measure(self, shape: str, operations: list[str], passes: str | None) -> list[Row]:
        settings = self.settings
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            command = [str(settings.bench), "kernels", *operations, "--chosen", "--shape", shape, "--threads",
                       str(settings.threads), "--json", file.name]
            command += ["--pass", passes] if passes else []
            command += ["--isa", settings.isa] if settings.isa else []
            command += ["--warm"] if settings.warm else []
            result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if "no shape fits" in result.stderr:
                return []
            # With 1, some rows are wrong, and marked so.
            if result.returncode not in (0, 1):
                raise RuntimeError(f"{' '.join(command)}: exit status {result.returncode}: {result.stderr.strip()}")
            # By its name: the program replaces the file, and does not write into it.
            with open(file.name) as written:
                report = json.load(written)
        self.machine = report["machine"]
        return report["rows"]


class Worker:
    """A peer: a process that answers a problem a line."""

    def __init__(self, name: str, settings: Settings) -> None:
        # Settings of the user's that hold OpenBLAS to less than the processor has.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        environment |= LEVELS[settings.isa or "avx512"]
        # Otherwise PyTorch's memory goes back to the system after each call, and comes again page by page.
        environment |= {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "2000000000"}
        environment["OMP_NUM_THREADS"] = str(settings.threads)
        self.name = name
        # A file, as nobody reads along: a full pipe would stop the process.
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*command(name, settings.python, environment), "--threads", str(settings.threads), "--seconds",
             str(settings.seconds)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.version: str = self.ask(None)["version"]

    def measure(self, row: Row, sets: int) -> Row | None:
        """Times the problem of one of our rows; None where the peer has no such operation."""
        answer = self.ask(f"{row['kernel']} {row['pass']} {row['shape']} {sets}")
        return None if "absent" in answer else answer

    def ask(self, question: str | None) -> Row:
        if question is not None:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            message = self.errors.read().strip().splitlines()
            raise Absent(f"{NAMES[self.name]} ended: {message[-1] if message else 'it says nothing'}")
        return json.loads(line)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def command(name: str, python: Path, environment: dict[str, str]) -> list[str]:
    """What starts a peer, compiled first if need be."""
    if name.startswith("pytorch"):
        locate(python, "torch")
        options = ["--channels-last"] if name == "pytorch-channels-last" else []
        return [str(python), str(FOLDER / "torch_worker.py"), *options]
    if name == "openblas":
        library = locate(python, "scipy_openblas32") / "lib/libscipy_openblas.so"
        environment["OPENBLAS_LIBRARY"] = str(library)
        return [str(compile_worker("openblas", ["-ldl"]))]
    prefix = Path(ask_python(python, "import sys; print(sys.prefix)"))
    include, library = prefix / "include", prefix / "lib"
    if not (include / "oneapi/dnnl/dnnl.hpp").exists() or not (library / "libdnnl.so.3").exists():
        raise Absent(f"oneDNN is not installed for {python}")
    return [str(compile_worker("onednn", [f"-I{include}", str(library / "libdnnl.so.3"), f"-Wl,-rpath,{library}"]))]


def locate(python: Path, module: str) -> Path:
    """The folder of a Python package."""
    found = ask_python(python, f"import importlib.util as u; s = u.find_spec('{module}'); print(s.origin if s else '')")
    if not found:
        raise Absent(f"{module} is not installed for {python}")
    return Path(found).parent


def ask_python(python: Path, code: str) -> str:
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def compile_worker(name: str, options: list[str]) -> Path:
    """The compiled worker, made anew when its source or what it is linked with has changed."""
    compiler = next(filter(None, map(shutil.which, [os.environ.get("CXX", ""), "g++", "clang++"])), None)
    if compiler is None:
        raise Absent(f"{NAMES[name]} needs a C++ compiler: g++, clang++ or the one that CXX names")
    folder = FOLDER / ".build"
    folder.mkdir(exist_ok=True)
    program, recipe = folder / name, folder / f"{name}.txt"
    line = [compiler, "-O2", "-std=c++17", str(FOLDER / f"{name}.cpp"), "-o", str(program), *options]
    sources = [FOLDER / f"{name}.cpp", FOLDER / "worker.hpp", FOLDER / "definitions.hpp"]
    newest = max(source.stat().st_mtime for source in sources)
    if program.exists() and recipe.exists() and recipe.read_text() == " ".join(line):
        if program.stat().st_mtime > newest:
            return program
    result = subprocess.run(line, capture_output=True, text=True)
    if result.returncode != 0:
        raise Absent(f"{name}.cpp does not compile: {result.stderr.strip().splitlines()[0]}")
    recipe.write_text(" ".join(line))
    return program


def last_cache_bytes() -> int:
    """The size of the largest cache, as `bench` sees it."""
    sizes = [path.read_text().strip() for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")]
    return max((int(size[:-1]) << 10 for size in sizes if size.endswith("K")), default=32 << 20)


def copies(row: Row, warm: bool) -> int:
    """Copies of a problem's data that runs take turns among, as in `bench kernels`."""
    cache = last_cache_bytes()
    size = max(row["gbs"] * 1e9 * row["median_seconds"], 64)
    return 1 if warm or 2 * cache > 1 << 29 else max(-(-2 * cache // round(size)), 1)
