"""Alembic's entry: runs migrations on the connection that `hub.store.schema` hands over."""

from typing import Any, Literal

from alembic import context

from hub.store.tables import METADATA


def _render(kind: str, value: Any, autogen: Any) -> str | Literal[False]:
    if kind == "type" and type(value).__module__ == "hub.store.tables.types":
        autogen.imports.add("from hub.store.tables import types")
        return f"types.{type(value).__name__}()"
    if kind == "type" and type(value).__name__ == "AutoString":
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=_render,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
