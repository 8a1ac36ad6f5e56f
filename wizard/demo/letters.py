"""What lies in the demo's mailbox when it opens."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from wizard.demo.mailbox import DRAFT, SEEN, Mailbox

_PICTURE = base64.b64decode("R0lGODlhAgABAIAAAPayay9diiwAAAAAAgABAAACAkQKADs=")  # GIF, 2 x 1 pixels


def fill(mailbox: Mailbox, owner: Address, now: datetime) -> None:
    """Puts the first messages into INBOX, Sent and Drafts; Trash stays empty. `now`: aware."""
    friend = Address("Ben Sailor", "ben", owner.domain)
    host = Address("Demo Mail", "hello", owner.domain)

    welcome = _letter(host, owner, "Welcome to your demo mailbox", now - timedelta(days=3))
    welcome.set_content(
        f"Hello {owner.display_name},\n\n"
        "this mailbox lives inside the mail setup wizard, on this computer only. Nothing here\n"
        "travels over the network, and everything is forgotten when the demo ends.\n\n"
        "Enjoy looking around!\n"
    )
    lunch = _letter(friend, owner, "Déjeuner on Thursday?", now - timedelta(days=1, hours=2))
    lunch.set_content(
        f"Hi {owner.display_name},\n\n"
        "shall we meet at the Café Zürich at half past twelve? My treat – 12 € menu ☺\n\nBen\n"
    )
    photo = _letter(friend, owner, "A photo from the lake", now - timedelta(hours=5))
    photo.set_content("Look how calm it was this morning!\n\nBen\n")
    photo.add_alternative(
        "<p>Look how <b>calm</b> it was this morning!</p><p>Ben</p>", subtype="html"
    )
    photo.add_attachment(_PICTURE, maintype="image", subtype="gif", filename="lake.gif")
    reply = _letter(owner, friend, "Re: Déjeuner on Thursday?", now - timedelta(hours=20))
    reply["In-Reply-To"] = reply["References"] = lunch["Message-ID"]
    reply.set_content("With pleasure. See you there!\n")
    draft = _letter(owner, friend, "Sailing this weekend", now - timedelta(hours=1))
    draft.set_content("Ben, do you still have a free seat in your\n")

    for name, role in (("Drafts", "\\Drafts"), ("Sent", "\\Sent"), ("Trash", "\\Trash")):
        mailbox.create(name, role)
    for name, letter, flags in (
        ("INBOX", welcome, frozenset({SEEN})),
        ("INBOX", lunch, frozenset({SEEN, "\\Answered"})),
        ("INBOX", photo, frozenset[str]()),
        ("Sent", reply, frozenset({SEEN})),
        ("Drafts", draft, frozenset({SEEN, DRAFT})),
    ):
        folder = mailbox.find(name)
        assert folder is not None
        mailbox.add(folder, letter.as_bytes(), letter["Date"].datetime, flags)


def _letter(sender: Address, to: Address, subject: str, when: datetime) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    letter["Date"] = format_datetime(when)
    letter["From"] = sender
    letter["To"] = to
    letter["Subject"] = subject
    letter["Message-ID"] = make_msgid(domain=sender.domain)
    return letter
