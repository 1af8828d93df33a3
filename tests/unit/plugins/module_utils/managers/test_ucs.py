# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UCS Central, its domains and a UCS Manager alone, where they do not go as documented."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer, LoginRefused, ManagerError, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.managers.config import ManagerConfig
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ucs import UcsManager
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.scripted_http import Asked, Say, ScriptedServer

Attributes = dict[str, str]
WRONG_PASSWORD = '<aaaLogin cookie="" response="yes" errorCode="551" invocationResult="unidentified-fail" errorDescr="Authentication failed"/>'
COOKIE = "1700000000/11111111-2222-3333-4444-555555555555"


def ls(name: str, org: str = "org-root", pn: str = "sys/chassis-1/blade-1", **more: str) -> tuple[str, Attributes]:
    return "lsServer", {"dn": f"{org}/ls-{name}", "name": name, "type": "instance", "pnDn": pn, **more}


def vnic(profile_dn: str, addr: str = "00:25:B5:00:00:01") -> tuple[str, Attributes]:
    return "vnicEther", {"dn": f"{profile_dn}/ether-eth0", "name": "eth0", "addr": addr, "operVcon": "1", "operOrder": "1", "order": "1"}


def pooled(profile_dn: str, addr: str = "192.0.2.51") -> tuple[str, Attributes]:
    return "vnicIpV4PooledAddr", {"dn": f"{profile_dn}/ipv4-pooled-addr", "addr": addr}


def blade(dn: str = "sys/chassis-1/blade-1", assigned: str = "") -> tuple[str, Attributes]:
    return "computeBlade", {"dn": dn, "serial": "FLM1", "model": "UCSB-B200-M5", "assignedToDn": assigned}


class Ucs:
    """A small UCS system at one endpoint: objects by class, DN and filter. `without`: queries that it does not know."""

    def __init__(self, *objects: tuple[str, Attributes], endpoint: str = "/nuova", without: tuple[str, ...] = ()) -> None:
        self.objects, self.endpoint, self.without = objects, endpoint, without
        self.special: dict[str, list[str]] = {}
        self.methods: list[str] = []

    def __call__(self, asked: Asked) -> Say:
        if asked.path != self.endpoint:
            return Say("<html>nothing here</html>", status=404)
        request = ElementTree.fromstring(asked.body)
        self.methods.append(request.tag)
        if self.special.get(request.tag):
            return Say(self.special[request.tag].pop(0))
        if request.tag in self.without:
            return Say(f'<error cookie="" response="yes" errorCode="ERR-xml-parse-error" invocationResult="594" errorDescr="{request.tag} is not expected."/>')
        if request.tag == "aaaLogin":
            return Say(f'<aaaLogin cookie="" response="yes" outCookie="{COOKIE}" outRefreshPeriod="600"/>')
        if request.tag == "aaaLogout":
            return Say('<aaaLogout cookie="" response="yes" outStatus="success"/>')
        answer = ElementTree.Element(request.tag, {"cookie": COOKIE, "response": "yes"})
        out = ElementTree.SubElement(answer, "outConfigs")
        for kind, attributes in self.objects:
            if self.fits(request, kind, attributes):
                ElementTree.SubElement(out, kind, attributes)
        return Say(ElementTree.tostring(answer))

    @staticmethod
    def fits(request: ElementTree.Element, kind: str, attributes: Attributes) -> bool:
        dn = attributes["dn"]
        if request.tag == "configResolveDn":
            return dn == request.get("dn") or (request.get("inHierarchical") == "true" and dn.startswith(f"{request.get('dn')}/"))
        if request.tag == "configResolveDns":
            return dn in {one.get("value") for one in request.iter("dn")}
        if request.tag == "configResolveClasses":
            return kind in {one.get("value") for one in request.iter("classId")}
        patterns = list(request.iter("wcard"))
        return kind == request.get("classId") and (not patterns or any(
            re.search(one.get("value", ""), attributes.get(one.get("property", ""), "")) for one in patterns))


def central(*objects: tuple[str, Attributes], **options: Any) -> Ucs:
    return Ucs(*objects, endpoint="/xmlIM/central-mgr", **options)


def glob(name: str, **more: str) -> tuple[str, Attributes]:
    return ls(name, pn="compute/sys-1008/chassis-1/blade-1", domain="dom1", domainDn="compute/sys-1008", **more)


