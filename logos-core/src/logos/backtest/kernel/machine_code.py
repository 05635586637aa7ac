"""Machine code that numba has made, kept as a file, so that a later process runs it without loading numba.

Loading numba takes a third of a second, of which a short sweep would spend most of its time; what it loads then is
code that needs none of it. The code is called as numba calls it: a place for the result, one for an exception, and each
array as seven numbers or more (owner and parent, both null, length, bytes an item, address, shape, strides). Since that
is numba's own affair, code is kept only where its parameters have just these types and it gives the very answer that
numba gave, and it is taken only with the same versions, processor and sources.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import attrs
import numpy as np

from logos.domain.errors import BrokenInvariantError

_SCHEMA = 1
_WORD = 8
_LIBRARIES = ("numba", "llvmlite")
_OF_ARRAY = ("ptr", "ptr", "i64", "i64", "ptr")
"""The parameters of an array, in LLVM's words, before its shape and strides."""

Tables = Sequence[Any]
"""Arrays of 64-bit integers, in a tuple of their own kind."""


class MachineCode:
    """A compiled function of two tuples of arrays that returns an integer.

    Parameters
    ----------
    engine:
        What holds the code; the code is gone with it.
    address:
        Where it begins.
    ranks:
        How many dimensions each array has.
    """

    def __init__(self, engine: Any, address: int, ranks: Sequence[int]) -> None:
        self._engine = engine
        self._ranks = tuple(ranks)
        words: list[Any] = [ctypes.c_void_p, ctypes.c_void_p]
        for rank in ranks:
            words += [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
            words += [ctypes.c_int64] * (2 * rank)
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *words)(address)
        self._fixed: tuple[Tables, list[Any]] = ((), [])

    def __call__(self, fixed: Tables, state: Tables) -> int:
        """Run it.

        Parameters
        ----------
        fixed:
            What is only read; mostly the same from call to call.
        state:
            What is written, too.
        """
        known = self._fixed  # taken once: another thread may replace it
        if fixed is not known[0]:
            known = self._fixed = fixed, _words(fixed, self._ranks[: len(fixed)])
        words = _words(state, self._ranks[len(fixed) :])
        result, failure = ctypes.c_int64(), ctypes.c_void_p()
        if self._call(ctypes.byref(result), ctypes.byref(failure), *known[1], *words):
            raise BrokenInvariantError("compiled code raised an exception")
        return result.value


def _words(tables: Tables, ranks: Sequence[int]) -> list[Any]:
    """Return arrays as the numbers that a call takes."""
    words: list[Any] = []
    for table, rank in zip(tables, ranks, strict=True):
        if table.dtype != np.int64 or table.ndim != rank or not (table.flags.c_contiguous and table.flags.aligned):
            raise BrokenInvariantError("compiled code was given an array of another kind")
        words += (None, None, table.size, _WORD, table.__array_interface__["data"][0], *table.shape, *table.strides)
    return words


def ranks_of(*tuples: Tables) -> tuple[int, ...]:
    """Return how many dimensions each array has."""
    return tuple(table.ndim for table in chain(*tuples))


def load_code(path: Path, sources: int) -> MachineCode | None:
    """Return the code that a file keeps; ``None`` where there is none, or it was made of or with something else.

    Parameters
    ----------
    sources:
        A number that changes with what was compiled.
    """
    try:
        head, _, code = path.read_bytes().partition(b"\n")
        made = json.loads(head)
    except (OSError, ValueError):
        return None
    import llvmlite.binding as llvm  # noqa: PLC0415 - an extra

    expected = _circumstances(llvm, sources) | {"sha256": hashlib.sha256(code).hexdigest()}
    if not isinstance(made, dict) or any(made.get(key) != value for key, value in expected.items()):
        return None
    return _loaded(llvm, code, made["symbol"], made["ranks"])


def _circumstances(llvm: Any, sources: int) -> dict[str, Any]:
    """Return what has to be the same for code to be taken."""
    versions = {name: version(name) for name in _LIBRARIES}
    processor = [llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    return {"schema": _SCHEMA, "sources": sources, "versions": versions, "processor": processor}


def _loaded(llvm: Any, code: bytes, symbol: str, ranks: Sequence[int]) -> MachineCode:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return MachineCode(engine, engine.get_function_address(symbol), ranks)


@attrs.define
class KeepingCode:
    """Runs numba's compiled function, and keeps its code as a file after the first call.

    Parameters
    ----------
    function:
        As ``numba.njit`` returned it.
    path:
        The file. Where it cannot be written, or numba's inner parts are not where they were, nothing is kept.
    sources:
        A number that changes with what was compiled.
    """

    function: Any
    path: Path
    sources: int
    _tried: bool = attrs.field(default=False, init=False)

    def __call__(self, fixed: Any, state: Any) -> int:
        """Run it."""
        if self._tried:
            return int(self.function(fixed, state))
        self._tried = True
        before = type(state)(*(table.copy() for table in state))
        result = int(self.function(fixed, state))
        try:
            content = self._code(fixed, state, before, result)
            if content is not None:
                # A name of its own: two processes may compile at once.
                with NamedTemporaryFile(dir=self.path.parent, prefix=f".{self.path.name}.", delete=False) as partial:
                    partial.write(content)
                Path(partial.name).replace(self.path)
        except (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError):
            return result  # the run itself is done; the next process loads numba again
        return result

    def _code(self, fixed: Any, state: Any, before: Any, result: int) -> bytes | None:
        """Return the file's content; ``None`` where the code cannot stand by itself, or answers otherwise."""
        import llvmlite.binding as llvm  # noqa: PLC0415 - an extra

        (made,) = self.function.overloads.values()
        symbol, ranks = made.fndesc.llvm_func_name, ranks_of(fixed, state)
        module = made.library._get_module_for_linking().clone()  # noqa: SLF001 - numba shows it in no other way
        machine = _machine(llvm, *made.library.codegen.magic_tuple())
        _leave_only(llvm, module, machine, symbol)
        if not _stands_alone(module, symbol, ranks):
            return None
        code = machine.emit_object(module)
        if _loaded(llvm, code, symbol, ranks)(fixed, before) != result:
            return None
        if not all(map(np.array_equal, before, state)):
            return None
        head = {"symbol": symbol, "ranks": ranks, "sha256": hashlib.sha256(code).hexdigest()}
        return json.dumps(_circumstances(llvm, self.sources) | head).encode() + b"\n" + bytes(code)


def _machine(llvm: Any, triple: str, processor: str, features: str) -> Any:
    """Return what makes code for this processor, as numba sets it up."""
    target = llvm.Target.from_triple(triple)
    return target.create_target_machine(
        cpu=processor, features=features, opt=3, reloc="default", codemodel="jitdefault", jit=True
    )


def _leave_only(llvm: Any, module: Any, machine: Any, symbol: str) -> None:
    """Take everything out of a module that a function does not use, numba's doors to Python first of all."""
    for function in module.functions:
        if not function.is_declaration:
            function.linkage = "external" if function.name == symbol else "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))


def _stands_alone(module: Any, symbol: str, ranks: Sequence[int]) -> bool:
    """Return whether a module needs nothing of numba's or Python's, and its function takes what we shall hand it."""
    needed = [one.name for one in chain(module.functions, module.global_variables) if one.is_declaration]
    takes = ["ptr", "ptr", *chain.from_iterable([*_OF_ARRAY, *["i64"] * (2 * rank)] for rank in ranks)]
    found = [str(one.type) for one in module.get_function(symbol).arguments]
    return found == takes and all(name.startswith("llvm.") for name in needed)
