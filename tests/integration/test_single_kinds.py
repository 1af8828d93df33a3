# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for single kinds and those that only look: real run, check mode, second run, refusals."""
from __future__ import annotations

import base64
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST, SECRET
from tests.fixtures.site import NAMESPACE, Site

MAC = "9a:a0:22:90:00:01"


def task(name: str, **options: Any) -> list[dict[str, Any]]:
    """One call of a module of ours."""
    return [{f"baremetal.generator.{name}": options}]


def host(**options: Any) -> dict[str, Any]:
    """A host as a user describes it."""
    return {"namespace": NAMESPACE, "name": "lab-01", "boot_mac": MAC.upper().replace(":", "-"), "bmc_credentials": "lab-01-bmc",
            "bmc_address": "redfish-virtualmedia://192.0.2.21/redfish/v1/Systems/1", "infra_env": "site-a", **options}


def test_a_host_by_hand(site: Site) -> None:
    """Made, made again, changed, looked at, deleted; check mode foretells each."""
    make = task("baremetal_host", hosts=[host()])
    check = site.run(make, "action", "--check", "--diff").succeeded()
    assert check.changed and site.hosts() == {}
    first = site.run(make, "action", "--diff").succeeded()
    assert [one["after_header"] for one in check.of("baremetal_host")["diff"]] == [one["after_header"] for one in first.of("baremetal_host")["diff"]]
    there = site.hosts()["lab-01"]
    assert there["spec"]["bootMACAddress"] == MAC and there["spec"]["online"] is True
    assert not site.run(make).succeeded().changed
    assert site.run(task("baremetal_host", hosts=[{"namespace": NAMESPACE, "name": "lab-01", "labels": {"rack": "r7"}}])).succeeded().changed
    there = site.hosts()["lab-01"]
    assert there["metadata"]["labels"]["rack"] == "r7" and there["spec"]["bootMACAddress"] == MAC
    found = site.run(task("baremetal_host_info", label_selector="rack=r7")).succeeded().of("baremetal_host_info")["hosts"]
    assert [(one["name"], one["boot_mac"], one["infra_env"], one["in_use"]) for one in found] == [("lab-01", MAC, "site-a", False)]
    go = task("baremetal_host", hosts=[{"namespace": NAMESPACE, "name": "lab-01"}], state="absent", wait_seconds=5)
    assert site.run(go, "action", "--check").succeeded().changed and "lab-01" in site.hosts()
    assert site.run(go).succeeded().changed and site.hosts() == {}
    assert not site.run(go).succeeded().changed


def test_a_host_that_must_not_be(site: Site) -> None:
    """What Metal3 would refuse, what is in use, what is paused: a sentence each, and nothing is written."""
    for options, sentence in (
        ({"bmc_address": None}, "Host metal/lab-01 is new: give its bmc_address, too; Metal3 needs both, or none."),
        ({"bmc_address": "ilo4://192.0.2.21"}, "scheme 'ilo4'"),
        ({"boot_mac": "9a:a0:22"}, "is no MAC address"),
        ({"root_device_hints": {"deviceName": "sda"}}, "is not a path under /dev/"),
    ):
        assert sentence in site.run(task("baremetal_host", hosts=[host(**options)])).failed()
    assert site.run(task("baremetal_host", hosts=[host()], state="absent", wait_seconds=float("nan"))).failed() == (
        "wait_seconds must be a number of seconds, 0 or more, not nan; correct it.")
    assert "hosts names metal/lab-01 twice" in site.run(task("baremetal_host", hosts=[host(), host()])).failed()
    assert site.hosts() == {}
    spec = {"bootMACAddress": MAC, "bmc": {"address": "ipmi://192.0.2.21", "credentialsName": "x"}}
    site.host("taken", consumerRef={"kind": "Metal3Machine", "name": "m-1", "namespace": NAMESPACE}, **spec)
    site.host("held", **spec)
    site.api.patch(HOST, NAMESPACE, "held", {"metadata": {"annotations": {"baremetalhost.metal3.io/paused": "me"}}})
    for name, sentence in (("taken", "is in use (Metal3Machine m-1): free it first, or set delete_in_use."), ("held", "is paused, Metal3 would not let it go")):
        assert sentence in site.run(task("baremetal_host", hosts=[{"namespace": NAMESPACE, "name": name}], state="absent")).failed()
    assert set(site.hosts()) == {"taken", "held"}


def test_a_secret_by_hand(site: Site) -> None:
    """Made, rotated, deleted; finalizers and owners stay, and neither user nor password is ever shown."""
    first, second = "first-secret-4Vb", "second-secret-8Nm"

    def secret(password: str) -> list[dict[str, Any]]:
        return task("bmc_secret", secrets=[{"namespace": NAMESPACE, "name": "lab-01-bmc", "username": "operator-user", "password": f" {password} "}])

    runs = [site.run(secret(first), "action", "--check", "--diff").succeeded()]
    assert site.api.get(SECRET, NAMESPACE, "lab-01-bmc") is None
    runs.append(site.run(secret(first), "action", "--diff", "-vvv").succeeded())
    assert not site.run(secret(first)).succeeded().changed
    site.api.patch(SECRET, NAMESPACE, "lab-01-bmc", {"metadata": {"finalizers": ["baremetalhost.metal3.io/secret"]}})
    runs.append(site.run(secret(second), "action", "--diff", "-vvv").succeeded())
    there = site.api.get(SECRET, NAMESPACE, "lab-01-bmc")
    assert there is not None and base64.b64decode(there["data"]["password"]).decode() == second
    assert there["metadata"]["finalizers"] == ["baremetalhost.metal3.io/secret"] and there["metadata"]["labels"]["environment.metal3.io"] == "baremetal"
    assert all(run.changed for run in runs) and "(hidden, changed)" in runs[2].output
    for shown in (first, second, base64.b64encode(first.encode()).decode(), base64.b64encode(second.encode()).decode()):
        assert all(shown not in run.stdout for run in runs)
    assert "Secret metal/lab-01-bmc: password is missing; give it." in site.run(
        task("bmc_secret", secrets=[{"namespace": NAMESPACE, "name": "lab-01-bmc", "username": "operator-user"}])).failed()
    site.api.patch(SECRET, NAMESPACE, "lab-01-bmc", {"metadata": {"finalizers": None}})
    go = task("bmc_secret", secrets=[{"namespace": NAMESPACE, "name": "lab-01-bmc"}], state="absent")
    assert site.run(go).succeeded().changed and not site.run(go).succeeded().changed


