"""What bases are kept as differences from, while a link has hardly any golden values. Older rows stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("link", sa.Column("shown", sa.Text))
