"""`discover` finds the right servers for every class of domain, and logs in nowhere."""

import pytest

from tests.lab.domains import CLASSES, DomainClass
from tests.lab.internet import Internet
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab


@pytest.fixture(scope="session")
def classes(internet: Internet) -> Internet:
    """The internet with a domain of each class in it."""
    for domain_class in CLASSES:
        domain_class.publish(internet)
    return internet


@pytest.mark.parametrize("domain_class", CLASSES, ids=lambda one: one.domain.partition(".")[0])
def test_each_class_of_domain_gets_its_right_answer(
    classes: Internet, wizard: Wizard, domain_class: DomainClass
) -> None:
    outcome = wizard.run("discover", domain_class.address)
    document = outcome.document
    assert document["schema"] == 1
    assert document["address"] == domain_class.address
    if domain_class.servers is None:
        assert outcome.exit_code == 3
        assert document["ok"] is False
        assert document["problem"]["title"]
        return
    assert outcome.exit_code == 0, str(outcome)
    assert document["ok"] is True
    for found, right in (
        (document["incoming"][0], domain_class.servers.incoming),
        (document["outgoing"][0], domain_class.servers.outgoing),
    ):
        assert (found["type"], found["host"]) == (right.type, right.host)
        assert (found["port"], found["security"]) == (right.port, right.security)
        assert found["username"] == domain_class.address
        assert found["evidence"]
