"""Sizes, names and habits that a reader relies on (CONTRIBUTING.md)."""

import ast
import re
from pathlib import Path
from statistics import median

import pytest

from tests.conventions.source_files import files_of_tests, functions, parse, product_files, where

pytestmark = pytest.mark.fast

MOST_FILE_LINES = 300
MOST_TEST_FILE_LINES = 500
MOST_FUNCTION_LINES = 50
MOST_PARAMETERS = 7
FORBIDDEN_NAMES = re.compile(
    r"(Manager|Helper|Util|Utils|Processor|Base|Abstract|Impl)$|^(do_|Abstract|Base)"
)
FORBIDDEN_FILES = {"utils.py", "helpers.py", "manager.py", "base_service.py", "misc.py"}


def line_count(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_files_are_short() -> None:
    too_long = [where(path) for path in product_files() if line_count(path) > MOST_FILE_LINES]
    too_long += [where(path) for path in files_of_tests() if line_count(path) > MOST_TEST_FILE_LINES]
    assert too_long == []
    assert median(line_count(path) for path in product_files()) <= 90


def test_functions_are_short() -> None:
    lengths = {
        where(path, function): (function.end_lineno or 0) - function.lineno + 1
        for path in product_files()
        for function in functions(path)
    }
    assert {place: lines for place, lines in lengths.items() if lines > MOST_FUNCTION_LINES} == {}
    ordered = sorted(lengths.values())
    assert median(ordered) <= 10
    assert ordered[int(len(ordered) * 0.95)] <= 35


def test_functions_have_few_parameters() -> None:
    too_many = []
    for path in product_files():
        for function in functions(path):
            names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
            count = len([name for name in names if name not in {"self", "cls"}])
            if count > MOST_PARAMETERS:
                too_many.append(where(path, function))
    assert too_many == []


def test_modules_say_what_they_are_for() -> None:
    silent = [
        where(path) for path in product_files() if path.stat().st_size and not ast.get_docstring(parse(path))
    ]
    assert silent == []


def test_names_are_of_the_field() -> None:
    bad = [where(path) for path in product_files() if path.name in FORBIDDEN_FILES]
    bad += [
        f"{where(path, node)} {node.name}"
        for path in product_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and FORBIDDEN_NAMES.search(node.name)
    ]
    assert bad == []


def test_money_is_never_a_float() -> None:
    """No float in names, annotations or literals where amounts are worked out, and no rounding elsewhere."""
    bad = []
    for path in product_files():
        is_money = "domain" in path.with_suffix("").parts or path.name == "money.py"
        for node in ast.walk(parse(path)):
            if is_money and isinstance(node, ast.Name) and node.id == "float":
                bad.append(where(path, node))
            if is_money and isinstance(node, ast.Constant) and isinstance(node.value, float):
                bad.append(where(path, node))
            if isinstance(node, ast.Attribute) and node.attr == "quantize" and path.name != "money.py":
                bad.append(where(path, node))
    assert bad == []


def test_sql_files_hold_no_binary_fractions() -> None:
    sql = [path for folder in ("libs", "services") for path in Path(folder).rglob("*.sql")]
    bad = [
        str(path)
        for path in sql
        if re.search(r"\b(real|double precision|float\d?|money)\b", path.read_text("utf-8"))
    ]
    assert bad == []


def test_tests_never_sleep_blindly() -> None:
    """A bare sleep hides a race; conditions are waited for (helpers that poll live in tests/helpers)."""
    bad = [
        where(path, node)
        for path in files_of_tests()
        if not {"helpers", "chaos"} & set(path.parts) and path.name != "test_code_shape.py"
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep"
    ]
    assert bad == []
