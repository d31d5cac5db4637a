"""Deadlines that are extended, stopped, acknowledged; approvals by several, for absent ones, handed on, taken back

Revision 0004, after 0003. A deadline that had no next moment while it was open had come to the top of its ladder.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('watch',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('looked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('found', sa.JSON(), nullable=False),
    sa.Column('silence_told_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_watch'))
    )

    op.create_table('absence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('substitute_id', sa.Uuid(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.Column('set_by_id', sa.Uuid(), nullable=True),
    sa.Column('handed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_absence_person_id')),
    sa.ForeignKeyConstraint(['set_by_id'], ['person.id'], name=op.f('fk_absence_set_by_id')),
    sa.ForeignKeyConstraint(['substitute_id'], ['person.id'], name=op.f('fk_absence_substitute_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence'))
    )
    with op.batch_alter_table('absence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_absence_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_absence_days', ['until_on', 'from_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_absence_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_absence_substitute_id'), ['substitute_id'], unique=False)

    op.create_table('reassignment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('step_id', sa.Uuid(), nullable=False),
    sa.Column('from_id', sa.Uuid(), nullable=True),
    sa.Column('to_id', sa.Uuid(), nullable=False),
    sa.Column('by_id', sa.Uuid(), nullable=True),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_reassignment_by_id')),
    sa.ForeignKeyConstraint(['from_id'], ['person.id'], name=op.f('fk_reassignment_from_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_reassignment_step_id')),
    sa.ForeignKeyConstraint(['to_id'], ['person.id'], name=op.f('fk_reassignment_to_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reassignment'))
    )
    with op.batch_alter_table('reassignment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reassignment_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_reassignment_step_id'), ['step_id'], unique=False)

    op.create_table('vote',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('step_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('seat_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('comment', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.Column('on_behalf_of', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('voted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_vote_document_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_vote_person_id')),
    sa.ForeignKeyConstraint(['seat_id'], ['person.id'], name=op.f('fk_vote_seat_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_vote_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vote')),
    sa.UniqueConstraint('step_id', 'seat_id', name=op.f('uq_vote_step_id_seat_id'))
    )
    with op.batch_alter_table('vote', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_vote_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_vote_step_id'), ['step_id'], unique=False)

    op.create_table('taken_back',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('decision_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.ForeignKeyConstraint(['decision_id'], ['decision.id'], name=op.f('fk_taken_back_decision_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_taken_back_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_taken_back')),
    sa.UniqueConstraint('decision_id', name=op.f('uq_taken_back_decision_id'))
    )
    with op.batch_alter_table('taken_back', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_taken_back_created_at'), ['created_at'], unique=False)

    op.create_table('deadline_change',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('obligation_id', sa.Uuid(), nullable=False),
    sa.Column('change', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('days', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['obligation_id'], ['obligation.id'], name=op.f('fk_deadline_change_obligation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_deadline_change_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline_change'))
    )
    with op.batch_alter_table('deadline_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deadline_change_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_deadline_change_obligation_id'), ['obligation_id'], unique=False)

    with op.batch_alter_table('approval_step', schema=None) as batch_op:
        batch_op.add_column(sa.Column('round', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('superseded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_approval_step_submission_id_number'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_approval_step_submission_id_number_round'), ['submission_id', 'number', 'round'])
    with op.batch_alter_table('approval_step', schema=None) as batch_op:
        batch_op.alter_column('round', existing_type=sa.Integer(), server_default=None)

    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.add_column(sa.Column('for_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('deemed_by', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True))
        batch_op.alter_column('person_id',
               existing_type=sa.Uuid(),
               nullable=True)
        batch_op.create_foreign_key(batch_op.f('fk_decision_for_id'), 'person', ['for_id'], ['id'])

    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('derived_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('opens_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('rests', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True))
        batch_op.add_column(sa.Column('silenced_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('stopped_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column('stopped_days', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('stop_budget', sa.Integer(), nullable=True))
    op.execute("UPDATE obligation SET derived_on = due_on")
    op.execute("UPDATE obligation SET rests = 'top-of-ladder' WHERE state = 'open' AND next_at IS NULL")
    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.alter_column('derived_on', existing_type=sa.Date(), nullable=False)
        batch_op.alter_column('stopped_days', existing_type=sa.Integer(), server_default=None)
        batch_op.drop_index('ix_obligation_next')
        batch_op.create_index('ix_obligation_next', ['state', 'next_at', 'id'], unique=False)
        batch_op.create_index('ix_obligation_due', ['state', 'due_at', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.drop_index('ix_obligation_due')
        batch_op.drop_index('ix_obligation_next')
        batch_op.create_index(batch_op.f('ix_obligation_next'), ['state', 'next_at'], unique=False)
        batch_op.drop_column('stop_budget')
        batch_op.drop_column('stopped_days')
        batch_op.drop_column('stopped_at')
        batch_op.drop_column('silenced_until')
        batch_op.drop_column('rests')
        batch_op.drop_column('opens_on')
        batch_op.drop_column('derived_on')

    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_decision_for_id'), type_='foreignkey')
        batch_op.alter_column('person_id',
               existing_type=sa.Uuid(),
               nullable=False)
        batch_op.drop_column('deemed_by')
        batch_op.drop_column('for_id')

    with op.batch_alter_table('approval_step', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_approval_step_submission_id_number_round'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_approval_step_submission_id_number'), ['submission_id', 'number'])
        batch_op.drop_column('superseded_at')
        batch_op.drop_column('round')

    op.drop_table('deadline_change')
    op.drop_table('taken_back')
    op.drop_table('vote')
    op.drop_table('reassignment')
    op.drop_table('absence')
    op.drop_table('watch')
