"""Does it work? Capabilities first, then one login, on receiving and sending together.

verification  both sides at once; the public `verify`
ladder        one server, rung by rung: connect, TLS, greeting, capabilities, login
message       the test message to oneself
dialogue      what the ladder needs of a protocol: imap, pop3, smtp
sasl          the mechanisms for passwords and tokens
dav           contacts and calendars: from a login to the collections
httpauth      the password methods of https
oauth         sign-in in the browser, for whoever has a client id
classify      from a server's refusal to its cause, as a table
failures      from a network failure to its cause
reply, text   what servers say, parsed and made safe to show
talk, clock   time and size limits; is this computer's clock wrong?

No password leaves before TLS is verified, and nothing said before TLS is believed after it.
"""

from wizard.verify.classify import classify
from wizard.verify.dav import find_collections, may_have_password, verify_service
from wizard.verify.message import send_test_message
from wizard.verify.verification import Network, Progress, Side, prepared_password, verify

__all__ = [
    "Network",
    "Progress",
    "Side",
    "classify",
    "find_collections",
    "may_have_password",
    "prepared_password",
    "send_test_message",
    "verify",
    "verify_service",
]
