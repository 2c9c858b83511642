"""The papers of a new package: what it is called, how it is installed and checked, what it says."""

PYPROJECT = """\
[build-system]
requires = ["setuptools>=80"]
build-backend = "setuptools.build_meta"

[project]
name = "hub-$name"
version = "0.1.0"
description = "Connects Commerce Hub with $title."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["commerce-hub>=0.1,<1"]

[project.entry-points."hub.plugins"]
$name = "hub_$name"

[tool.setuptools.packages.find]
include = ["hub_$name", "hub_$name.*"]

[tool.setuptools.package-data]
"*" = ["py.typed", "*.json"]

[tool.pytest]
testpaths = ["tests"]
addopts = ["--import-mode=importlib", "--strict-markers", "-ra"]
filterwarnings = ["error"]

[tool.ruff]
line-length = 100
target-version = "py311"

[tool.ruff.lint]
select = ["E", "F", "I", "B", "UP", "SIM", "N"]

[tool.ruff.lint.isort]
known-first-party = ["hub", "hub_$name"]

[tool.mypy]
files = ["hub_$name"]
strict = true
follow_imports = "silent"
"""

README = """\
# $title

Connects Commerce Hub with $title.

    pip install -e .
    hub plugin list
    hub connect $name --code ${code} --set $address=https://… --secret token

## What it does

$abilities
## Limits of the vendor

Not known yet. Give them in a table here, with where each is written: calls a second, records a
page, the oldest record that can be read, how long an idempotency key is remembered.

## Files

| File | |
|---|---|
| `client.py` | talks |
| `mapping.py` | translates, without network and clock |
$extra| `twin.py` | is a simulated $title |
| `tests/samples/` | holds what the vendor really says |

## Work on it

The conformance suite and the mapping, the simulated vendor alone, and the level reached:

    pytest
    hub twin $name
    hub plugin check $name
"""
