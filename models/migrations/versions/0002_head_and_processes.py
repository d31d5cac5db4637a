"""The chain's head beside the chain; leases know their process by its start on this boot, not by the clock

Revision 0002, after 0001. A lease of before belongs to a process that was stopped for the upgrade: it reads as a dead
one's. What was said of a refused decision under a client's key goes: its fingerprint covered the one-time code.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

BEFORE = 'before 0002'


def upgrade() -> None:
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.execute('INSERT INTO audit_head (id, number, hash) SELECT 1, number, hash FROM audit_event ORDER BY number DESC LIMIT 1')

    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.add_column(sa.Column('process_identity', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True))
    op.execute(f"UPDATE lease SET process_identity = '{BEFORE}'")
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.alter_column('process_identity', existing_type=sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False)
        batch_op.drop_column('process_started_at')

    kept = sa.table('act_key', sa.column('id', sa.Uuid()), sa.column('operation', sa.String()), sa.column('answer', sa.JSON()))
    connection = op.get_bind()
    decided = connection.execute(sa.select(kept.c.id, kept.c.answer).where(kept.c.operation == 'decide-step')).all()
    refused = [one.id for one in decided if not one.answer['accepted']]
    for key in refused:
        connection.execute(kept.delete().where(kept.c.id == key))


def downgrade() -> None:
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.add_column(sa.Column('process_started_at', sa.Float(), nullable=False, server_default='0'))
        batch_op.drop_column('process_identity')
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.alter_column('process_started_at', existing_type=sa.Float(), server_default=None)
    op.drop_table('audit_head')
