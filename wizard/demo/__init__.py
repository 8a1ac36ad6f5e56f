"""A mail provider inside the program, on loopback: the demo's other end, and a test's.

provider    the whole: one mailbox, its network, its modes
names       name server (dnspython's zone)
web         https server with the autoconfig document
imap        receiving server: imap_syntax, imap_fetch, imap_search, mime are its pure parts
smtp        sending server
mailbox     folders and messages;  letters: those that lie in it at the start
authority   a certificate authority for as long as it runs
wire        connections;  journal: what clients did
"""

from wizard.demo.journal import Entry, Happening, Journal, Service
from wizard.demo.provider import PROVIDER_NAME, DemoMode, DemoNetwork, DemoProvider

__all__ = [
    "PROVIDER_NAME",
    "DemoMode",
    "DemoNetwork",
    "DemoProvider",
    "Entry",
    "Happening",
    "Journal",
    "Service",
]
