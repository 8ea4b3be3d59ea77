"""What a benchmark ran on: processor, what of it the kernel uses, versions, load."""

from __future__ import annotations

import os
import platform
from typing import Any

from redoxsim import __version__
from redoxsim.codegen.llvm.host import host
from redoxsim.errors import BuildError
from redoxsim.kept import versions_of
from redoxsim.threads import processors

PACKAGES = ("numpy", "scipy", "llvmlite", "libroadrunner", "python-copasi", "amici")
FEATURES = ("avx512f", "avx512dq", "avx512vl", "avx2", "avx", "fma", "sse4.2", "neon")
"""Processor features that decide which code the kernel writes."""


def machine() -> dict[str, Any]:
    """Facts of this machine and this process's environment."""
    return {
        "processor": processor(),
        "cores": processors(),
        "system": f"{platform.system()} {platform.machine()}",
        **_features(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "versions": {"redoxsim": __version__, "python": platform.python_version()}
        | {name: found for name, found in zip(PACKAGES, versions_of(*PACKAGES), strict=True) if found},
    }


def processor() -> str:
    """The processor's own name, else the kind of machine."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _features() -> dict[str, Any]:
    try:
        here = host()
    except BuildError:
        return {"llvm": None, "features": [], "lanes": None}
    return {
        "llvm": f"{here.version} for {here.cpu}",
        "features": [name for name in FEATURES if here.has(name)],
        "lanes": here.target().width,
    }


def line(facts: dict[str, Any]) -> str:
    """The machine in one line."""
    lanes = f"{facts['lanes']} lanes ({', '.join(facts['features'])})" if facts["lanes"] else "no llvmlite"
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    load = "" if facts["load"] is None else f", load {facts['load']:g} at the start"
    cores = f"{facts['cores']} core{'s' if facts['cores'] != 1 else ''}"
    return f"{facts['processor']}, {cores}, {facts['system']}, {lanes}{load}; {versions}"


__all__ = ["line", "machine", "processor"]
