"""Runs inside the lab's Windows: our own code prepares Outlook there, and takes it back.

python.exe outlook_on_windows.py STATE apply | apply-again | cut-off | undo | facts
"""

import json
import os
import sys
from pathlib import Path

from wizard.clients import journal
from wizard.clients.outlook import Outlook
from wizard.model import (
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    EmailAddress,
    Places,
    Provider,
    Security,
    ServerSettings,
    ServerType,
    SourceWords,
    Undone,
)
from wizard.system.windows import outlook_facts

LOGIN = "ada@shop.example"
ACCOUNT = Account(
    EmailAddress("ada", "shop.example"),
    "Ada Lovelace",
    Provider("Shop"),
    ServerSettings(
        ServerType.IMAP, "imap.shop.example", 993, Security.TLS, (AuthMethod.PLAIN,), LOGIN
    ),
    ServerSettings(
        ServerType.SMTP, "smtp.shop.example", 465, Security.TLS, (AuthMethod.PLAIN,), LOGIN
    ),
)


def places(folder: Path) -> Places:
    return Places(
        "windows", folder, folder, folder / "data", folder / "state", facts=outlook_facts()
    )


def planned(here: Places) -> ClientPlan:
    outlook = Outlook()
    plan = outlook.plan(ACCOUNT, outlook.detect(here), here, SourceWords())
    assert isinstance(plan, ClientPlan), plan
    return plan


def act(what: str, here: Places) -> object:
    match what:
        case "facts":
            detected = Outlook().detect(here)
            assert detected is not None
            return [detected.version, detected.profiles[0].accounts, dict(here.facts)]
        case "apply":
            plan = planned(here)
            done = Outlook().apply(plan, here)
            assert isinstance(done, Applied), done
            return [plan.unchanged, [change.path.name for change in plan.changes], done.change_id]
        case "cut-off":

            def stop(step: str) -> None:
                if step == "write 4":
                    os._exit(9)

            return journal.apply(planned(here), here, Outlook(), hook=stop)
        case "undo":
            (change,) = journal.changes(here)
            undone = journal.undo(change.id, here, Outlook())
            assert isinstance(undone, Undone), undone
            return [change.cut_off, [item.key for item in undone.kept]]
        case _:
            raise ValueError(what)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    print(json.dumps(act(sys.argv[2], places(folder))))
