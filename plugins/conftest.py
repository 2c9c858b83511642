"""Lets the tests of the bundled plugins borrow the repository's vendor data."""

from tests.conftest import vendor_data

__all__ = ["vendor_data"]
