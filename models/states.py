"""The states that things in Songjiao pass through, and the acts that move them.

Values are text that never changes, stored as they stand here; nothing parses a meaning out of them.
A leaf: imports nothing of ours.
"""

from enum import StrEnum


class ProgrammeLevel(StrEnum):
    """The level that pays for a programme and answers for it (CQ2021-1.1); its local name comes from the pack."""

    NATIONAL = "national"
    PROVINCE = "province"
    MUNICIPAL = "municipal"
    COUNTY = "county"
    SCHOOL = "school"


class ApplicantKind(StrEnum):
    """The kind of body that applies; the approval chains of CQ2021 section 2 differ by it."""

    SCHOOL = "school"
    UNIVERSITY = "university"
    OTHER = "other-institution"


class ProgrammeState(StrEnum):
    """Where a programme as a whole stands."""

    APPLIED = "applied"
    AWARDED = "awarded"
    RUNNING = "running"
    ENDED = "ended"
    EVALUATED = "evaluated"
    REJECTED = "rejected"


class PhaseState(StrEnum):
    """Where one phase of a programme stands. A phase is a flow run in Prefect."""

    OPEN = "open"
    CLOSED = "closed"


class PhaseOutcome(StrEnum):
    """How a phase ended."""

    DONE = "done"
    PASSED = "passed"
    FILED = "filed"
    REJECTED = "rejected"


class ReviewSubject(StrEnum):
    """What an approval chain is about."""

    APPLICATION = "application"
    AWARD = "award"
    PLAN = "implementation-plan"


class SubmissionState(StrEnum):
    """Where one version of a submission stands (labels: 待审核 / 退回待修改 / 已通过 / 已备案)."""

    UNDER_REVIEW = "under-review"
    RETURNED = "returned"
    PASSED = "passed"
    FILED = "filed"
    REJECTED = "rejected"


class TierAction(StrEnum):
    """What a tier does; `file` (备案) is a receipt that cannot reject (CQ2021-2.3)."""

    APPROVE = "approve"
    REVIEW = "review"
    SIGN_AND_SEAL = "sign-and-seal"
    AWARD = "award"
    FILE = "file"


class StepState(StrEnum):
    """Where one tier's step stands. It moves forward only."""

    PENDING = "pending"
    OPEN = "open"
    DECIDED = "decided"
    CANCELLED = "cancelled"


class DecisionOutcome(StrEnum):
    """What a tier may decide."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    FILE = "file"


class NominationState(StrEnum):
    """Where a teacher's way into a session stands (CQ2021-5.3: volunteer, recommend, review; notice by SL2017-5A.2)."""

    VOLUNTEERED = "volunteered"
    RECOMMENDED = "recommended"
    REVIEWED = "reviewed"
    CONFIRMED = "confirmed"
    ALTERNATE = "alternate"
    REFUSED = "refused"
    RETURNED = "returned"
    BROKEN_OFF = "broken-off"
    FINISHED = "finished"


class StageState(StrEnum):
    """Where a training stage (or a part of a delivery without five stages) stands."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class ObligationState(StrEnum):
    """Where an obligation stands. Late is a state of ours, not a failed run."""

    OPEN = "open"
    MET = "met"
    MET_LATE = "met-late"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class Rung(StrEnum):
    """The rungs of the ladder that software climbs; naming in a circular (通报) is only ever done by a person."""

    REMIND = "remind"
    CHASE = "chase"
    ESCALATE = "escalate"


class MessageState(StrEnum):
    """Where a message to a person stands. Sent is not delivered; given up is visible.

    `bundled` waits for the person's digest of the day; `delivered` is known only of services that say so.
    """

    QUEUED = "queued"
    BUNDLED = "bundled"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"
    CANCELLED = "cancelled"


class WayState(StrEnum):
    """How a message fared on one way (mail, channel, fallback)."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED_FOR_NOW = "failed-for-now"
    FAILED_FOR_GOOD = "failed-for-good"


class Door(StrEnum):
    """Through which door an act came in."""

    CLI = "cli"
    RESUME_FORM = "resume-form"
    ON_BEHALF = "on-behalf"
    SYSTEM = "system"
