"""How a message of the outbox reads, for whoever looks after the office. Sends nothing, and shows no code."""

import uuid
from pathlib import Path

from ledger.digests import DIGEST, contents
from models.act import Act
from models.office import Message
from models.people import Person
from notifications.words import Words, words


def preview(act: Act, message_id: uuid.UUID, overrides: Path | None = None) -> Words:
    """The words of a message as its reader gets them; `overrides` is the office's own folder of templates."""
    row = act.session.get_one(Message, message_id)
    who = act.session.get(Person, row.person_id) if row.person_id else None
    return words(
        {
            "id": row.id,
            "kind": row.kind,
            "locale": row.locale,
            "facts": row.facts | contents(act, row) if row.kind == DIGEST else row.facts,
            "person_ref": who.ref if who else None,
            "person_name": who.name if who else None,
            "repeated": row.repeated,
        },
        overrides,
    )