def system(address: str, number: int = 1008, name: str = "dom1") -> tuple[str, Attributes]:
    return "computeSystem", {"dn": f"compute/sys-{number}", "name": name, "address": address}


def registration(state: str) -> tuple[str, Attributes]:
    return "extpolClient", {"dn": "extpol/reg/clients/client-1008", "name": "dom1", "ip": "192.0.2.10", "operState": state}


@contextmanager
def asking(ucs: Ucs, kind: str = "ucs", **options: Any) -> Iterator[UcsManager]:
    with ScriptedServer(ucs) as server:
        manager = UcsManager(ManagerConfig("ucs", kind, server.url, "automation", "pa55", validate_certs=False, **options))
        try:
            yield manager
        finally:
            manager.logout()


def failure(ucs: Ucs, kind: type[ManagerError], manager_type: str = "ucs") -> str:
    with asking(ucs, manager_type) as manager:
        with pytest.raises(kind) as caught:
            manager.find(["n1"])
        return re.sub(r"http://[\d.:]+", "URL", str(caught.value))


ALONE = (ls("n1"), vnic("org-root/ls-n1"), pooled("org-root/ls-n1"), blade())


@pytest.mark.parametrize("kind", ["ucs", "ucsm"])
def test_a_ucs_manager_alone_is_recognised_and_answers_in_few_requests(kind: str) -> None:
    ucs = Ucs(*ALONE)
    with asking(ucs, kind) as manager:
        found = manager.find(["N1"])["N1"]
        assert isinstance(found, Server)
        assert (found.bmc_address, found.nics[0].mac, found.serial, found.model) == ("192.0.2.51", "00:25:b5:00:00:01", "FLM1", "UCSB-B200-M5")
    assert ucs.methods == ["aaaLogin", "configResolveClass", "configResolveDns", "configResolveDn", "aaaLogout"]


def test_many_names_are_read_in_one_sweep() -> None:
    ucs = Ucs(*(one for at in range(40) for one in (ls(f"n{at}", pn=f"sys/rack-unit-{at}"), vnic(f"org-root/ls-n{at}"), pooled(f"org-root/ls-n{at}"))))
    with asking(ucs) as manager:
        assert all(isinstance(one, Server) for one in manager.find(f"n{at}" for at in range(40)).values())
    assert (ucs.methods[0], ucs.methods[-1]) == ("aaaLogin", "aaaLogout")
    assert sorted(ucs.methods[1:-1]) == ["configResolveClass", "configResolveClasses"]       # asked in parallel


def test_filters_nest_by_ten() -> None:
    ucs = Ucs()
    with ScriptedServer(ucs) as server:
        manager = UcsManager(ManagerConfig("ucs", "ucsm", server.url, "automation", "pa55", validate_certs=False))
        manager.find(f"n{at}" for at in range(100))
        manager.logout()
        request = next(ElementTree.fromstring(asked.body) for asked in server.asked if b"inFilter" in asked.body)
    assert max(len(element) for element in request.iter() if element.tag in ("or", "and")) == 10
    assert len(list(request.iter("wcard"))) == 100


@pytest.mark.parametrize("without", [("configResolveClasses",), ("configResolveDns",)])
@pytest.mark.parametrize("names", [["n1"], ["n1", "n2"]])
def test_a_query_that_is_not_known_is_replaced_by_others(without: tuple[str, ...], names: list[str]) -> None:
    with asking(Ucs(*ALONE, without=without)) as manager:
        assert isinstance(manager.find(names)["n1"], Server)


def test_a_name_in_two_orgs_is_ambiguous_and_its_dn_is_not() -> None:
    twin = "org-root/org-lab/ls-N1"
    ucs = Ucs(*ALONE, ls("N1", "org-root/org-lab", "sys/rack-unit-2"), vnic(twin, "00:25:b5:00:00:02"), pooled(twin, "192.0.2.52"))
    with asking(ucs) as manager:
        found = manager.find(["n1", twin])
        assert isinstance(found["n1"], Reason) and found["n1"].reason == "Ambiguous"
        assert "(org-root/ls-n1, org-root/org-lab/ls-N1); ask for one of them by its DN, or rename all but one." in found["n1"].message
        assert isinstance(found[twin], Server)
        assert isinstance(manager.find([twin])[twin], Server)


