# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated UCS Central and UCS Managers keep the rules of the XML API."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
import requests

from tests.fixtures.vendor_samples import attributes_by_tag
from tests.simulators.inventory import generate
from tests.simulators.ucs_central import UcsSystem
from tests.simulators.ucs_xml import UcsSimulator


@pytest.fixture
def system() -> Iterator[UcsSystem]:
    with UcsSystem(generate("ucs", 40, odd=True)) as running:
        yield running


class Api:
    """Asks one of them as a client does."""

    def __init__(self, simulator: UcsSimulator, path: str, plain_client: requests.Session) -> None:
        self.url, self.client, self.cookie = simulator.url + path, plain_client, ""

    def post(self, text: str) -> Element:
        answer = self.client.post(self.url, data=text, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 200
        return fromstring(answer.content)

    def login(self, password: str = "secret") -> Element:
        answer = self.post(f"<aaaLogin inName='admin' inPassword='{password}'/>")
        self.cookie = answer.get("outCookie", "")
        return answer

    def ask(self, method: str, inner: str = "", **attributes: str) -> Element:
        text = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        return self.post(f'<{method} cookie="{self.cookie}" {text}>{inner}</{method}>')

    def names(self, condition: str, **attributes: str) -> list[str]:
        answer = self.ask("configResolveClass", f"<inFilter>{condition}</inFilter>", classId="lsServer", **attributes)
        assert answer.get("errorCode") is None, answer.attrib
        return [found.get("name", "") for found in answer.iterfind("outConfigs/lsServer")]


@pytest.fixture
def central(system: UcsSystem, plain_client: requests.Session) -> Api:
    api = Api(system.central, "/xmlIM/central-mgr", plain_client)
    api.login()
    return api


@pytest.fixture
def manager(system: UcsSystem, plain_client: requests.Session) -> Api:
    api = Api(system.managers[0], "/nuova", plain_client)
    api.login()
    return api


def named(name: str, test: str = "eq") -> str:
    return f'<{test} class="lsServer" property="name" value="{name}"/>'


def test_login_refresh_logout(system: UcsSystem, manager: Api) -> None:
    old = manager.cookie
    refreshed = manager.post(f'<aaaRefresh inCookie="{old}" inName="admin" inPassword="secret"/>')
    assert manager.ask("configResolveDn", dn="sys").attrib == {
        "dn": "sys", "cookie": old, "response": "yes", "errorCode": "552", "invocationResult": "service-unavailable", "errorDescr": "Authorization required"}
    manager.cookie = refreshed.get("outCookie", "")
    assert manager.ask("configResolveDn", dn="sys").find("outConfig/topSystem") is not None
    assert manager.post(f'<aaaLogout inCookie="{manager.cookie}"/>').get("outStatus") == "success"
    assert manager.post(f'<aaaLogout inCookie="{manager.cookie}"/>').get("errorCode") == "555"
    assert system.managers[0].counters.open_sessions == 0


def test_logins_that_are_refused(system: UcsSystem, manager: Api) -> None:
    assert manager.login("wrong").get("errorCode") == "551"
    system.managers[0].quirks.sessions_per_user = 1
    assert manager.login().get("errorCode") == "572"


@pytest.mark.parametrize("text", ["<configResolveClas/>", "no xml", "<a", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_not_understood_is_an_error_with_status_200(manager: Api, text: str) -> None:
    answer = manager.post(text)
    assert (answer.tag, answer.get("errorCode"), answer.get("invocationResult")) == ("error", "ERR-xml-parse-error", "594")


def test_a_standby_interconnect_sends_elsewhere(system: UcsSystem, plain_client: requests.Session) -> None:
    system.managers[0].quirks.redirect_to = system.managers[1].url
    answer = plain_client.post(f"{system.managers[0].url}/nuova", data="<aaaLogin/>", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{system.managers[1].url}/nuova")


def test_paths(system: UcsSystem, plain_client: requests.Session) -> None:
    login = "<aaaLogin inName='admin' inPassword='secret'/>"
    for url in (f"{system.managers[0].url}/nuova", f"{system.managers[0].url}/nuova/", f"{system.url}/xmlIM/", f"{system.url}/xmlIM/resource-mgr"):
        assert "outCookie" in plain_client.post(url, data=login).text
    assert plain_client.post(f"{system.url}/nuova", data=login).status_code == 404


def test_what_the_vendors_kits_ask_after_login(manager: Api, central: Api) -> None:
    assert len(manager.ask("configResolveClass", classId="networkElement", inHierarchical="false").findall("outConfigs/networkElement")) == 2
    for api in (manager, central):
        assert api.ask("configResolveDn", dn="sys/fw-system").find("outConfig/firmwareRunning") is not None
        found = api.ask("configResolveDns", '<inDns><dn value="org-root"/><dn value="nope"/></inDns>')
        assert found.find("outConfigs/orgOrg") is not None and [dn.get("value") for dn in found.iterfind("outUnresolved/dn")] == ["nope"]


def test_filters(central: Api) -> None:
    one = "cisco-node-02"
    assert set(central.names(named(one))) == {one}
    assert central.names(named(one.upper())) == []
    assert set(central.names(named("node-0[12]$", "wcard"))) == {"cisco-node-01", one}
    assert set(central.names(f'<and><eq class="lsServer" property="type" value="instance"/><or>{named("cisco-node-01")}{named(one)}</or></and>')) == {
        "cisco-node-01", one}
    assert one not in central.names(f"<not>{named(one)}</not>") and one not in central.names(named(one, "ne"))
    assert central.names('<bw class="lsServer" property="intId" firstValue="1" secondValue="2"/>') == []
    assert central.names("<gt class='lsServer' property='intId' value='5353999'/>")
    assert central.ask("configResolveClass", "<inFilter><like/></inFilter>", classId="lsServer").tag == "error"


def test_a_filter_of_more_than_ten_parts_may_be_refused(system: UcsSystem, central: Api) -> None:
    text = "<or>" + "".join(named(f"cisco-node-{number:02d}") for number in range(1, 13)) + "</or>"
    assert len(central.names(text)) >= 8
    system.central.quirks.most_filter_parts = 10
    assert central.ask("configResolveClass", f"<inFilter>{text}</inFilter>", classId="lsServer").get("errorCode") == "ERR-xml-parse-error"


def test_children_scope_dns_and_classes(system: UcsSystem, manager: Api) -> None:
    server = next(one for one in system.inventory.servers if one.kind == "pooled")
    dn = f"org-root/ls-{server.name}"
    names = [found.get("name") for found in manager.ask("configResolveChildren", inDn=dn, classId="vnicEther").iterfind("outConfigs/vnicEther")]
    assert names == ["eth0", "eth1", "eth10", "eth2"]
    assert len(manager.ask("configScope", dn=dn, inClass="vnicEther", inRecursive="false").findall("outConfigs/vnicEther")) == 4
    assert manager.ask("configScope", dn="org-root", inClass="vnicEther", inRecursive="false").findall("outConfigs/*") == []
    assert manager.ask("configScope", dn="org-root", inClass="vnicEther", inRecursive="true").findall("outConfigs/*")
    found = manager.ask("configFindDnsByClassId", f"<inFilter>{named(server.name)}</inFilter>", classId="lsServer")
    assert dn in [one.get("value") for one in found.iterfind("outDns/dn")]
    both = manager.ask("configResolveClasses", '<inIds><classId value="vnicEther"/><classId value="mgmtIf"/></inIds>')
    assert {one.tag for one in both.iterfind("outConfigs/*")} == {"vnicEther", "mgmtIf"}


def test_what_is_below_has_its_relative_name_only(system: UcsSystem, central: Api) -> None:
    server = next(one for one in system.inventory.servers if one.kind == "named-boot")
    answer = central.ask("configResolveDn", dn=f"org-root/ls-{server.name}", inHierarchical="true")
    profile = answer.find("outConfig/lsServer")
    assert profile is not None and profile.get("dn") == f"org-root/ls-{server.name}"
    assert all(one.get("dn") is None and one.get("rn") for one in profile.iter() if one is not profile)
    assert profile.find("lsbootDef/lsbootLan/lsbootLanImagePath[@type='primary']").get("vnicName") == "eth2"       # type: ignore[union-attr]


def test_nothing_found_is_no_error(manager: Api) -> None:
    assert manager.ask("configResolveDn", dn="org-root/ls-nope").find("outConfig/*") is None
    assert manager.names(named("nope")) == []
    assert manager.ask("configResolveClass", classId="noSuchClass").get("errorCode") == "ERR-xml-parse-error"


def test_central_gives_classes_in_parts(central: Api) -> None:
    part = central.ask("configResolveClass", classId="lsServer", inLimit="5", inOffset="2")
    whole = central.ask("configResolveClass", classId="lsServer").findall("outConfigs/lsServer")
    assert [one.attrib for one in part.findall("outConfigs/lsServer")] == [one.attrib for one in whole[2:7]]
    assert part.get("outTotalCount") == str(len(whole))
    count = central.ask("configResolveClass", classId="lsServer", inReturnCountOnly="true")
    assert count.get("outTotalCount") == str(len(whole)) and count.find("outConfigs/*") is None


def test_central_may_not_know_configresolveclasses(system: UcsSystem, central: Api) -> None:
    system.central.quirks.classes_work = False
    assert central.ask("configResolveClasses", '<inIds><classId value="vnicEther"/></inIds>').tag == "error"


def test_central_says_where_its_domains_answer(system: UcsSystem, central: Api) -> None:
    found = {one.get("name"): one.get("address") for one in central.ask("configResolveClass", classId="computeSystem").iterfind("outConfigs/*")}
    assert found == {one.domain.name: one.url.removeprefix("http://") for one in system.managers}
    system.inventory.lose_domain("dom2")
    states = {one.get("name"): one.get("operState") for one in central.ask("configResolveClass", classId="extpolClient").iterfind("outConfigs/*")}
    assert states == {"dom1": "registered", "dom2": "lost-visibility"}


def test_central_knows_global_profiles_and_of_local_ones_the_blade(system: UcsSystem, central: Api) -> None:
    local = next(one for one in system.inventory.servers if one.kind == "local")
    shared = next(one for one in system.inventory.servers if one.kind == "pooled")
    assert central.names(named(local.name)) == [] and shared.name in central.names(named(shared.name))
    blades = central.ask("configResolveClass", classId="computeBlade").findall("outConfigs/computeBlade")
    assert {local.serial, shared.serial} <= {blade.get("serial") for blade in blades}


@pytest.mark.parametrize(("name", "method", "kind"), [
    ("ls-server-by-names-response", "configResolveClass", "lsServer"), ("compute-blade", "configResolveClass", "computeBlade"),
    ("adaptor-host-eth-if", "configResolveClass", "adaptorHostEthIf"), ("network-element", "configResolveClass", "networkElement"),
    ("top-system", "configResolveDn", "sys"), ("firmware-running", "configResolveDn", "sys/fw-system"),
    ("ls-server-hierarchical", "configResolveDn", "org-root/ls-cisco-node-02"),
])
def test_manager_looks_as_recorded(
    system: UcsSystem, plain_client: requests.Session, vendor_sample: Callable[[str], Any], name: str, method: str, kind: str,
) -> None:
    seen: dict[str, set[str]] = {}
    for one in system.managers:
        api = Api(one, "/nuova", plain_client)
        api.login()
        answer = api.ask(method, **({"classId": kind} if method == "configResolveClass" else {"dn": kind, "inHierarchical": "true"}))
        for tag, attributes in attributes_by_tag(answer).items():
            seen.setdefault(tag, set()).update(attributes)
    for tag, attributes in attributes_by_tag(vendor_sample(f"ucsm/{name}.xml")).items():
        assert attributes <= seen.get(tag, set()), tag


def test_sweep_looks_as_recorded(manager: Api, vendor_sample: Callable[[str], Any]) -> None:
    recorded = attributes_by_tag(vendor_sample("ucsm/classes-response.xml"))
    kinds = "".join(f'<classId value="{tag}"/>' for tag in recorded if not tag.startswith(("config", "out")))
    ours = attributes_by_tag(manager.ask("configResolveClasses", f"<inIds>{kinds}</inIds>", inHierarchical="false"))
    for tag, attributes in recorded.items():
        assert attributes <= ours.get(tag, set()), tag


@pytest.mark.parametrize(("name", "kind"), [
    ("ls-server-by-names-response", "lsServer"), ("compute-system", "computeSystem"), ("extpol-client", "extpolClient"), ("top-system", "topSystem"),
    ("children-vnic-ether", "vnicEther"), ("children-vnic-ipv4-pooled", "vnicIpV4PooledAddr"),
])
def test_central_looks_as_recorded(central: Api, vendor_sample: Callable[[str], Any], name: str, kind: str) -> None:
    ours = attributes_by_tag(central.ask("configResolveClass", classId=kind))
    assert attributes_by_tag(vendor_sample(f"ucs-central/{name}.xml"))[kind] <= ours[kind]


def test_sessions_and_errors_look_as_recorded(system: UcsSystem, manager: Api, central: Api, vendor_sample: Callable[[str], Any]) -> None:
    assert set(vendor_sample("ucsm/login-response.xml").attrib) <= set(manager.login().attrib)
    assert set(vendor_sample("ucs-central/login-response.xml").attrib) <= set(central.login().attrib)
    assert vendor_sample("ucsm/login-error-551.xml").attrib == manager.login("wrong").attrib
    manager.cookie = "stale"
    assert vendor_sample("ucsm/error-552-cookie.xml").attrib == manager.ask("configResolveDn", dn="sys").attrib
    assert vendor_sample("ucsm/error-parse.xml").attrib == manager.post("<configResolveClas/>").attrib
