"""The tables of the first year: programmes from application to evaluation

Revision 0001, the first.
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('act_key',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('operation', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('fingerprint', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('answer', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act_key')),
    sa.UniqueConstraint('key', name=op.f('uq_act_key_key'))
    )
    with op.batch_alter_table('act_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_act_key_created_at'), ['created_at'], unique=False)

    op.create_table('business_clock',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('offset_seconds', sa.Float(), nullable=False),
    sa.Column('frozen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_business_clock'))
    )
    op.create_table('counter',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counter'))
    )
    op.create_table('document',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('media_type', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('sha256', name=op.f('uq_document_sha256'))
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_created_at'), ['created_at'], unique=False)

    op.create_table('lease',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('holder', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=True),
    sa.Column('host', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('pid', sa.Integer(), nullable=False),
    sa.Column('process_started_at', sa.Float(), nullable=False),
    sa.Column('taken_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lease')),
    sa.UniqueConstraint('name', name=op.f('uq_lease_name'))
    )
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lease_created_at'), ['created_at'], unique=False)

    op.create_table('organisation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('level', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('rural', sa.Boolean(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('sample', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['organisation.id'], name=op.f('fk_organisation_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('name', name=op.f('uq_organisation_name'))
    )
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_organisation_parent_id'), ['parent_id'], unique=False)

    op.create_table('policy_snapshot',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_snapshot')),
    sa.UniqueConstraint('hash', name=op.f('uq_policy_snapshot_hash'))
    )
    with op.batch_alter_table('policy_snapshot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_policy_snapshot_created_at'), ['created_at'], unique=False)

    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ref', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('email', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('locale', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_person_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('ref', name=op.f('uq_person_ref'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_person_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_person_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('programme',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ref', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('short_name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('region_code', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('level', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('applicant_kind', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('theme', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.Column('host_id', sa.Uuid(), nullable=False),
    sa.Column('snapshot_id', sa.Uuid(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('budget_total', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('budget_confirmed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('event_number', sa.Integer(), nullable=False),
    sa.Column('observed_number', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=True),
    sa.Column('run_settled', sa.Boolean(), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('sample', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['host_id'], ['organisation.id'], name=op.f('fk_programme_host_id')),
    sa.ForeignKeyConstraint(['snapshot_id'], ['policy_snapshot.id'], name=op.f('fk_programme_snapshot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme')),
    sa.UniqueConstraint('ref', name=op.f('uq_programme_ref'))
    )
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_programme_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_programme_host_id'), ['host_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_programme_state'), ['state'], unique=False)

    op.create_table('audit_event',
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('door', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('previous_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_audit_event_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_audit_event_programme_id')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_event')),
    sa.UniqueConstraint('hash', name=op.f('uq_audit_event_hash'))
    )
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_event_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_event_programme_id'), ['programme_id'], unique=False)

    op.create_table('evaluation_result',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('total', sa.Numeric(precision=6, scale=2), nullable=False),
    sa.Column('closed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_evaluation_result_programme_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation_result')),
    sa.UniqueConstraint('programme_id', name=op.f('uq_evaluation_result_programme_id'))
    )
    with op.batch_alter_table('evaluation_result', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_evaluation_result_created_at'), ['created_at'], unique=False)

    op.create_table('past_training',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_past_training_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_past_training'))
    )
    with op.batch_alter_table('past_training', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_past_training_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_past_training_person_id'), ['person_id'], unique=False)

    op.create_table('role_assignment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_role_assignment_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_assignment_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_assignment')),
    sa.UniqueConstraint('person_id', 'organisation_id', 'role', name=op.f('uq_role_assignment_person_id_organisation_id_role'))
    )
    with op.batch_alter_table('role_assignment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_assignment_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_role_assignment_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_role_assignment_person_id'), ['person_id'], unique=False)

    op.create_table('score',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('value', sa.Numeric(precision=6, scale=2), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('entered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_score_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_score_programme_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score')),
    sa.UniqueConstraint('programme_id', 'source', name=op.f('uq_score_programme_id_source'))
    )
    with op.batch_alter_table('score', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_score_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_score_programme_id'), ['programme_id'], unique=False)

    op.create_table('strand',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_strand_programme_id')),
    sa.ForeignKeyConstraint(['team_id'], ['organisation.id'], name=op.f('fk_strand_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_strand')),
    sa.UniqueConstraint('programme_id', 'number', name=op.f('uq_strand_programme_id_number'))
    )
    with op.batch_alter_table('strand', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_strand_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_strand_programme_id'), ['programme_id'], unique=False)

    op.create_table('submission',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('verdicts', sa.JSON(), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('submitted_by_id', sa.Uuid(), nullable=False),
    sa.Column('submitted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_submission_document_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_submission_programme_id')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['person.id'], name=op.f('fk_submission_submitted_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('programme_id', 'subject', 'version', name=op.f('uq_submission_programme_id_subject_version'))
    )
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_submission_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_submission_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_submission_state'), ['state'], unique=False)

    op.create_table('approval_step',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('submission_id', sa.Uuid(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('role', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('opened_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('closed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_approval_step_organisation_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_approval_step_programme_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_approval_step_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_step')),
    sa.UniqueConstraint('submission_id', 'number', name=op.f('uq_approval_step_submission_id_number'))
    )
    with op.batch_alter_table('approval_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_approval_step_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_approval_step_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_approval_step_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_approval_step_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_approval_step_submission_id'), ['submission_id'], unique=False)

    op.create_table('programme_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('strand_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('county_id', sa.Uuid(), nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('list_confirmed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['county_id'], ['organisation.id'], name=op.f('fk_programme_session_county_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_programme_session_programme_id')),
    sa.ForeignKeyConstraint(['strand_id'], ['strand.id'], name=op.f('fk_programme_session_strand_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_session')),
    sa.UniqueConstraint('strand_id', 'number', name=op.f('uq_programme_session_strand_id_number'))
    )
    with op.batch_alter_table('programme_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_programme_session_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_programme_session_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_programme_session_strand_id'), ['strand_id'], unique=False)

    op.create_table('decision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('step_id', sa.Uuid(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('comment', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('on_behalf_of', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('door', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('decided_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_decision_document_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_decision_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_decision_programme_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_decision_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision')),
    sa.UniqueConstraint('step_id', name=op.f('uq_decision_step_id'))
    )
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decision_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_decision_programme_id'), ['programme_id'], unique=False)

    op.create_table('form_ask',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('step_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('taken_in_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answer', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=True),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_form_ask_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_form_ask')),
    sa.UniqueConstraint('run_id', 'number', name=op.f('uq_form_ask_run_id_number'))
    )
    with op.batch_alter_table('form_ask', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_form_ask_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_form_ask_run_id'), ['run_id'], unique=False)

    op.create_table('nomination',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('school_id', sa.Uuid(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('refusal', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=True),
    sa.Column('refusal_basis', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
    sa.Column('checked_in_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_nomination_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_nomination_programme_id')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_nomination_school_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_nomination_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nomination')),
    sa.UniqueConstraint('session_id', 'person_id', name=op.f('uq_nomination_session_id_person_id'))
    )
    with op.batch_alter_table('nomination', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nomination_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_nomination_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_nomination_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_nomination_school_id'), ['school_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_nomination_session_id'), ['session_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_nomination_state'), ['state'], unique=False)

    op.create_table('one_time_code',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('step_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('nonce', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('locked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('used_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_one_time_code_person_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_one_time_code_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_code')),
    sa.UniqueConstraint('step_id', 'person_id', name=op.f('uq_one_time_code_step_id_person_id'))
    )
    with op.batch_alter_table('one_time_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_time_code_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_one_time_code_step_id'), ['step_id'], unique=False)

    op.create_table('phase',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('flow', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('target', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('school_id', sa.Uuid(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('opened_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('closed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('observed_number', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=True),
    sa.Column('run_settled', sa.Boolean(), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_phase_programme_id')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_phase_school_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_phase_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phase')),
    sa.UniqueConstraint('programme_id', 'key', 'target', name=op.f('uq_phase_programme_id_key_target'))
    )
    with op.batch_alter_table('phase', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_phase_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_phase_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_phase_state'), ['state'], unique=False)

    op.create_table('public_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('school_id', sa.Uuid(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('objections', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_public_notice_school_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_public_notice_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_notice')),
    sa.UniqueConstraint('session_id', 'school_id', name=op.f('uq_public_notice_session_id_school_id'))
    )
    with op.batch_alter_table('public_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_public_notice_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_public_notice_session_id'), ['session_id'], unique=False)

    op.create_table('session_school',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('school_id', sa.Uuid(), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_session_school_school_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_session_school_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_school')),
    sa.UniqueConstraint('session_id', 'school_id', name=op.f('uq_session_school_session_id_school_id'))
    )
    with op.batch_alter_table('session_school', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_session_school_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_session_school_school_id'), ['school_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_session_school_session_id'), ['session_id'], unique=False)

    op.create_table('stage',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('school_id', sa.Uuid(), nullable=True),
    sa.Column('target', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('place', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('hours', sa.Numeric(precision=7, scale=2), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('planned_from', sa.Date(), nullable=False),
    sa.Column('planned_to', sa.Date(), nullable=False),
    sa.Column('actual_from', sa.Date(), nullable=True),
    sa.Column('actual_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_stage_programme_id')),
    sa.ForeignKeyConstraint(['school_id'], ['organisation.id'], name=op.f('fk_stage_school_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_stage_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stage')),
    sa.UniqueConstraint('session_id', 'key', 'target', name=op.f('uq_stage_session_id_key_target'))
    )
    with op.batch_alter_table('stage', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stage_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_session_id'), ['session_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stage_state'), ['state'], unique=False)

    op.create_table('attendance',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('stage_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('hours', sa.Numeric(precision=7, scale=2), nullable=False),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_attendance_nomination_id')),
    sa.ForeignKeyConstraint(['stage_id'], ['stage.id'], name=op.f('fk_attendance_stage_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('stage_id', 'nomination_id', name=op.f('uq_attendance_stage_id_nomination_id'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_nomination_id'), ['nomination_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_stage_id'), ['stage_id'], unique=False)

    op.create_table('ban',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('levels', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=False),
    sa.Column('clause', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('nomination_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_ban_nomination_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ban_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ban'))
    )
    with op.batch_alter_table('ban', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ban_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_ban_person_ends', ['person_id', 'ends_on'], unique=False)

    op.create_table('filing',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('target', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=False),
    sa.Column('file_name', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('stage_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('covers', sa.Integer(), nullable=False),
    sa.Column('submitted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('late_days', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_filing_document_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_filing_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_filing_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_filing_programme_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_filing_session_id')),
    sa.ForeignKeyConstraint(['stage_id'], ['stage.id'], name=op.f('fk_filing_stage_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filing')),
    sa.UniqueConstraint('programme_id', 'kind', 'target', 'version', name=op.f('uq_filing_programme_id_kind_target_version'))
    )
    with op.batch_alter_table('filing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_filing_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_filing_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_filing_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_filing_stage_id'), ['stage_id'], unique=False)

    op.create_table('nomination_step',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('step', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('basis', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('acted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_nomination_step_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_nomination_step_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_nomination_step_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nomination_step')),
    sa.UniqueConstraint('nomination_id', 'step', name=op.f('uq_nomination_step_nomination_id_step'))
    )
    with op.batch_alter_table('nomination_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nomination_step_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_nomination_step_nomination_id'), ['nomination_id'], unique=False)

    op.create_table('wake',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('phase_id', sa.Uuid(), nullable=True),
    sa.Column('event_number', sa.Integer(), nullable=False),
    sa.Column('done_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_wake_phase_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_wake_programme_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wake'))
    )
    with op.batch_alter_table('wake', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wake_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_wake_open', ['done_at', 'created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_wake_phase_id'), ['phase_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_wake_programme_id'), ['programme_id'], unique=False)

    op.create_table('obligation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('target', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('step_id', sa.Uuid(), nullable=True),
    sa.Column('owed_by_id', sa.Uuid(), nullable=False),
    sa.Column('owed_by_role', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('next_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('moves', sa.Integer(), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.Column('met_by_id', sa.Uuid(), nullable=True),
    sa.Column('met_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('late_days', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['met_by_id'], ['filing.id'], name=op.f('fk_obligation_met_by_id')),
    sa.ForeignKeyConstraint(['owed_by_id'], ['organisation.id'], name=op.f('fk_obligation_owed_by_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_obligation_programme_id')),
    sa.ForeignKeyConstraint(['session_id'], ['programme_session.id'], name=op.f('fk_obligation_session_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_obligation_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_obligation')),
    sa.UniqueConstraint('programme_id', 'kind', 'target', 'number', name=op.f('uq_obligation_programme_id_kind_target_number'))
    )
    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_obligation_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_obligation_next', ['state', 'next_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_obligation_owed_by_id'), ['owed_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_obligation_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_obligation_step_id'), ['step_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('programme_id', sa.Uuid(), nullable=True),
    sa.Column('obligation_id', sa.Uuid(), nullable=True),
    sa.Column('step_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('locale', sqlmodel.sql.sqltypes.AutoString(length=10), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('sent_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('error', sqlmodel.sql.sqltypes.AutoString(length=400), nullable=True),
    sa.Column('repeated', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['obligation_id'], ['obligation.id'], name=op.f('fk_message_obligation_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_message_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_message_person_id')),
    sa.ForeignKeyConstraint(['programme_id'], ['programme.id'], name=op.f('fk_message_programme_id')),
    sa.ForeignKeyConstraint(['step_id'], ['approval_step.id'], name=op.f('fk_message_step_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('key', name=op.f('uq_message_key'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_message_due', ['state', 'next_try_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_obligation_id'), ['obligation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_programme_id'), ['programme_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_step_id'), ['step_id'], unique=False)

    op.create_table('rung_fired',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('obligation_id', sa.Uuid(), nullable=False),
    sa.Column('move', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('rung', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('fired_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('reached', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['obligation_id'], ['obligation.id'], name=op.f('fk_rung_fired_obligation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rung_fired')),
    sa.UniqueConstraint('obligation_id', 'move', 'number', name=op.f('uq_rung_fired_obligation_id_move_number'))
    )
    with op.batch_alter_table('rung_fired', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rung_fired_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_rung_fired_obligation_id'), ['obligation_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('rung_fired', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rung_fired_obligation_id'))
        batch_op.drop_index(batch_op.f('ix_rung_fired_created_at'))

    op.drop_table('rung_fired')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_step_id'))
        batch_op.drop_index(batch_op.f('ix_message_programme_id'))
        batch_op.drop_index(batch_op.f('ix_message_obligation_id'))
        batch_op.drop_index('ix_message_due')
        batch_op.drop_index(batch_op.f('ix_message_created_at'))

    op.drop_table('message')
    with op.batch_alter_table('obligation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_obligation_step_id'))
        batch_op.drop_index(batch_op.f('ix_obligation_programme_id'))
        batch_op.drop_index(batch_op.f('ix_obligation_owed_by_id'))
        batch_op.drop_index('ix_obligation_next')
        batch_op.drop_index(batch_op.f('ix_obligation_created_at'))

    op.drop_table('obligation')
    with op.batch_alter_table('wake', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wake_programme_id'))
        batch_op.drop_index(batch_op.f('ix_wake_phase_id'))
        batch_op.drop_index('ix_wake_open')
        batch_op.drop_index(batch_op.f('ix_wake_created_at'))

    op.drop_table('wake')
    with op.batch_alter_table('nomination_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nomination_step_nomination_id'))
        batch_op.drop_index(batch_op.f('ix_nomination_step_created_at'))

    op.drop_table('nomination_step')
    with op.batch_alter_table('filing', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_filing_stage_id'))
        batch_op.drop_index(batch_op.f('ix_filing_programme_id'))
        batch_op.drop_index(batch_op.f('ix_filing_kind'))
        batch_op.drop_index(batch_op.f('ix_filing_created_at'))

    op.drop_table('filing')
    with op.batch_alter_table('ban', schema=None) as batch_op:
        batch_op.drop_index('ix_ban_person_ends')
        batch_op.drop_index(batch_op.f('ix_ban_created_at'))

    op.drop_table('ban')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_stage_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_nomination_id'))
        batch_op.drop_index(batch_op.f('ix_attendance_created_at'))

    op.drop_table('attendance')
    with op.batch_alter_table('stage', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stage_state'))
        batch_op.drop_index(batch_op.f('ix_stage_session_id'))
        batch_op.drop_index(batch_op.f('ix_stage_programme_id'))
        batch_op.drop_index(batch_op.f('ix_stage_created_at'))

    op.drop_table('stage')
    with op.batch_alter_table('session_school', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_session_school_session_id'))
        batch_op.drop_index(batch_op.f('ix_session_school_school_id'))
        batch_op.drop_index(batch_op.f('ix_session_school_created_at'))

    op.drop_table('session_school')
    with op.batch_alter_table('public_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_public_notice_session_id'))
        batch_op.drop_index(batch_op.f('ix_public_notice_created_at'))

    op.drop_table('public_notice')
    with op.batch_alter_table('phase', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_phase_state'))
        batch_op.drop_index(batch_op.f('ix_phase_programme_id'))
        batch_op.drop_index(batch_op.f('ix_phase_created_at'))

    op.drop_table('phase')
    with op.batch_alter_table('one_time_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_time_code_step_id'))
        batch_op.drop_index(batch_op.f('ix_one_time_code_created_at'))

    op.drop_table('one_time_code')
    with op.batch_alter_table('nomination', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nomination_state'))
        batch_op.drop_index(batch_op.f('ix_nomination_session_id'))
        batch_op.drop_index(batch_op.f('ix_nomination_school_id'))
        batch_op.drop_index(batch_op.f('ix_nomination_programme_id'))
        batch_op.drop_index(batch_op.f('ix_nomination_person_id'))
        batch_op.drop_index(batch_op.f('ix_nomination_created_at'))

    op.drop_table('nomination')
    with op.batch_alter_table('form_ask', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_form_ask_run_id'))
        batch_op.drop_index(batch_op.f('ix_form_ask_created_at'))

    op.drop_table('form_ask')
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_decision_programme_id'))
        batch_op.drop_index(batch_op.f('ix_decision_created_at'))

    op.drop_table('decision')
    with op.batch_alter_table('programme_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_programme_session_strand_id'))
        batch_op.drop_index(batch_op.f('ix_programme_session_programme_id'))
        batch_op.drop_index(batch_op.f('ix_programme_session_created_at'))

    op.drop_table('programme_session')
    with op.batch_alter_table('approval_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_approval_step_submission_id'))
        batch_op.drop_index(batch_op.f('ix_approval_step_state'))
        batch_op.drop_index(batch_op.f('ix_approval_step_programme_id'))
        batch_op.drop_index(batch_op.f('ix_approval_step_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_approval_step_created_at'))

    op.drop_table('approval_step')
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_submission_state'))
        batch_op.drop_index(batch_op.f('ix_submission_programme_id'))
        batch_op.drop_index(batch_op.f('ix_submission_created_at'))

    op.drop_table('submission')
    with op.batch_alter_table('strand', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_strand_programme_id'))
        batch_op.drop_index(batch_op.f('ix_strand_created_at'))

    op.drop_table('strand')
    with op.batch_alter_table('score', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_score_programme_id'))
        batch_op.drop_index(batch_op.f('ix_score_created_at'))

    op.drop_table('score')
    with op.batch_alter_table('role_assignment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_role_assignment_person_id'))
        batch_op.drop_index(batch_op.f('ix_role_assignment_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_role_assignment_created_at'))

    op.drop_table('role_assignment')
    with op.batch_alter_table('past_training', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_past_training_person_id'))
        batch_op.drop_index(batch_op.f('ix_past_training_created_at'))

    op.drop_table('past_training')
    with op.batch_alter_table('evaluation_result', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_evaluation_result_created_at'))

    op.drop_table('evaluation_result')
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_event_programme_id'))
        batch_op.drop_index(batch_op.f('ix_audit_event_kind'))

    op.drop_table('audit_event')
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_programme_state'))
        batch_op.drop_index(batch_op.f('ix_programme_host_id'))
        batch_op.drop_index(batch_op.f('ix_programme_created_at'))

    op.drop_table('programme')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_person_created_at'))

    op.drop_table('person')
    with op.batch_alter_table('policy_snapshot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_policy_snapshot_created_at'))

    op.drop_table('policy_snapshot')
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organisation_parent_id'))
        batch_op.drop_index(batch_op.f('ix_organisation_kind'))
        batch_op.drop_index(batch_op.f('ix_organisation_created_at'))

    op.drop_table('organisation')
    with op.batch_alter_table('lease', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lease_created_at'))

    op.drop_table('lease')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_created_at'))

    op.drop_table('document')
    op.drop_table('counter')
    op.drop_table('business_clock')
    with op.batch_alter_table('act_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_act_key_created_at'))

    op.drop_table('act_key')