def test_templates_and_profiles_without_a_server() -> None:
    with asking(Ucs(("lsServer", {"dn": "org-root/ls-n1", "name": "n1", "type": "updating-template", "pnDn": ""}), ls("n2", pn=""))) as manager:
        found = manager.find(["n1", "n2", "n3"])
        assert [found[name].reason for name in ("n1", "n2", "n3")] == ["NotFound", "Unassigned", "NotFound"]        # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["n.", ".*", "n1|n2", "(n1)", "[n]1", "n1<&>", "*"])
def test_a_name_that_looks_like_a_pattern_or_markup_means_only_itself(name: str) -> None:
    with asking(Ucs(*ALONE)) as manager:
        assert manager.find([name])[name].reason == "NotFound"      # type: ignore[union-attr]


def test_central_is_enough_where_it_knows_all() -> None:
    machine = blade("compute/sys-1008/chassis-1/blade-1", "org-root/ls-n1")
    ucs = central(glob("n1"), vnic("org-root/ls-n1"), pooled("org-root/ls-n1"), machine, system("192.0.2.10"))
    for names in (["n1"], ["n1", "n9"]):
        with asking(ucs) as manager:
            found = manager.find(names)["n1"]
            assert isinstance(found, Server) and (found.serial, found.manager) == ("FLM1", "ucs")


@pytest.mark.parametrize("names", [["n1"], ["n1", "n9"]])
@pytest.mark.parametrize("override", [True, False])
def test_a_domain_is_asked_for_what_central_does_not_know(names: list[str], override: bool) -> None:
    domain = Ucs(ls("n1"), vnic("org-root/ls-n1"), blade(assigned="org-root/ls-n1"))
    with ScriptedServer(domain) as server:
        options = {"domains": {"DOM1": server.url}} if override else {}
        ucs = central(glob("n1"), vnic("org-root/ls-n1", "derived"), pooled("org-root/ls-n1"), system("192.0.2.10" if override else server.url))
        with asking(ucs, domain_username="reader", domain_password="other", **options) as manager:
            found = manager.find(names)["n1"]
            assert isinstance(found, Server)
            assert (found.bmc_address, found.nics[0].mac, found.serial) == ("192.0.2.51", "00:25:b5:00:00:01", "FLM1")
        assert b'inName="reader"' in server.asked[0].body
    assert (domain.methods.count("aaaLogin"), domain.methods.count("aaaLogout")) == (1, 1)


def test_a_local_profile_is_found_through_the_machine_it_is_assigned_to() -> None:
    domain = Ucs(ls("n1", "org-root/org-a"), vnic("org-root/org-a/ls-n1"), pooled("org-root/org-a/ls-n1"), blade(assigned="org-root/org-a/ls-n1"))
    with ScriptedServer(domain) as server:
        with asking(central(blade("compute/sys-1008/chassis-1/blade-1", "org-root/org-a/ls-n1"), system(server.url))) as manager:
            for names in (["n1"], ["n1", "n2"]):
                assert isinstance(manager.find(names)["n1"], Server)


def test_a_dead_domain_delays_only_its_own_servers_and_its_state_is_said() -> None:
    with ScriptedServer(Ucs()) as gone:
        pass
    ucs = central(glob("n1"), ls("n2", pn="compute/sys-1009/rack-unit-1", domainDn="compute/sys-1009"), vnic("org-root/ls-n2"), pooled("org-root/ls-n2"),
                  system(gone.url), registration("lost-visibility"))
    with asking(ucs) as manager:
        found = manager.find(["n1", "n2"])
        assert isinstance(found["n2"], Server)
        assert found["n1"] == Reason(
            "ManagerUnreachable", f"ucs, domain dom1 ({gone.url}) cannot be reached: Connection refused; check its url, and that it runs. "
                                  "UCS Central says that this domain is lost-visibility.")


def test_a_domain_that_refuses_the_login_says_which_options_to_correct() -> None:
    domain = Ucs()
    domain.special["aaaLogin"] = [WRONG_PASSWORD]
    with ScriptedServer(domain) as server:
        with asking(central(glob("n1"), system(server.url))) as manager:
            assert manager.find(["n1"])["n1"] == Reason(
                "LoginRefused", f"ucs, domain dom1 ({server.url}) refused the login of user 'automation': Authentication failed (code 551); correct "
                                "domain_username and domain_password of this manager.")


