"""A recording takes the same turns again, needs no network, and names nobody."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.fakes.clock import run_jumping
from tests.fakes.network import (
    FOREVER,
    IMAP_STARTTLS,
    SMTP_TLS,
    FakeNetwork,
    FakeServer,
)
from tests.unit.discovery.support import (
    address,
    autoconfig_url,
    database,
    document,
    small_pack,
    well_known,
)
from wizard.discovery import discover
from wizard.discovery.recording import Recorder, Terms
from wizard.discovery.replay import RecordingFault, Replay, load_recording, same_outcome
from wizard.model import DiscoveryResult, Found, NothingFound, Source
from wizard.net.failure import CertificateFacts, NetFailure, Trouble
from wizard.net.http import HttpReply
from wizard.net.resolver import Mx, Srv

WHO = "marianne.lang+x@example.com"


def recorded(fake: FakeNetwork, who: str = WHO) -> tuple[DiscoveryResult, str]:
    async def go() -> tuple[DiscoveryResult, str]:
        recorder = Recorder(fake, address(who))
        result = await discover(address(who), recorder, small_pack())
        return result, recorder.to_json()

    return run_jumping(go())


def replayed(text: str, who: str = WHO) -> DiscoveryResult:
    async def go() -> DiscoveryResult:
        replay = load_recording(text, address(who))
        assert isinstance(replay, Replay), replay
        return await discover(address(who), replay, small_pack())

    return run_jumping(go())


def busy_network() -> FakeNetwork:
    fake = FakeNetwork()
    fake.resolver.delay, fake.http.delay = 0.05, 0.2
    fake.resolver.records["MX", "example.com"] = [Mx(10, "mx.hoster.example")]
    fake.resolver.records["A", "example.com"] = ["192.0.2.1"]
    fake.resolver.records["A", "imap.example.com"] = ["192.0.2.2"]
    fake.resolver.records["A", "smtp.example.com"] = ["192.0.2.2"]
    fake.resolver.records["TXT", "_ua-auto-config.example.com"] = ["v=spf1"]
    fake.resolver.records["SRV", "_pop3._tcp.example.com"] = [Srv(0, 0, 0, "")]
    fake.resolver.records["A", "autodiscover.example.com"] = ["192.0.2.3"]
    fake.http.pages[well_known()] = b"\xff\xfe broken"
    fake.http.pages[database()] = 404
    fake.http.delays["autodiscover.example.com"] = FOREVER
    fake.connector.servers = {
        ("imap.example.com", 993): FakeServer(
            tls_failure=NetFailure(
                Trouble.CERTIFICATE, verify_code=62, certificate=CertificateFacts(("x.test",))
            )
        ),
        ("imap.example.com", 143): replace(IMAP_STARTTLS, delay=0.1),
        ("smtp.example.com", 465): replace(SMTP_TLS, greeting=b"220 hello [203.0.113.77]"),
    }
    return fake


def found_network() -> FakeNetwork:
    fake = busy_network()
    who = "marianne.lang%2Bx%40example.com"
    fake.http.pages[autoconfig_url(who=who)] = HttpReply(
        "https://cfg.example.net/c",
        200,
        {"set-cookie": "secret=1", "content-type": "text/xml"},
        document(username="%EMAILADDRESS%").replace(
            b"Example Mail", b"Mail of marianne.lang+x@example.com"
        ),
        (autoconfig_url(who=""),),
    )
    return fake


@pytest.mark.parametrize("network", [busy_network, found_network])
def test_a_replay_comes_to_the_same_end(network: object) -> None:
    assert callable(network)
    result, text = recorded(network())
    again = replayed(text)
    assert type(again) is type(result)
    assert isinstance(result, Found)
    assert isinstance(again, Found)
    assert again.incoming == result.incoming
    assert again.outgoing == result.outgoing
    assert [s.evidence for s in again.incoming] == [s.evidence for s in result.incoming]
    assert again.reports == result.reports
    assert again.ms == result.ms
    assert again.provider == result.provider


def test_a_search_without_result_replays_too() -> None:
    fake = busy_network()
    fake.connector.servers.clear()
    result, text = recorded(fake)
    assert isinstance(result, NothingFound)
    assert replayed(text).reports == result.reports


def test_what_a_host_is_another_name_of_is_recorded_too() -> None:
    fake = FakeNetwork()
    fake.resolver.records["A", "autodiscover.example.com"] = ["192.0.2.3"]
    fake.resolver.aliases["autodiscover.example.com"] = ("mx.known.test",)
    result, text = recorded(fake)
    again = replayed(text)
    assert isinstance(result, Found)
    assert isinstance(again, Found)
    assert again.incoming == result.incoming
    assert again.incoming[0].host == "imap.known.test"


def test_nothing_personal_is_in_a_recording() -> None:
    _, text = recorded(found_network())
    assert "marianne" not in text
    assert "203.0.113.77" not in text
    assert "secret=1" not in text
    assert "redacted-person%40example.com" in text
    assert "redacted-person@example.com" in text


def test_a_short_local_part_is_taken_out_too_and_bytes_stay_what_they_were() -> None:
    for who, raw in (
        ("jo@example.com", document(username="jo")),
        ("jo@example.com", document(username="JO@EXAMPLE.COM")),
        (WHO, document(username="marianne.lang+x")),
        (WHO, document().decode().replace("Example", "Marianne.Lang+x é").encode("latin-1")),
        (
            WHO,
            document(username=WHO).decode().replace("?>", ' encoding="utf-16"?>').encode("utf-16"),
        ),
    ):
        fake = busy_network()
        fake.http.pages[well_known()] = raw
        result, text = recorded(fake, who)
        for trace in ("marianne", "m\\u0000a\\u0000r", ">jo", "JO@"):
            assert trace not in text
        again = replayed(text, who)
        # Another case than the person's own is hidden too, and comes back as they write it.
        assert same_outcome(result, again) is (b"JO@" not in raw)


def test_a_replay_asks_what_the_search_asked() -> None:
    fake = found_network()

    async def go() -> str:
        terms = Terms(timeout=3.0, only=frozenset({Source.SRV, Source.MX}), all_sources=True)
        recorder = Recorder(fake, address(WHO), terms)
        await discover(address(WHO), recorder, small_pack(), only=terms.only)
        return recorder.to_json()

    replay = load_recording(run_jumping(go()), address(WHO))
    assert isinstance(replay, Replay)
    assert replay.terms == Terms(3.0, frozenset({Source.SRV, Source.MX}), True)


@pytest.mark.parametrize("moment", ["1e999", "NaN", "-1", "1e400"])
def test_moments_that_no_clock_has(moment: str) -> None:
    _, text = recorded(found_network())
    damaged = re.sub(r'"ms": [0-9.]+', f'"ms": {moment}', text)
    assert isinstance(load_recording(damaged, address(WHO)), RecordingFault)


def test_support_replays_it_for_an_address_of_their_own() -> None:
    _, text = recorded(found_network())
    again = replayed(text, "support@example.com")
    assert isinstance(again, Found)
    assert again.incoming[0].username == "support@example.com"


def test_what_was_not_recorded_gets_no_answer() -> None:
    _, text = recorded(found_network())
    empty = json.dumps(json.loads(text) | {"dns": [], "http": [], "connections": []})
    result = replayed(empty)
    assert not isinstance(result, Found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a recording"),
        ('{"kind": "other"}', "not a recording"),
        ('{"kind": "discovery-recording", "schema": 9}', "another version"),
        ('{"kind": "discovery-recording", "schema": 1, "domain": "b.example"}', "another domain"),
        ('{"kind": "discovery-recording", "schema": 1, "domain": "example.com"}', "damaged"),
    ],
)
def test_what_is_no_recording(text: str, reason: str) -> None:
    fault = load_recording(text, address())
    assert isinstance(fault, RecordingFault)
    assert reason in fault.reason


def test_a_damaged_recording_is_refused_not_crashed_on() -> None:
    _, text = recorded(busy_network())
    whole = json.loads(text)
    wrong: tuple[object, ...] = (None, [], {}, "x", -1, [None])
    for section in ("dns", "http", "connections"):
        for place, entry in enumerate(whole[section]):
            for key in entry:
                for value in wrong:
                    damaged = json.loads(text)
                    damaged[section][place][key] = value
                    loaded = load_recording(json.dumps(damaged), address(WHO))
                    assert isinstance(loaded, (Replay, RecordingFault))
