# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server refuses by the CRDs' rules and what our code refuses is the same, in the same words.

A cluster may still hold a CRD without these rules, so the code has them too. Wrong JSON types are left to the schema alone: no server
with any CRD of this kind lets them through.
"""
from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.availability import occupies_slot
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.generators import ROLES, Request, asks
from ansible_collections.baremetal.generator.plugins.module_utils.manifests import webhook_rules
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.webhook import device_name_fault

from tests.cluster.client import ApiClient, ApiRefused, Object
from tests.cluster.real import RealCluster
from tests.fixtures.cluster import crds
from tests.simulators.kubernetes import KubernetesSimulator


@dataclass(frozen=True)
class Case:
    """A generator: its spec beside infraEnv, its name, and the words of the refusal (None = it is fine, "" = refused by the schema itself)."""

    title: str
    spec: dict[str, Any]
    refused: str | None = None
    name: str = "hpe-node-1"

    def generator(self) -> Object:
        """As somebody applies it."""
        spec = {key: value for key, value in {"infraEnv": "env-1", **self.spec}.items() if value is not None}
        return {"apiVersion": GENERATOR.api_version, "kind": GENERATOR.kind, "metadata": {"name": self.name, "namespace": "default"}, "spec": spec}


def network(**fields: Any) -> dict[str, Any]:
    """A spec with just a network."""
    return {"networkConfig": fields}


SERVER_NAME = "serverName must be 1 to 255 printable characters that neither begin nor end with a blank"
INFRA_ENV = "infraEnv must be the name of an InfraEnv, 1 to 63 lower-case letters, digits, dashes or dots, beginning and ending with a letter or digit"
BUFFER_NAME = "buffer must be the name of a BareMetalHostBuffer, 1 to 63 lower-case letters, digits, dashes or dots, " \
    "beginning and ending with a letter or digit"
NAMESPACE = "namespace must be 1 to 63 lower-case letters, digits or dashes, beginning and ending with a letter or digit"
VENDOR = "server_vendor must be HP, DELL or CISCO"
LABEL_VALUE = "a label must be at most 63 letters, digits, dashes, underscores or dots, beginning and ending with a letter or digit"
LABEL_OURS = "labels must not name infraenvs.agent-install.openshift.io or any of infra.example.com, these are set for you"
LABEL_NAME = ("one of labels cannot be the name of a label, at most 63 letters, digits, dashes, underscores or dots, "
              "with or without a prefix such as example.com/")
VLAN = "vlanId must be a VLAN from 1 to 4094"
NIC_NAME = "must be a Linux interface name, 1 to 15 letters, digits, dots, dashes or underscores"
MAC_INDEX = 'must be "first", "last" or a position counted from "0"'
PAIR = "nicName and macIndex go together, give both or none"
LISTS = "nicNames and macIndices go together, give both or none"
EQUALLY = "nicNames and macIndices must be equally long"
NOT_BOTH = "give either nicName and macIndex or nicNames and macIndices, not both"
TWICE_NAME = "nicNames must not name one interface twice"
TWICE_INDEX = "macIndices must not choose one NIC twice"
DIFFER = "networkConfig and network (its older spelling) are both given and differ, keep one of them"
LONG_NAME = ("without a spec.serverName that is a DNS name of at most 63 characters the host takes the name of this object, "
             "which must not be longer than 63 characters")

CASES = [
    Case("nothing but an InfraEnv", {}),
    Case("every field", {
        "serverName": "HPE-Node-1.rack", "namespace": "metal", "server_vendor": "hp", "labels": {"example.com/rack": "r1", "zone": ""},
        "networkConfig": {"vlanId": 100, "nicNames": ["eno1", "ens8f0np0.1"], "macIndices": ["first", "2"]}, "buffer": "gpu",
        "host": {"role": "worker", "clusterReference": "metal/one", "rootDeviceHints": {"deviceName": "/dev/sda"}, "bootMode": "UEFI",
                 "automatedCleaningMode": "disabled", "bmcCredentials": "bmc"},
    }),
    Case("no InfraEnv", {"infraEnv": None}, ""),
    Case("empty InfraEnv", {"infraEnv": ""}, INFRA_ENV),
    Case("InfraEnv of 63", {"infraEnv": "e" * 63}),
    Case("InfraEnv of 64", {"infraEnv": "e" * 64}, INFRA_ENV),
    Case("InfraEnv in capitals", {"infraEnv": "Env"}, INFRA_ENV),
    Case("InfraEnv with an empty part", {"infraEnv": "env..1"}, INFRA_ENV),
    Case("InfraEnv with a part that ends in a dash", {"infraEnv": "env-.1"}, INFRA_ENV),
    Case("InfraEnv with a line feed at its end", {"infraEnv": "env\n"}, INFRA_ENV),
    Case("server name of 63", {"serverName": "s" * 63}),
    Case("server name of 64", {"serverName": "s" * 64}),
    Case("server name of 255", {"serverName": "s" * 255}),
    Case("server name of 255 beyond ASCII", {"serverName": "ö" * 255}),
    Case("server name of 256", {"serverName": "s" * 256}, SERVER_NAME),
    Case("empty server name", {"serverName": ""}, SERVER_NAME),
    *(Case(f"server name {name!r}", {"serverName": name}) for name in (
        "node 1", "Encl1, bay 3", "esxi_host_01", "org-root/ls-web 01", "org-root/org-a/ls-web01", "two  blanks", "node-", "node..1", "node.-1", "nöde",
        "node٣", "{{ lookup('env', 'HOME') }}", "it's", 'the "big" one', "`", "a\\b", "$filter", "(a|b)", "<x>&", "%27", "😀", "-", "機架 7", "n")),
    *(Case(f"server name {name!r}", {"serverName": name}, SERVER_NAME) for name in (
        " ", " node", "node ", "node\n", "\nnode", "a\nb", "a\tb", "a\x01b", "a\x7fb", "a\x85b", "a\u00a0b", "\u3000a", "a\u2028b", "a\u200bb", "a\u202eb",
        "a\ue000b", "a\ufeff")),
    Case("name of 63", {}, name="n" * 63),
    Case("name of 64", {}, LONG_NAME, name="n" * 64),
    Case("name of 64 and a server name", {"serverName": "node"}, name="n" * 64),
    Case("name of 63 and a server name that no host can have", {"serverName": "node 1"}, name="n" * 63),
    *(Case(f"name of 64 and the server name {name[:9]!r}", {"serverName": name}, LONG_NAME, name="n" * 64) for name in (
        "node 1", "node..1", "node-", "node_1", "nöde", "s" * 64, "\u212aelvin")),
    Case("name with dots", {}, name="node.rack.example"),
    Case("own namespace", {"namespace": "default"}),
    Case("empty namespace is none", {"namespace": ""}),
    Case("namespace with a dot", {"namespace": "a.b"}, NAMESPACE),
    Case("namespace in capitals", {"namespace": "Metal"}, NAMESPACE),
    Case("namespace of 64", {"namespace": "n" * 64}, NAMESPACE),
    Case("namespace that climbs", {"namespace": "../kube-system"}, NAMESPACE),
    *(Case(f"vendor {vendor}", {"server_vendor": vendor}) for vendor in ("HP", "hp", "Dell", "CISCO", "cIsCo")),
    Case("empty vendor is none", {"server_vendor": ""}),
    Case("vendor of a later version", {"server_vendor": "INTERSIGHT"}, VENDOR),
    Case("unknown vendor", {"server_vendor": "IBM"}, VENDOR),
    Case("vendor between spaces", {"server_vendor": " HP "}, VENDOR),
    Case("vendor and a line feed", {"server_vendor": "HP\n"}, VENDOR),
    Case("no labels", {"labels": {}}),
    Case("label without a value", {"labels": {"zone": ""}}),
    Case("label value of 63", {"labels": {"zone": "z" * 63}}),
    Case("label value of 64", {"labels": {"zone": "z" * 64}}, LABEL_VALUE),
    Case("label value with a slash", {"labels": {"zone": "a/b"}}, LABEL_VALUE),
    Case("label value that begins with a dash", {"labels": {"zone": "-a"}}, LABEL_VALUE),
    Case("label of ours", {"labels": {"infra.example.com/buffer": "other"}}, LABEL_OURS),
    Case("the InfraEnv label", {"labels": {"infraenvs.agent-install.openshift.io": "other"}}, LABEL_OURS),
    Case("label of a group that only begins like ours", {"labels": {"infra.example.com.org/x": "y"}}),
    Case("label name with a space", {"labels": {"my zone": "a"}}, LABEL_NAME),
    Case("label name that ends in a dash", {"labels": {"zone-": "a"}}, LABEL_NAME),
    Case("label name with two slashes", {"labels": {"a/b/c": "a"}}, LABEL_NAME),
    Case("label name of 63", {"labels": {"z" * 63: "a"}}),
    Case("label name of 64", {"labels": {"z" * 64: "a"}}, LABEL_NAME),
    Case("label prefix in capitals", {"labels": {"Example.com/zone": "a"}}, LABEL_NAME),
    Case("label prefix of 253", {"labels": {"a" * 63 + ("." + "b" * 62) * 3 + "/zone": "a"}}),
    Case("label prefix of 254", {"labels": {"a" * 254 + "/zone": "a"}}, LABEL_NAME),
    Case("empty label name", {"labels": {"": "a"}}, LABEL_NAME),
    Case("64 labels", {"labels": {f"l{number}": "a" for number in range(64)}}),
    Case("65 labels", {"labels": {f"l{number}": "a" for number in range(65)}}, ""),
    *(Case(f"VLAN {vlan}", network(vlanId=vlan)) for vlan in (1, 100, 4094)),
    *(Case(f"VLAN {vlan}", network(vlanId=vlan), VLAN) for vlan in (0, -1, 4095, 2**40)),
    Case("empty network", network()),
    Case("one NIC", network(nicName="eno12399np0", macIndex="first")),
    *(Case(f"MAC index {index}", network(nicName="eno1", macIndex=index)) for index in ("0", "12", "007", "999", "last")),
    *(Case(f"MAC index {index!r}", network(nicName="eno1", macIndex=index), MAC_INDEX) for index in ("", "-1", "1000", "second", "First", "1\n", "٣", "1.0")),
    Case("NIC name of 15", network(nicName="e" * 15, macIndex="0")),
    *(Case(f"NIC name {name!r}", network(nicName=name, macIndex="0"), NIC_NAME)
      for name in ("", "e" * 16, "eno 1", "-eno", "eno/1", "eno1\n", "enö1", "eno1:0")),
    Case("only a NIC name", network(nicName="eno1"), PAIR),
    Case("only a MAC index", network(macIndex="0"), PAIR),
    Case("only NIC names", network(nicNames=["eno1"]), LISTS),
    Case("only MAC indices", network(macIndices=["0"]), LISTS),
    Case("both empty lists", network(nicNames=[], macIndices=[])),
    Case("one empty list", network(nicNames=[], macIndices=["0"]), EQUALLY),
    Case("lists of one", network(nicNames=["eno1"], macIndices=["0"])),
    Case("lists of eight", network(nicNames=[f"eno{n}" for n in range(8)], macIndices=[str(n) for n in range(8)])),
    Case("lists of nine", network(nicNames=[f"eno{n}" for n in range(9)], macIndices=[str(n) for n in range(9)]), ""),
    Case("lists of two lengths", network(nicNames=["eno1", "eno2"], macIndices=["0"]), EQUALLY),
    Case("one name twice", network(nicNames=["eno1", "eno1"], macIndices=["0", "1"]), TWICE_NAME),
    Case("one index twice", network(nicNames=["eno1", "eno2"], macIndices=["1", "1"]), TWICE_INDEX),
    Case("a bad name in a list", network(nicNames=["eno1", "no way"], macIndices=["0", "1"]), NIC_NAME),
    Case("a bad index in a list", network(nicNames=["eno1", "eno2"], macIndices=["0", "x"]), MAC_INDEX),
    Case("one NIC and a list", network(nicName="eno1", macIndex="0", nicNames=["eno1"], macIndices=["0"]), NOT_BOTH),
    Case("one NIC and empty lists", network(nicName="eno1", macIndex="0", nicNames=[], macIndices=[]), NOT_BOTH),
    Case("the older spelling", {"network": {"vlanId": 7, "nicName": "eno1", "macIndex": "0"}}),
    Case("a bad VLAN in the older spelling", {"network": {"vlanId": 5000}}, VLAN),
    Case("half a NIC in the older spelling", {"network": {"nicName": "eno1"}}, PAIR),
    Case("both spellings agree", {"networkConfig": {"vlanId": 7, "nicNames": ["a"], "macIndices": ["0"]},
                                  "network": {"macIndices": ["0"], "vlanId": 7, "nicNames": ["a"]}}),
    Case("both spellings differ", {"networkConfig": {"vlanId": 7}, "network": {"vlanId": 8}}, DIFFER),
    Case("one spelling says more", {"networkConfig": {"vlanId": 7}, "network": {"vlanId": 7, "nicName": "a", "macIndex": "0"}}, DIFFER),
    Case("one spelling is empty", {"networkConfig": {}, "network": {"vlanId": 7}}, DIFFER),
    Case("both spellings are empty", {"networkConfig": {}, "network": {}}),
    Case("buffer of 63", {"buffer": "b" * 63}),
    *(Case(f"buffer {name[:9]!r}", {"buffer": name}, BUFFER_NAME) for name in ("", "b" * 64, "Gpu", "a..b", "a b", "default\n")),
    Case("empty host", {"host": {}}),
    *(Case(f"{key} {value[:9]!r}", {"host": {key: value}}) for key, value in (
        *(("role", role) for role in (*ROLES, "")),
        *(("clusterReference", reference) for reference in ("a/b", f"{'n' * 63}/c.{'b' * 251}", "")), ("bootMode", "legacy"), ("bootMode", "UEFISecureBoot"),
        ("automatedCleaningMode", "metadata"), ("bmcCredentials", "gpu.bmc"))),
    *(Case(f"{key} {value[:9]!r}", {"host": {key: value}}, "") for key, value in (
        ("role", "r" * 64), ("clusterReference", "c" * 318), ("bmcCredentials", "s" * 254), ("bootMode", "uefi"), ("bootMode", ""),
        ("automatedCleaningMode", "full"))),
    *(Case(f"bmcCredentials {value[:9]!r}", {"host": {"bmcCredentials": value}}, "bmcCredentials must be the name of a Secret") for value in (
        "", "-bmc", "Bmc", "a/b", "a..b")),
]


@pytest.fixture(scope="module")
def memory_client() -> Iterator[ApiClient]:
    """The in-memory API with the CRDs."""
    with KubernetesSimulator(tls=True) as simulator:
        for crd in crds():
            simulator.apply(crd)
        yield ApiClient(simulator.url, simulator.token, simulator.ca_cert)


@pytest.fixture(scope="module", params=["memory", "real"])
def client(request: pytest.FixtureRequest) -> ApiClient:
    """Both servers; nothing is kept on them, all is asked as a dry run."""
    if request.param == "memory":
        return request.getfixturevalue("memory_client")
    cluster: RealCluster = request.getfixturevalue("real_cluster")
    return cluster.client


def server_says(client: ApiClient, body: Object, kind: Kind = GENERATOR) -> str | None:
    """The refusal, None when it is accepted."""
    try:
        client.create(kind, body, dryRun="All", fieldValidation="Strict")
    except ApiRefused as refused:
        assert (refused.code, refused.reason) == (422, "Invalid"), refused
        return refused.message
    return None


def code_says(generator: Object) -> str | None:
    """The refusal, None when it is accepted. The CRD's default and allowed namespaces are out of the way."""
    answer = asks(generator, host_namespaces=("*",))
    assert isinstance(answer, (Request, Reason))
    return answer.message if isinstance(answer, Reason) else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title.encode("ascii", "backslashreplace").decode())