def test_a_domain_without_an_address_says_what_to_give() -> None:
    with asking(central(glob("n1"), system("0.0.0.0"))) as manager:
        found = manager.find(["n1"])["n1"]
        assert isinstance(found, Reason) and found.message.endswith("does not say where domain dom1 answers; give its address in domains of this manager.")


def test_wrong_password() -> None:
    ucs = Ucs()
    ucs.special["aaaLogin"] = [WRONG_PASSWORD]
    assert failure(ucs, LoginRefused) == (
        "ucs (URL) refused the login of user 'automation': Authentication failed (code 551); correct username and password of this manager.")
    assert ucs.methods == ["aaaLogin"]


def test_a_full_session_table_may_pass() -> None:
    ucs = Ucs()
    ucs.special["aaaLogin"] = ['<aaaLogin response="yes" errorCode="572" errorDescr="User reached maximum session limit"/>']
    assert failure(ucs, ManagerUnreachable) == (
        "ucs (URL) has no free session for user 'automation': User reached maximum session limit; it is asked again later.")


def test_html_instead_of_xml() -> None:
    assert failure(Ucs(endpoint="/other"), InvalidAnswer) == (
        "ucs (URL) answered with an HTML page instead of XML (HTTP 404); check that url and type name the right system.")


@pytest.mark.parametrize("head", ['<!DOCTYPE aaaLogin [<!ENTITY a "aa">]>', "<! doctype x>", '<?xml version="1.0"?><!ENTITY x "y">'])
def test_a_document_type_or_entity_is_refused(head: str) -> None:
    ucs = Ucs()
    ucs.special["aaaLogin"] = [head + '<aaaLogin outCookie="1/2"/>']
    assert failure(ucs, InvalidAnswer, "ucsm") == "ucs (URL) sent XML with a DOCTYPE or ENTITY, which no UCS system does; check what answers at this url."


def test_another_encoding_hides_no_entity() -> None:
    with ScriptedServer(lambda _asked: Say('<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"))) as server:
        manager = UcsManager(ManagerConfig("ucs", "ucsm", server.url, "automation", "pa55", validate_certs=False))
        with pytest.raises(InvalidAnswer):
            manager.find(["n1"])
        manager.logout()


EXPIRED = '<configResolveClass cookie="x" response="yes" errorCode="552" invocationResult="service-unavailable" errorDescr="Authorization required"/>'


def test_an_expired_session_is_renewed_once() -> None:
    ucs = Ucs(*ALONE)
    ucs.special["configResolveClass"] = [EXPIRED]
    with asking(ucs) as manager:
        assert isinstance(manager.find(["n1"])["n1"], Server)
    assert (ucs.methods.count("aaaLogin"), ucs.methods.count("aaaLogout")) == (2, 2)


def test_a_second_552_is_a_missing_right() -> None:
    ucs = Ucs(*ALONE)
    ucs.special["configResolveClass"] = [EXPIRED] * 3
    assert failure(ucs, LoginRefused) == "ucs (URL) does not let user 'automation' read: Authorization required (code 552); give the user that right."


def test_a_logout_of_a_session_that_is_gone_is_fine_and_another_failure_is_a_warning() -> None:
    for code, warnings in (("555", 0), ("552", 0), ("999", 1)):
        ucs = Ucs(*ALONE)
        ucs.special["aaaLogout"] = [f'<aaaLogout response="yes" errorCode="{code}" errorDescr="Session not found"/>']
        with asking(ucs) as manager:
            manager.find(["n1"])
            manager.logout()
            assert len(manager.warnings) == warnings


def test_a_redirect_to_the_leading_interconnect_is_followed_and_remembered() -> None:
    leader = Ucs(*ALONE)
    with ScriptedServer(leader) as there, ScriptedServer(lambda _asked: Say(status=302, headers={"Location": f"{there.url}/nuova"})) as here:
        manager = UcsManager(ManagerConfig("ucs", "ucsm", here.url, "automation", "pa55", validate_certs=False))
        assert isinstance(manager.find(["n1"])["n1"], Server)
        manager.logout()
        assert len(here.asked) == 1 and leader.methods[-1] == "aaaLogout"
