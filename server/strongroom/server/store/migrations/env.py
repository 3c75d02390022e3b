"""Runs the migrations on the connection that `strongroom.server.store.schema` hands over."""

from alembic import context

from strongroom.server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
