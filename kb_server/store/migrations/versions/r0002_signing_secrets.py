"""Secrets that sign the tokens of widgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "signing_secrets",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signing_secrets"),
    )


def downgrade() -> None:
    """Drop it; widgets ask for new tokens."""
    op.drop_table("signing_secrets")