def test_who_stands_where(site: Site) -> None:
    """Place in line and slots held are worked out when somebody asks; hosts in error are told apart."""
    site.buffer(cap=1)
    site.generator("a", {"serverName": "hpe-node-01"})
    site.run("onboard").succeeded()
    site.generator("b", {"serverName": "hpe-node-02"})
    site.run("onboard").succeeded()
    site.generator("c", {"serverName": "hpe-node-03"})
    site.run("onboard").succeeded()
    status = {"operationalStatus": "error", "errorType": "registration error", "errorMessage": "no answer from the BMC", "poweredOn": False, "errorCount": 3,
              "provisioning": {"state": "registering", "ID": ""}}
    site.api.patch(HOST, NAMESPACE, "hpe-node-01", {"status": status}, "status")
    found = {one["name"]: one for one in site.run(task("generator_info", namespace=NAMESPACE)).succeeded().of("generator_info")["generators"]}
    assert [(found[name]["phase"], found[name]["place"], found[name]["waiting"]) for name in "abc"] == [
        ("Completed", 0, 2), ("Buffered", 1, 2), ("Buffered", 2, 2)]
    assert found["c"]["summary"] == ("metal/c: Buffered. Waits in the line of buffer default for a free slot. "
                                     "2nd of 2 in line; 1 of 1 slots held, 1 of them by hosts in error.")
    buffer = site.run(task("buffer_info", names=["default"])).succeeded().of("buffer_info")["buffers"][0]
    assert (buffer["cap"], buffer["used"], buffer["free"], buffer["in_error"], buffer["line"]) == (1, 1, 0, 1, ["metal/b", "metal/c"])
    assert buffer["summary"] == "default: 1 of 1 slots held, 1 of them by hosts in error; 2 wait in line."
    hosts = site.run(task("baremetal_host_info", names=["hpe-node-01"])).succeeded().of("baremetal_host_info")["hosts"]
    assert (hosts[0]["operational_status"], hosts[0]["error"], hosts[0]["generator"]) == ("error", "no answer from the BMC", "metal/a")


def test_what_tasks_share_is_given_once(site: Site, door: str) -> None:
    """By the groups for module_defaults, through both doors."""
    site.generator("a", {"serverName": "hpe-node-01", "server_vendor": "HP"})
    credentials = [{"name": vendor, "login": login} for vendor, login in site.variables["generator_bmc_credentials"].items()]
    tasks = [*task("server_info", names=["hpe-node-01"]), *task("generator_resolve", bmc_credentials=credentials),
             *task("buffer_admit", bmc_credentials=credentials), *task("generator_info")]
    defaults = {"group/baremetal.generator.cluster": {"kubeconfig": site.kubeconfig},
                "group/baremetal.generator.managers": {"managers": site.variables["generator_managers"]}}
    site.playbooks.environment["K8S_AUTH_KUBECONFIG"] = "/nowhere/kubeconfig"
    run = site.run([{"name": "With defaults", "module_defaults": defaults, "block": tasks}], door).succeeded()
    assert run.of("server_info")["reasons"] == {}
    assert [one["phase"] for one in run.of("generator_info")["generators"]] == ["Completed"]


def test_a_host_without_a_management_controller_and_macs_in_every_spelling(site: Site) -> None:
    """As Metal3 takes them: the one is unmanaged, the other is the same host again."""
    listed = {"namespace": NAMESPACE, "name": "listed"}
    assert site.run(task("baremetal_host", hosts=[listed])).succeeded().changed
    assert "bmc" not in site.hosts()["listed"]["spec"]
    assert site.run(task("baremetal_host", hosts=[host()])).succeeded().changed
    spellings = ("9a-a0-22-90-00-01", "9aa0.2290.0001", "9AA022900001", "9aa022-900001", " 9A:A0:22:90:00:01 ")
    again = site.run([one for spelling in spellings for one in task("baremetal_host", hosts=[host(boot_mac=spelling)])]).succeeded()
    assert not again.changed and len(again.tasks) == len(spellings)
    addresses = ("ipmi:192.0.2.10", "192.0.2.11:6230", "REDFISH://192.0.2.12/redfish/v1/Systems/1", "redfish:192.0.2.13/redfish/v1/Systems/1",
                 "redfish+http://[2001:db8::1]:8000/redfish/v1/Systems/1", "libvirt://192.0.2.14:16509/?domain=one")
    others = [host(name=f"other-{number}", boot_mac=f"9a:a0:22:90:01:0{number}", bmc_address=address) for number, address in enumerate(addresses)]
    assert site.run(task("baremetal_host", hosts=others)).succeeded().changed
    assert [site.hosts()[f"other-{number}"]["spec"]["bmc"]["address"] for number in range(len(addresses))] == list(addresses)
