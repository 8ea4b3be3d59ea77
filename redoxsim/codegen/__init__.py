"""The equations as text for a target. Here: ``python``, the reference."""

from redoxsim.codegen.compiled import Bound, CompiledSystem, compile_system

__all__ = ["Bound", "CompiledSystem", "compile_system"]
