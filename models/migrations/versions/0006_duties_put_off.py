"""Standing duties that are extended, waived, acknowledged, as what programmes owe is

Revision 0006, after 0005. A duty that was recorded before was due on the day that its text gives.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

OLD, NEW = 'uq_standing_rung_duty_id_number', 'uq_standing_rung_duty_id_move_number'


def upgrade() -> None:
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.add_column(sa.Column('derived_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('silenced_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('moves', sa.Integer(), nullable=False, server_default='0'))
    op.execute('UPDATE standing_duty SET derived_on = due_on')
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.alter_column('derived_on', existing_type=sa.Date(), nullable=False)
        batch_op.alter_column('moves', existing_type=sa.Integer(), server_default=None)

    with op.batch_alter_table('standing_rung', schema=None) as batch_op:
        batch_op.add_column(sa.Column('move', sa.Integer(), nullable=False, server_default='0'))
        batch_op.drop_constraint(OLD, type_='unique')
        batch_op.create_unique_constraint(NEW, ['duty_id', 'move', 'number'])
    with op.batch_alter_table('standing_rung', schema=None) as batch_op:
        batch_op.alter_column('move', existing_type=sa.Integer(), server_default=None)

    with op.batch_alter_table('deadline_change', schema=None) as batch_op:
        batch_op.alter_column('obligation_id', existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column('duty_id', sa.Uuid(), nullable=True))
        batch_op.create_foreign_key('fk_deadline_change_duty_id', 'standing_duty', ['duty_id'], ['id'])
        batch_op.create_index('ix_deadline_change_duty_id', ['duty_id'], unique=False)


def downgrade() -> None:
    op.execute('DELETE FROM deadline_change WHERE obligation_id IS NULL')
    with op.batch_alter_table('deadline_change', schema=None) as batch_op:
        batch_op.drop_index('ix_deadline_change_duty_id')
        batch_op.drop_constraint('fk_deadline_change_duty_id', type_='foreignkey')
        batch_op.drop_column('duty_id')
        batch_op.alter_column('obligation_id', existing_type=sa.Uuid(), nullable=False)

    op.execute('DELETE FROM standing_rung WHERE move > 0')
    with op.batch_alter_table('standing_rung', schema=None) as batch_op:
        batch_op.drop_constraint(NEW, type_='unique')
        batch_op.create_unique_constraint(OLD, ['duty_id', 'number'])
        batch_op.drop_column('move')

    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.drop_column('moves')
        batch_op.drop_column('silenced_until')
        batch_op.drop_column('derived_on')
