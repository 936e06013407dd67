"""Reading CIFAR-100's pickles without unpickling: a stack machine that can build data and nothing else.

A pickle is a program; Python's own loader runs it, and may import and call whatever the file says. CIFAR's
files need no more than dictionaries, lists, tuples, strings, integers and one uint8 array, so this reader
executes those instructions itself, from the disassembly that `pickletools.genops` gives. The three names that
spell "a numpy array" are recognised and never looked up; any other name, and any other instruction, is
refused.

Instruction set: the source of Python's `pickletools`; numpy's part: `ndarray.__reduce__` and `__setstate__`.
"""

from __future__ import annotations

import pickletools
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from empirical.benchmarks.benchmark import DataError

ARRAY, TYPE = "numpy ndarray", "numpy dtype"
RECONSTRUCT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
NAMES = (ARRAY, TYPE, *RECONSTRUCT)
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class Array:
    """A numpy array under construction."""

    value: np.ndarray | None = None

    def fill(self, state: tuple) -> None:
        _, shape, kind, fortran, content = state
        if not isinstance(kind, Type) or fortran:
            raise ValueError("an array that is not plain uint8")
        self.value = np.frombuffer(content.encode("latin-1"), np.uint8).reshape(shape)


class Type:
    """numpy's dtype, of which only "u1" is known."""

    def __init__(self, arguments: tuple):
        if arguments[0] != "u1":
            raise ValueError(f"an array of type {arguments[0]!r}")

    def fill(self, state: tuple) -> None:
        """The byte order and the like: no matter for bytes."""


def read(file: BinaryIO, where: str | Path) -> Any:
    """The data in a pickle of protocol 2 or less; strings come as str, uint8 arrays as numpy arrays."""
    try:
        return _plain(_execute(file))
    except DataError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{where} is truncated or not one of CIFAR's files: {error}") from error


def _execute(file: BinaryIO) -> Any:
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def since_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    argument: Any
    for instruction, argument, _ in pickletools.genops(file):
        match instruction.name:
            case "PROTO":
                pass
            case "STOP":
                return stack.pop()
            case "SHORT_BINSTRING" | "BINSTRING" | "BINUNICODE" | "BININT" | "BININT1" | "BININT2":
                stack.append(argument)
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append(CONSTANTS[instruction.name])
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "MARK":
                marks.append(len(stack))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "APPEND":
                item = stack.pop()
                stack[-1].append(item)
            case "APPENDS":
                items = since_mark()
                stack[-1].extend(items)
            case "SETITEM":
                key, value = stack[-2:]
                del stack[-2:]
                stack[-1][key] = value
            case "SETITEMS":
                items = since_mark()
                stack[-1].update(zip(items[::2], items[1::2], strict=True))
            case "TUPLE":
                stack.append(tuple(since_mark()))
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(instruction.name[-1])
                stack[-count:] = [tuple(stack[-count:])]
            case "GLOBAL":
                if argument not in NAMES:
                    raise DataError(f"refused: the file asks for {argument.replace(' ', '.')}")
                stack.append(argument)  # the text, never the thing itself
            case "REDUCE":
                arguments = stack.pop()
                stack[-1] = _builder(stack[-1], arguments)
            case "BUILD":
                state = stack.pop()
                stack[-1].fill(state)
            case other:
                raise DataError(f"refused: the file contains the instruction {other}")
    raise ValueError("no end")


def _builder(name: Any, arguments: tuple) -> Array | Type:
    if name in RECONSTRUCT:
        return Array()
    if name == TYPE:
        return Type(arguments)
    raise ValueError(f"a call of {name!r}")


def _plain(result: Any) -> Any:
    """Arrays in place of their builders, one level down: CIFAR's files are dictionaries."""
    return {key: item.value if isinstance(item, Array) else item for key, item in result.items()}