def test_server_and_code_refuse_the_same_in_the_same_words(case: Case, client: ApiClient):
    server, code = server_says(client, case.generator()), code_says(case.generator())
    if case.refused is None:
        assert (server, code) == (None, None)
    else:
        assert server is not None and code is not None, f"server: {server}; code: {code}"
        assert case.refused in server and case.refused in code


DEVICE_NAME = ("deviceName must be /dev/NAME or /dev/disk/by-path/NAME, for Metal3 takes no other path "
               "(none of /dev/disk/by-id/ or /dev/mapper/)")
DEVICES = [
    "/dev/sda", "/dev/nvme0n1", "/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0", "/dev/disk/by-path/ip-192.0.2.1:3260-iscsi-iqn.2001-04.com.example:a-lun-1",
    "/dev/a..b", "/dev/.a", "/dev/a.", "/dev/disk", "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", "/dev/disk/by-uuid/x", "/dev/mapper/mpatha", "/dev/md/root",
    "/dev/disk/by-path/a/b", "/dev/../etc/passwd", "/dev//sda", "/dev/", "/dev/.", "/dev/..", "/dev/...", "/dev/disk/by-path/", "/dev/disk/by-path/..",
    "/dev/disk/by-path//a", "sda", "/sda", "", "/DEV/sda", " /dev/sda", "/dev/sda ", "/dev/sd a", "/dev/sda\n", "/dev/sda\t", "/dev/sdä", "/dev/{{ x }}",
    f"/dev/{'a' * 248}",
]


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device[:40].encode("ascii", "backslashreplace").decode())
def test_server_and_code_take_the_same_disks_and_only_such_as_metal3_takes(device: str, client: ApiClient):
    server, code = server_says(client, Case("", {"host": {"rootDeviceHints": {"deviceName": device}}}).generator()), device_name_fault(device)
    assert (server is None) == (code is None)
    assert server is None or (code is not None and DEVICE_NAME in server and DEVICE_NAME in code)
    host = {"metadata": {"name": "node"}, "spec": {"rootDeviceHints": {"deviceName": device}}}
    assert server is not None or webhook_rules(host) is None


