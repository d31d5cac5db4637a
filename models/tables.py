"""All tables in one import, so that metadata is whole for migrations and fixtures."""

from models.documents import Document, Filing, Obligation, RungFired
from models.office import ActKey, AuditEvent, BusinessClock, Counter, FormAsk, Lease, Message, Wake
from models.people import Organisation, Person, RoleAssignment
from models.programme import Phase, PolicySnapshot, Programme, ProgrammeSession, SessionSchool, Strand
from models.review import ApprovalStep, Decision, OneTimeCode, Submission
from models.training import (
    Attendance,
    Ban,
    EvaluationResult,
    Nomination,
    NominationStep,
    PastTraining,
    PublicNotice,
    Score,
    Stage,
)

__all__ = [
    "ActKey",
    "ApprovalStep",
    "Attendance",
    "AuditEvent",
    "Ban",
    "BusinessClock",
    "Counter",
    "Decision",
    "Document",
    "EvaluationResult",
    "Filing",
    "FormAsk",
    "Lease",
    "Message",
    "Nomination",
    "NominationStep",
    "Obligation",
    "OneTimeCode",
    "Organisation",
    "PastTraining",
    "Person",
    "Phase",
    "PolicySnapshot",
    "Programme",
    "ProgrammeSession",
    "PublicNotice",
    "RoleAssignment",
    "RungFired",
    "Score",
    "SessionSchool",
    "Stage",
    "Strand",
    "Submission",
    "Wake",
]
