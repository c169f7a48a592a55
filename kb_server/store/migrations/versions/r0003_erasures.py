"""What was erased lately, for the memories of other servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name_sha256", sa.String(64), nullable=False),
        sa.Column("of_customer", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_created_at", "erasures", ["created_at"])


def downgrade() -> None:
    """Drop it; servers of the older code clear their own memory alone."""
    op.drop_table("erasures")