def test_a_disk_with_a_name_too_long_is_refused_by_both(client: ApiClient):
    device = f"/dev/{'a' * 249}"
    assert server_says(client, Case("", {"host": {"rootDeviceHints": {"deviceName": device}}}).generator()) and device_name_fault(device)


def mixed(cases: list[Case], count: int) -> Iterator[Case]:
    """Specs that take each of their fields from some case, the same ones every time."""
    rng = random.Random(20)
    fields: dict[str, list[Any]] = {}
    for case in cases:
        for key, value in case.spec.items():
            fields.setdefault(key, []).extend([value] * (1 if case.refused is not None else 6))
    for number in range(count):
        some = rng.sample(sorted(fields), rng.randint(1, 4))
        yield Case(f"mixed {number}", {key: rng.choice(fields[key]) for key in some}, name=rng.choice(["node", "node", "node", "n" * 64]))


def test_server_and_code_agree_on_mixtures_of_all_that_too(client: ApiClient):
    disagreed, accepted = [], 0
    for case in mixed(CASES, 300):
        server, code = server_says(client, case.generator()), code_says(case.generator())
        accepted += server is None
        if (server is None) != (code is None):
            disagreed.append((case.generator(), server, code))
    assert disagreed == []
    assert 50 < accepted < 250              # a mixture that is always refused would show nothing


