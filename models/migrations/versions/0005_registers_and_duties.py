"""Registers with their entries and marks, facts from outside, and duties that stand outside any programme

Revision 0005, after 0004. Only new tables: nothing that was recorded before is touched.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('imported_fact',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('pack', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('value', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_imported_fact_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_imported_fact_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_fact'))
    )
    with op.batch_alter_table('imported_fact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_imported_fact_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_imported_fact_name', ['pack', 'name', 'year'], unique=False)

    op.create_table('register_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ref', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('pack', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('register_key', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=True),
    sa.Column('subject_organisation_id', sa.Uuid(), nullable=True),
    sa.Column('subject_person_id', sa.Uuid(), nullable=True),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('verdicts', sa.JSON(), nullable=False),
    sa.Column('clause', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('file_name', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('annulled_because', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=True),
    sa.Column('identity', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_register_entry_document_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_register_entry_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_register_entry_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_register_entry_programme_id')),
    sa.ForeignKeyConstraint(['subject_organisation_id'], ['organisation.id'], name=op.f('fk_register_entry_subject_organisation_id')),
    sa.ForeignKeyConstraint(['subject_person_id'], ['person.id'], name=op.f('fk_register_entry_subject_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_entry')),
    sa.UniqueConstraint('identity', name=op.f('uq_register_entry_identity')),
    sa.UniqueConstraint('ref', name=op.f('uq_register_entry_ref'))
    )
    with op.batch_alter_table('register_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_entry_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_register_entry_kept', ['pack', 'register_key', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_register_entry_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_register_entry_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_register_entry_subject_organisation_id'), ['subject_organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_register_entry_subject_person_id'), ['subject_person_id'], unique=False)

    op.create_table('standing_duty',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('pack', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('snapshot_id', sa.Uuid(), nullable=False),
    sa.Column('owed_by_id', sa.Uuid(), nullable=False),
    sa.Column('owed_by_role', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('next_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.Column('met_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('late_days', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['owed_by_id'], ['organisation.id'], name=op.f('fk_standing_duty_owed_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_standing_duty_person_id')),
    sa.ForeignKeyConstraint(['snapshot_id'], ['policy_snapshot.id'], name=op.f('fk_standing_duty_snapshot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_standing_duty')),
    sa.UniqueConstraint('pack', 'kind', 'owed_by_id', 'cause', name=op.f('uq_standing_duty_pack_kind_owed_by_id_cause'))
    )
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_standing_duty_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_standing_duty_next', ['state', 'next_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_standing_duty_owed_by_id'), ['owed_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_standing_duty_person_id'), ['person_id'], unique=False)

    op.create_table('entry_mark',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('mark', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('marked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['register_entry.id'], name=op.f('fk_entry_mark_entry_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_entry_mark_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry_mark')),
    sa.UniqueConstraint('entry_id', 'mark', name=op.f('uq_entry_mark_entry_id_mark'))
    )
    with op.batch_alter_table('entry_mark', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_entry_mark_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_entry_mark_entry_id'), ['entry_id'], unique=False)

    op.create_table('standing_rung',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('duty_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('rung', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('fired_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('reached', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['duty_id'], ['standing_duty.id'], name=op.f('fk_standing_rung_duty_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_standing_rung')),
    sa.UniqueConstraint('duty_id', 'number', name=op.f('uq_standing_rung_duty_id_number'))
    )
    with op.batch_alter_table('standing_rung', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_standing_rung_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_standing_rung_duty_id'), ['duty_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('standing_rung', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_standing_rung_duty_id'))
        batch_op.drop_index(batch_op.f('ix_standing_rung_created_at'))

    op.drop_table('standing_rung')
    with op.batch_alter_table('entry_mark', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_entry_mark_entry_id'))
        batch_op.drop_index(batch_op.f('ix_entry_mark_created_at'))

    op.drop_table('entry_mark')
    with op.batch_alter_table('standing_duty', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_standing_duty_person_id'))
        batch_op.drop_index(batch_op.f('ix_standing_duty_owed_by_id'))
        batch_op.drop_index('ix_standing_duty_next')
        batch_op.drop_index(batch_op.f('ix_standing_duty_created_at'))

    op.drop_table('standing_duty')
    with op.batch_alter_table('register_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_entry_subject_person_id'))
        batch_op.drop_index(batch_op.f('ix_register_entry_subject_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_register_entry_programme_id'))
        batch_op.drop_index(batch_op.f('ix_register_entry_organisation_id'))
        batch_op.drop_index('ix_register_entry_kept')
        batch_op.drop_index(batch_op.f('ix_register_entry_created_at'))

    op.drop_table('register_entry')
    with op.batch_alter_table('imported_fact', schema=None) as batch_op:
        batch_op.drop_index('ix_imported_fact_name')
        batch_op.drop_index(batch_op.f('ix_imported_fact_created_at'))

    op.drop_table('imported_fact')
