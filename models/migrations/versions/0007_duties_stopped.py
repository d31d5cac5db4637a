"""Standing duties whose clock is stopped, as that of what programmes owe is

Revision 0007, after 0006. The clock of a duty that was recorded before has never stood.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.add_column(sa.Column('stopped_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('stopped_days', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('stop_budget', sa.Integer(), nullable=True))
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.alter_column('stopped_days', existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """A clock that stands runs again: its days so far are lost with the columns, those that were added before stay."""
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.drop_column('stop_budget')
        batch_op.drop_column('stopped_days')
        batch_op.drop_column('stopped_at')