BUFFER_LONG_NAME = "the name of a BareMetalHostBuffer becomes a label of hosts, it must not be longer than 63 characters"
CAP = "maxAvailable must be 0 (pause) to 1000000"
ERROR_AFTER = "excludeErrorAfter must be a number and s, m, h or d, such as 90m"
BUFFERS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"maxAvailable": 0, "counting": "legacy", "agentAware": True, "excludeErrorAfter": "90m"}, None),
    *(({"maxAvailable": cap}, None) for cap in (1, 20, 1000000)),
    *(({"maxAvailable": cap}, CAP) for cap in (-1, 1000001)),
    ({"counting": "new"}, ""),
    *(({"excludeErrorAfter": limit}, None) for limit in ("1s", "999999999d", "24h")),
    *(({"excludeErrorAfter": limit}, ERROR_AFTER) for limit in ("", "0s", "90", "m", "1.5h", "-1h", "1w", "1h\n", "1000000000d")),
]


@pytest.mark.parametrize(("spec", "refused"), BUFFERS, ids=[str(spec) for spec, _refused in BUFFERS])
def test_a_buffer_is_refused_or_can_be_counted(spec: dict[str, Any], refused: str | None, client: ApiClient):
    """The server alone refuses a bad buffer, for there is no older CRD of this kind; the code can use whatever it accepts."""
    buffer = {"apiVersion": BUFFER.api_version, "kind": BUFFER.kind, "metadata": {"name": "default"}, "spec": spec}
    server = server_says(client, buffer, BUFFER)
    if refused is not None:
        assert server is not None and refused in server
        return
    host = {"apiVersion": HOST.api_version, "kind": HOST.kind, "metadata": {"name": "a", "namespace": "metal"},
            "status": {"operationalStatus": "error", "lastUpdated": "2026-01-01T00:00:00Z", "provisioning": {"state": "registering"}}}
    assert server is None
    assert occupies_slot(host, buffer, now=datetime(2026, 1, 1, tzinfo=timezone.utc)) in (True, False)


def test_a_buffer_has_a_name_that_can_be_a_label(client: ApiClient):
    for name, refused in (("b" * 63, None), ("b" * 64, BUFFER_LONG_NAME)):
        server = server_says(client, {"apiVersion": BUFFER.api_version, "kind": BUFFER.kind, "metadata": {"name": name}, "spec": {}}, BUFFER)
        assert server is None if refused is None else server is not None and refused in server
