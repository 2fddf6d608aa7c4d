"""Runs one program. Loaded when the assets are built; every call begins from a copy of that moment.

The call comes as JSON on descriptor 3, the program's value goes as JSON to descriptor 4, everything else goes where a
program's output goes. Nothing here is trusted by the host: a program can change all of it.
"""

# What programs use most is imported here, so that it is part of the image and costs a call nothing.
import ast, base64, bisect, builtins, collections, contextlib, copy, csv, dataclasses, datetime, decimal, enum
import fractions, functools, glob, hashlib, heapq, inspect, io, itertools, json, linecache, math, operator, os, pathlib
import random, re, select, shutil, statistics, string, sys, tempfile, textwrap, time, traceback, types, typing, uuid


def _read_call():
    parts = []
    while part := os.read(3, 65536):
        parts.append(part)
    os.close(3)
    return json.loads(b"".join(parts))


def _sleep(seconds):
    """In place of time.sleep, which would keep the processor busy: the host can wait for us."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        select.poll().poll(min(left * 1000 + 1, 2**30))


def _compile(source, name):
    """The program, and its last expression apart so that it can have a value."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = None if last is None else compile(ast.Expression(last.value), name, "eval")
    return compile(tree, name, "exec"), value


def _report(error):
    """As the interpreter would, without the frames of this file."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next
    sys.stderr.write("".join(traceback.format_exception(type(error), error, frame)))


def _say_value(value):
    try:
        text = json.dumps(value, allow_nan=False)
    except BaseException:
        return  # what JSON cannot say is no value
    data = text.encode()
    while data:
        data = data[os.write(4, data):]


def _main():
    call = _read_call()
    os.environ.update(call["env"])
    name = call["file"]
    source = call["code"]
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    main = types.ModuleType("__main__")
    main.__file__ = name
    sys.modules["__main__"] = main
    sys.argv = [name]
    sys.path.insert(0, os.path.dirname(name))
    random.seed()
    code = 0
    try:
        body, value = _compile(source, name)
        exec(body, main.__dict__)
        if value is not None:
            result = eval(value, main.__dict__)
            if result is not None:
                _say_value(result)
    except SystemExit as error:
        code = 0 if error.code is None else error.code if isinstance(error.code, int) else 1
        if not (error.code is None or isinstance(error.code, int)):
            print(error.code, file=sys.stderr)
    except BaseException as error:
        code = 1
        if isinstance(error, MemoryError):
            # What filled the memory goes first, or there is no room left to say so.
            main.__dict__.clear()
            traceback.clear_frames(error.__traceback__)
        _report(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            code = code or 1  # closed or broken by the program
    os._exit(code & 0xFF)


time.sleep = _sleep
sys.dont_write_bytecode = True
