"""Many people at once: a list goes in, a folder per person and a summary come out.

people   the list (CSV) and the passwords file, read with every bad row named by its line
names    a folder name for any address, on any file system
polite   how fast a provider may be asked, and when it may not be asked any more
runner   the work: at most eight at a time, resumable, one bad row never stops the others
record   what is done already, kept so that a run can be cut off at any point

The network, the files and the words are handed in; this room knows none of them.
"""

from wizard.batch.names import folder_name
from wizard.batch.people import (
    ListFault,
    PasswordsFault,
    Person,
    Roster,
    RowFault,
    read_passwords,
    read_roster,
)
from wizard.batch.polite import Manners
from wizard.batch.record import Record
from wizard.batch.runner import Outcome, State, Worker, run

__all__ = [
    "ListFault",
    "Manners",
    "Outcome",
    "PasswordsFault",
    "Person",
    "Record",
    "Roster",
    "RowFault",
    "State",
    "Worker",
    "folder_name",
    "read_passwords",
    "read_roster",
    "run",
]
