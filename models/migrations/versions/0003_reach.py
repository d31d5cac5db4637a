"""How people want to be reached, how a message fared on each way, calendar feeds, and how far Prefect was told

Revision 0003, after 0002. What happened before is not told to Prefect as news: its bookmark begins at the chain's end.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('bookmark',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('moved_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_bookmark'))
    )
    op.execute("INSERT INTO bookmark (name, number, moved_at) SELECT 'prefect', number, at FROM audit_event ORDER BY number DESC LIMIT 1")

    op.create_table('calendar_feed',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('revoked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_calendar_feed_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_calendar_feed_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_feed_token_hash'))
    )
    with op.batch_alter_table('calendar_feed', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calendar_feed_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_calendar_feed_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_calendar_feed_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('fallback', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('quiet_hours', sqlmodel.sql.sqltypes.AutoString(length=11), nullable=True))

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('fallback', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('quiet_hours', sqlmodel.sql.sqltypes.AutoString(length=11), nullable=True))
        batch_op.add_column(sa.Column('digest_at', sqlmodel.sql.sqltypes.AutoString(length=5), nullable=True))

    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ways', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('bundle_id', sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f('ix_message_bundle_id'), ['bundle_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_message_bundle_id'), 'message', ['bundle_id'], ['id'])
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.alter_column('ways', existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    # What was bundled or is known as delivered has no such state before.
    op.execute("UPDATE message SET state = 'queued' WHERE state = 'bundled'")
    op.execute("UPDATE message SET state = 'sent' WHERE state = 'delivered'")
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_message_bundle_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_message_bundle_id'))
        batch_op.drop_column('bundle_id')
        batch_op.drop_column('ways')

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_column('digest_at')
        batch_op.drop_column('quiet_hours')
        batch_op.drop_column('fallback')

    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_column('quiet_hours')
        batch_op.drop_column('fallback')

    op.drop_table('calendar_feed')
    op.drop_table('bookmark')
