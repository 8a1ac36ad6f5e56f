"""*Something doesn't work*: what is it?

diagnosis     the run: controls, settings, every server and port, over each address family
probes        looking at one thing: names, a ladder, a port, a known page, a reverse name
whoami        this network's public addresses
surroundings  who is asked besides the provider
board         what was seen so far, and telling whoever watches
scene         what was seen, as facts
judge         from the facts to the one cause; pure
"""

from wizard.diagnose.diagnosis import Login, diagnose
from wizard.diagnose.judge import Judgement, judge
from wizard.diagnose.scene import Servers
from wizard.diagnose.surroundings import PUBLIC, Surroundings, WebControl, WhoAmI, read_surroundings

__all__ = [
    "PUBLIC",
    "Judgement",
    "Login",
    "Servers",
    "Surroundings",
    "WebControl",
    "WhoAmI",
    "diagnose",
    "judge",
    "read_surroundings",
]
