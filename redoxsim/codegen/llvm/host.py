"""The processor this runs on, and LLVM set up for it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redoxsim.codegen.llvm.text import Target
from redoxsim.codegen.locks import fork_waits
from redoxsim.errors import BuildError

_LOCK = fork_waits()
"""LLVM's global context is not safe to use from two threads."""


@dataclass(frozen=True, slots=True)
class Host:
    """Processor name, sorted features and triple, as LLVM names them."""

    cpu: str
    features: str
    triple: str
    version: str

    def has(self, feature: str) -> bool:
        return f"+{feature}" in self.features.split(",")

    def target(self, width: int | None = None) -> Target:
        """What to write for: the processor's own width unless one is given."""
        wide = self.has("avx512f") and self.has("avx512dq") and self.has("avx512vl")
        arm = self.triple.startswith(("aarch64", "arm64"))
        own = 8 if wide else 4 if self.has("avx") else 2
        return Target(width=width or own, fma=self.has("fma") or arm, rcp14=wide)


@lru_cache(maxsize=1)
def host() -> Host:
    """The machine's processor.

    Raises
    ------
    BuildError : llvmlite is missing or does not work.
    """
    llvm = library()
    features = llvm.get_host_cpu_features()
    text = ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(features.items()))
    return Host(
        cpu=llvm.get_host_cpu_name(),
        features=text,
        triple=llvm.get_process_triple(),
        version=".".join(str(part) for part in llvm.llvm_version_info),
    )


@lru_cache(maxsize=1)
def library() -> Any:
    """llvmlite's binding, initialised.

    Raises
    ------
    BuildError : it cannot be imported.
    """
    try:
        import llvmlite.binding as llvm
    except (ImportError, OSError) as error:
        raise BuildError(f"llvmlite does not work here: {error}", hint="pip install llvmlite") from error
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


def compile_text(text: str, *, level: int = 2) -> bytes:
    """Object code for this processor from LLVM IR.

    Code generation at level 1 takes two thirds of the time of level 2, and what it makes runs as fast, to the same
    bits: the text is in the order it should run in.

    Raises
    ------
    BuildError : LLVM refuses the text (a fault of ours).
    """
    llvm = library()
    with _LOCK:
        context = llvm.create_context()
        try:
            parsed = llvm.parse_assembly(text, context)
            parsed.verify()
        except RuntimeError as error:
            raise BuildError(f"generated code is not valid: {error}") from error
        machine, builder, passes = _tools(level)
        if level:
            passes.run(parsed, builder)
        return bytes(machine.emit_object(parsed))


@lru_cache(maxsize=8)
def _tools(level: int) -> tuple[Any, Any, Any]:
    """Target machine, pass builder and passes, made once: LLVM keeps 7 kB of every set of passes that it ran.

    To be used under the lock.
    """
    llvm, here = library(), host()
    machine = llvm.Target.from_triple(here.triple).create_target_machine(
        cpu=here.cpu, features=here.features, opt=1, reloc="pic", codemodel="jitdefault", jit=True
    )
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=level))
    passes = llvm.create_new_module_pass_manager()
    # the text is in the order it should run in already: variables to registers, dead code away, no more
    passes.add_global_dead_code_eliminate_pass()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_dead_code_elimination_pass()
    return machine, builder, passes


class Loaded:
    """Object code in memory; lives as long as this object."""

    def __init__(self, code: bytes) -> None:
        llvm, here = library(), host()
        with _LOCK:
            machine = llvm.Target.from_triple(here.triple).create_target_machine(
                cpu=here.cpu, features=here.features, reloc="pic", codemodel="jitdefault", jit=True
            )
            self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
            try:
                self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
                self._engine.finalize_object()
            except RuntimeError as error:
                raise BuildError(f"object code cannot be loaded: {error}") from error

    def address(self, name: str) -> int:
        """Where a function lies; 0 if there is none of that name."""
        with _LOCK:
            return int(self._engine.get_function_address(name))

    def function(self, name: str, *arguments: Any, result: Any = None) -> Any:
        """The function as something to call; the call does not hold the interpreter's lock."""
        address = self.address(name)
        if not address:
            raise BuildError(f"object code has no function '{name}'")
        call: Any = ctypes.CFUNCTYPE(result, *arguments)(address)
        call.keeps = self  # the code must outlive the pointer to it
        return call
