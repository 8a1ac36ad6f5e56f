"""A company that lets websites out through a proxy, which a PAC file names: the real desktop
settings, GLib's real PAC runner with its JavaScript, a real tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.documents import autoconfig, tls_servers
from tests.lab.internet import DEAD, Internet
from tests.lab.proxy import Tunnel, serve_pac
from tests.lab.requirements import need_namespaces, need_programs, unavailable
from tests.lab.wire import WireBroken
from tests.lab.wizard import Wizard

pytestmark = pytest.mark.lab

_RUNNER = Path("/usr/share/dbus-1/services/org.gtk.GLib.PACRunner.service")
_ENGINES = Path("/usr/lib/x86_64-linux-gnu/libproxy")
_PAC = """
function FindProxyForURL(url, host) {{
  if (dnsDomainIs(host, ".inside.example")) return "DIRECT";
  return "PROXY {first}; PROXY {proxy}; {last}";
}}
"""
_SET = """
gsettings set org.gnome.system.proxy mode "$0"
gsettings set org.gnome.system.proxy autoconfig-url "$1"
"""


@pytest.fixture(scope="module")
def company() -> Iterator[Internet]:
    need_namespaces()
    need_programs("gsettings", "dbus-run-session")
    if not _RUNNER.exists() or not list(_ENGINES.glob("*/modules/pacrunner_*.so")):
        unavailable("glib-networking-services and libproxy1-plugin-webkit are not installed")
    with ExitStack() as stack:
        net = Internet(0.01)
        try:
            stack.enter_context(net)
        except (WireBroken, OSError) as error:
            unavailable(f"network namespaces are not permitted ({error})")
        host = "mail.shop.example"
        net.names.publish({"shop.example": {"MX": [f"10 {host}."]}, host: {"A": [DEAD]}})
        net.publish_page(
            "https://autoconfig.shop.example/mail/config-v1.1.xml",
            autoconfig("shop.example", "Shop", tls_servers(host, host)),
        )
        net.serve_host("www.shop.example")
        net.serve_host("shop.example")
        # Everything else is for the proxy alone.
        net.wire.swallow("0.0.0.0/0", (443, 993, 143, 995, 465, 587, 25, 110))
        yield net


@pytest.fixture(scope="module")
def tunnel(company: Internet) -> Tunnel:
    proxy = Tunnel(company, company.new_address())
    proxy.open()
    return proxy


@pytest.fixture
def person(company: Internet, tmp_path: Path) -> Wizard:
    home = tmp_path / "home"
    home.mkdir()
    return Wizard(company, home)


def configure(person: Wizard, mode: str, url: str) -> None:
    """As the desktop's own settings page does it."""
    done = person.internet.home.run(
        ["dbus-run-session", "--", "sh", "-ec", _SET, mode, url],
        env={"HOME": str(person.home_folder), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("first", ["44.128.1.99:9", f"{DEAD}:3128"])
def test_settings_come_in_through_the_proxy_a_pac_file_names(
    company: Internet, tunnel: Tunnel, person: Wizard, first: str
) -> None:
    """Also where another proxy comes first that refuses, or that swallows everything."""
    script = _PAC.format(first=first, proxy=f"{tunnel.address}:3128", last="DIRECT")
    configure(person, "auto", serve_pac(company, script))
    tunnel.heads.clear()
    outcome = person.run("discover", "ada@shop.example")
    assert outcome.exit_code == 0, str(outcome)
    found = outcome.document
    assert found["proxy"] == "automatic"
    assert found["incoming"][0]["host"] == "mail.shop.example"
    assert found["incoming"][0]["evidence"][0]["source"] == "autoconfig"
    assert "automatic proxy configuration" in outcome.stderr
    assert any(head.startswith(b"CONNECT autoconfig.shop.example:443") for head in tunnel.heads)
    told = b"".join(tunnel.heads).lower()
    assert b"ada" not in told
    assert b"authorization" not in told


def test_without_a_word_from_the_pac_file_the_way_is_direct(
    company: Internet, person: Wizard
) -> None:
    """Its server refuses, or swallows everything; the search goes on without it."""
    for url in ("http://44.128.1.98/proxy.pac", f"http://{DEAD}/proxy.pac"):
        configure(person, "auto", url)
        document = person.run("discover", "ada@shop.example").document
        assert document["proxy"] == "automatic-silent"
        assert document["ms"] < 10_500


def test_a_pac_file_that_says_direct_or_socks(company: Internet, person: Wizard) -> None:
    for said, use in (("DIRECT", "automatic"), ("SOCKS 44.128.1.98:1080", "unsupported")):
        script = f'function FindProxyForURL(url, host) {{ return "{said}"; }}'
        configure(person, "auto", serve_pac(company, script))
        assert person.run("discover", "ada@shop.example").document["proxy"] == use


def test_mail_that_the_proxy_does_not_carry_is_reported_as_such(
    company: Internet, tunnel: Tunnel, person: Wizard
) -> None:
    script = _PAC.format(
        first=f"{tunnel.address}:3128", proxy=f"{tunnel.address}:3128", last="DIRECT"
    )
    configure(person, "auto", serve_pac(company, script))
    outcome = person.run("diagnose", "ada@shop.example")
    verdict = outcome.document["verdict"]
    assert (verdict["cause"], verdict["kind"]) == (6, "port-blocked"), str(outcome)
    assert f"{tunnel.address}:3128" in verdict["explanation"]
    assert "proxy-automatic" in {clue["kind"] for clue in outcome.document["clues"]}
    assert outcome.document["ms"] < 15_000
    tested = person.run("verify", "ada@shop.example", "--password-stdin", stdin="secret\n")
    assert tested.document["incoming"]["problem"]["kind"] == "port-blocked", str(tested)
    assert b"secret" not in b"".join(tunnel.heads)


def test_a_fixed_proxy_of_the_desktop(company: Internet, tunnel: Tunnel, person: Wizard) -> None:
    more = f"""
    gsettings set org.gnome.system.proxy.https host {tunnel.address}
    gsettings set org.gnome.system.proxy.https port 3128
    """
    done = company.home.run(
        ["dbus-run-session", "--", "sh", "-ec", _SET + more, "manual", ""],
        env={"HOME": str(person.home_folder), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    document = person.run("discover", "ada@shop.example").document
    assert (document["proxy"], document["incoming"][0]["port"]) == ("fixed", 993)


def test_kde_s_pac_file(company: Internet, tunnel: Tunnel, person: Wizard) -> None:
    address = f"{tunnel.address}:3128"
    url = serve_pac(company, _PAC.format(first=address, proxy=address, last="DIRECT"))
    config = person.home_folder / ".config"
    config.mkdir()
    (config / "kioslaverc").write_text(
        f"[Proxy Settings]\nProxyType=2\nProxy Config Script={url}\n"
    )
    plasma = Wizard(company, person.home_folder, {"XDG_CURRENT_DESKTOP": "KDE"})
    assert plasma.run("discover", "ada@shop.example").document["proxy"] == "automatic"
