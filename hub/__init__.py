"""Commerce Hub: one provable record of stock, orders, payments, parcels and returns."""

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up in the installed package's metadata, and only when somebody asks."""
    if name == "__version__":
        from importlib.metadata import version

        return version("commerce-hub")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
