# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco servers of several UCS domains, and what UCS Central knows of them, built together with their true answers."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tests.simulators.inventory import CISCO, FOUND, Inventory, SimServer, lower
from tests.simulators.ucs_tree import Mo, Tree

POOL_OUI, BURNT_IN = "00:25:B5", "A8:0C:0D"
NONE = "0.0.0.0"
BLADES_PER_CHASSIS = 8
GROUP = "domaingroup-root/domaingroup-prod"
PXE_POLICY, DISK_POLICY = "org-root/boot-policy-pxe-first", "org-root/boot-policy-local-disk"
POLICY_VNIC = "eth1"                                    # what the PXE policy boots from


@dataclass
class Domain:
    """One UCS Manager: its tree, and where it answers."""

    name: str
    id: int
    tree: Tree
    address: str
    slots: int = 0

    @property
    def central_dn(self) -> str:
        """What Central calls it."""
        return f"compute/sys-{self.id}"


@dataclass(frozen=True)
class Vnic:
    """A vNIC as it is ordered: by operVcon, operOrder, order."""

    name: str
    mac: str
    vcon: str = "1"
    oper_order: str = "unspecified"
    order: str = "unspecified"


@dataclass(frozen=True)
class Addresses:
    """Management addresses of a server by where they stand; "" means that there is no such object."""

    profile_pooled: str = ""
    profile_static: str = ""
    server_pooled: str = ""
    server_static: str = ""
    derived: str = ""
    interface: str = NONE                               # mgmtIf.extIp
    stale_interface: str = NONE                         # of the interface that is disabled
    inband: str = ""
    inband_static: str = ""
    inband_ipv6: str = ""


@dataclass
class Build:
    """What a server is made of."""

    name: str
    vnics: Sequence[Vnic]
    addresses: Addresses
    boot_vnic: str = ""                                 # named below the profile
    policy: str = DISK_POLICY
    rack: bool = False
    is_global: bool = True                              # Central knows the profile
    central_has_macs: bool = True                       # assumed: for global profiles it does; switched off for some of them
    org: str = "org-root"
    domain: Domain | None = None
    found: dict[str, str] = field(default_factory=dict)


class UcsInventory(Inventory):
    """Central's tree and those of its domains."""

    vendor = CISCO
    prefix = "cisco-node"

    def __init__(self, seed: int = 1, domains: int = 2) -> None:
        super().__init__(seed)
        self.central = Tree()
        self.central.add("topSystem", "sys", address=self.numbers.ipv4(), ipv6Addr="::", mode="stand-alone", name="ucs-central", systemOrg="",
                         systemUpTime="40:01:02:03")
        self.central.add("firmwareRunning", "sys/fw-system", deployment="system", packageVersion="2.0(1t)A", type="mgmt-ext", version="2.0(1t)")
        _organizations(self.central)
        self.domains = [self._domain(number) for number in range(domains)]

    # --- the usual

    def add_usual(self, names: Iterable[str]) -> None:
        builders = (
            self.pooled, self.booting_from_named, self.local, self.static, self.rack_server_level, self.policy_boot, self.order_unspecified,
            self.macs_only_in_domain, self.interface_only, self.two_vcons,
        )
        for number, name in enumerate(names):
            builders[number % len(builders)](name)

    def add_background(self) -> None:
        trees = [self.central, *(domain.tree for domain in self.domains)]
        for tree in trees:
            self._profile(tree, "org-root/ls-tmpl", "tmpl", type="updating-template")
        if self.servers:                                # a template may be called like a server
            first = self.servers[0].name
            for tree in trees:
                self._profile(tree, f"org-root/org-templates/ls-{first}", first, type="initial-template")
        for domain in self.domains:
            self._hardware(domain, Build("", [], Addresses(server_pooled=self.numbers.ipv4()), domain=domain), "")

    def add_odd(self, prefix: str) -> None:
        self.unassociated(f"{prefix}-unassociated")
        self.without_macs(f"{prefix}-no-macs")
        self.without_address(f"{prefix}-no-address")
        self.inband_only(f"{prefix}-inband-only")
        self.inband_ipv6(f"{prefix}-ipv6-only")
        self.in_two_orgs(f"{prefix}-twice")
        self.some_macs_derived(f"{prefix}-half-derived")
        self.physical_macs(f"{prefix}-hardware-macs")

    def pooled(self, name: str) -> SimServer:
        """The profile's pool gives the address; eth10 comes before eth2 in the list, and after it in order."""
        address = self.numbers.ipv4()
        vnics = self._vnics("eth0", "eth1", "eth2", "eth10")
        return self._server(Build(name, vnics, Addresses(profile_pooled=address, derived=address, interface=address)), address, kind="pooled")

    def booting_from_named(self, name: str) -> SimServer:
        """The profile's own boot order names eth2; an in-band address stands beside the other."""
        address, inband = self.numbers.ipv4(), self.numbers.ipv4("in-band")
        vnics = self._vnics("eth0", "eth2", "eth10")
        build = Build(name, vnics, Addresses(profile_pooled=address, derived=address, interface=address, inband=inband), boot_vnic="eth2")
        return self._server(build, address, kind="named-boot", inband=inband)

    def local(self, name: str) -> SimServer:
        """A profile of the domain alone: Central shows only the blade that it runs on."""
        address = self.numbers.ipv4()
        build = Build(name, self._vnics("eth0", "eth1"), Addresses(profile_pooled=address, derived=address, interface=address), is_global=False)
        return self._server(build, address, kind="local")

    def static(self, name: str) -> SimServer:
        """The profile has a static address, and a static in-band one of the same class."""
        address, inband = self.numbers.ipv4(), self.numbers.ipv4("in-band")
        build = Build(name, self._vnics("mgmt", "data-a", "data-b"),
                      Addresses(profile_static=address, derived=address, interface=address, inband_static=inband), org="org-root/org-lab")
        return self._server(build, address, kind="static", inband=inband)

    def rack_server_level(self, name: str) -> SimServer:
        """A rack server: the profile's pooled address is 0.0.0.0, the server's own is static."""
        address = self.numbers.ipv4()
        build = Build(name, self._vnics("eth0", "eth1"), Addresses(profile_pooled=NONE, server_static=address, interface=address), rack=True)
        return self._server(build, address, kind="rack-server-level")

    def policy_boot(self, name: str) -> SimServer:
        """The boot vNIC stands in the shared boot policy; the server's own address comes from a pool."""
        address = self.numbers.ipv4()
        build = Build(name, self._vnics("eth0", POLICY_VNIC, "eth2"), Addresses(server_pooled=address, interface=address), policy=PXE_POLICY)
        return self._server(build, address, kind="policy-boot", boot=POLICY_VNIC)

    def order_unspecified(self, name: str) -> SimServer:
        """operOrder says "unspecified": the wish (order) decides; the vNIC of any vCon comes last."""
        address = self.numbers.ipv4()
        first, second, third = self._vnics("eth2", "eth10", "eth0")
        vnics = [replace(first, oper_order="unspecified", order="1"), replace(second, oper_order="unspecified", order="2"),
                 replace(third, vcon="any", oper_order="unspecified", order="1")]
        return self._server(Build(name, vnics, Addresses(profile_pooled=address, interface=address)), address, kind="unspecified-order")

    def macs_only_in_domain(self, name: str) -> SimServer:
        """Central knows the address, and of the MACs only that they are derived."""
        address = self.numbers.ipv4()
        build = Build(name, self._vnics("eth0", "eth1"), Addresses(profile_pooled=address, derived=address, interface=address), central_has_macs=False)
        return self._server(build, address, kind="macs-in-domain")

    def interface_only(self, name: str) -> SimServer:
        """Only the management interface shows the address; the disabled one shows another."""
        address = self.numbers.ipv4()
        build = Build(name, self._vnics("eth0", "eth1"), Addresses(profile_pooled=NONE, interface=address, stale_interface=self.numbers.ipv4()), rack=True)
        return self._server(build, address, kind="interface-only")

    def two_vcons(self, name: str) -> SimServer:
        """Two adaptors: order counts from one on each."""
        address = self.numbers.ipv4()
        vnics = self._vnics("eth3", "eth2", "eth1", "eth0")
        vnics = [replace(vnic, vcon=str(1 + place // 2), oper_order=str(1 + place % 2), order=str(9 - place)) for place, vnic in enumerate(vnics)]
        return self._server(Build(name, vnics, Addresses(profile_pooled=address, interface=address), rack=True), address, kind="two-vcons")

    # --- the odd

    def unassociated(self, name: str) -> SimServer:
        """A profile without a server."""
        self._profile(self.central, f"org-root/ls-{name}", name, central=True)
        return self.remember(SimServer(name, CISCO, outcome="Unassigned", kind="unassociated"))

    def without_macs(self, name: str) -> SimServer:
        """The pool was empty: all MACs say "derived", in the domain too."""
        address = self.numbers.ipv4()
        vnics = [replace(vnic, mac=mac) for vnic, mac in zip(self._vnics("eth0", "eth1", "eth2"), ("derived", "0", "00:00:00:00:00:00"), strict=True)]
        server = self._server(Build(name, vnics, Addresses(profile_pooled=address, interface=address)), address, outcome="NoMac", kind="no-macs")
        server.nics, server.boot_mac = (), None
        return server

    def some_macs_derived(self, name: str) -> SimServer:
        """Only the second vNIC has a MAC, and the first one boots."""
        address = self.numbers.ipv4()
        first, second = self._vnics("eth0", "eth1")
        server = self._server(Build(name, [replace(first, mac="derived"), second], Addresses(profile_pooled=address, interface=address)), address,
                              outcome="NoMac", kind="half-derived")
        server.nics, server.boot_mac = (), None
        return server

    def physical_macs(self, name: str) -> SimServer:
        """The vNIC says "derived"; the adaptor's port knows."""
        address = self.numbers.ipv4()
        mac = self.numbers.mac(BURNT_IN)
        vnic = replace(self._vnics("eth0")[0], mac="derived")
        server = self._server(Build(name, [vnic], Addresses(profile_pooled=address, interface=address), found={"eth0": mac}), address, kind="hardware-macs")
        server.nics, server.boot_mac = lower([mac]), mac.lower()
        return server

    def without_address(self, name: str) -> SimServer:
        """0.0.0.0 wherever one looks."""
        nothing = Addresses(profile_pooled=NONE, derived=NONE, server_pooled=NONE, inband=NONE)
        return self._server(Build(name, self._vnics("eth0"), nothing), None, outcome="NoBmcAddress", kind="no-address")

    def inband_only(self, name: str) -> SimServer:
        """It can be managed in band only."""
        inband = self.numbers.ipv4("in-band")
        return self._server(Build(name, self._vnics("eth0"), Addresses(profile_pooled=NONE, inband=inband)), inband, kind="inband-only", inband=inband)

    def inband_ipv6(self, name: str) -> SimServer:
        """Its only address is IPv6, in band."""
        inband = self.numbers.ipv6()
        return self._server(Build(name, self._vnics("eth0"), Addresses(profile_pooled=NONE, inband_ipv6=inband)), inband, kind="ipv6-only", inband=inband)

    def in_two_orgs(self, name: str) -> SimServer:
        """Two organizations have a profile of this name, which is legal."""
        for org in ("org-root", "org-root/org-lab"):
            address = self.numbers.ipv4()
            self._server(Build(name, self._vnics("eth0"), Addresses(profile_pooled=address, interface=address), org=org), address)
            self.servers.pop()
        return self.remember(SimServer(name, CISCO, outcome="Ambiguous", kind="twice"))

    def in_domain(self, name: str, domain: str, is_global: bool = True) -> SimServer:
        """A plain server of one certain domain."""
        address = self.numbers.ipv4()
        build = Build(name, self._vnics("eth0", "eth1"), Addresses(profile_pooled=address, derived=address, interface=address), is_global=is_global,
                      domain=next(one for one in self.domains if one.name == domain))
        return self._server(build, address, kind="in-domain")

    def profile_again(self, name: str, spelling: str) -> SimServer:
        """A second profile whose name differs by case only: ambiguous from now on."""
        known = self[name]
        known.outcome, known.kind = "Ambiguous", "twice"
        for tree in (self.central, *(domain.tree for domain in self.domains)):
            self._profile(tree, f"org-root/org-lab/ls-{spelling}", spelling, central=tree is self.central)
        return known

    def lose_domain(self, name: str, state: str = "lost-visibility") -> None:
        """Central does not reach this domain any more."""
        domain = next(one for one in self.domains if one.name == name)
        self.central.by_dn[f"extpol/reg/clients/client-{domain.id}"].set(operState=state, connectionState="disconnected")

    def moved(self, domain: Domain, address: str) -> None:
        """The domain answers here from now on; host:port is possible. assumed: real ones never name a port."""
        domain.address = address
        host = address.rpartition(":")[0] or address
        self.central.by_dn[domain.central_dn].set(address=address)
        self.central.by_dn[f"extpol/reg/clients/client-{domain.id}"].set(ip=host)
        domain.tree.by_dn["sys"].set(address=host)

    # --- the records

    def remove_first(self) -> None:
        for tree in (self.central, *(domain.tree for domain in self.domains)):
            if tree.by_kind["lsServer"]:
                tree.remove(tree.by_kind["lsServer"][0])

    def add_first(self) -> None:
        name = f"new-{self.numbers.count()}"
        for tree in (self.central, *(domain.tree for domain in self.domains)):
            tree.to_front(self._profile(tree, f"org-root/ls-{name}", name, central=tree is self.central))

    def _vnics(self, *names: str) -> list[Vnic]:
        return [Vnic(name, self.numbers.mac(POOL_OUI), oper_order=str(place), order=str(place)) for place, name in enumerate(names, start=1)]

    def _server(
        self, build: Build, address: str | None, *, boot: str = "", outcome: str = FOUND, kind: str = "", inband: str | None = None,
    ) -> SimServer:
        """A profile on its blade or rack server; build.vnics are in their true order."""
        domain = build.domain = build.domain or self.domains[len(self.servers) % len(self.domains)]
        blade, serial, model = self._hardware(domain, build, f"{build.org}/ls-{build.name}")
        self._in_tree(domain.tree, build, blade, "")
        if build.is_global:
            self._in_tree(self.central, build, blade, domain.central_dn)
        boots = next((vnic.mac for vnic in build.vnics if vnic.name == (boot or build.boot_vnic)), build.vnics[0].mac)
        return self.remember(SimServer(
            build.name, CISCO, serial, model, address, boots.lower(), lower(vnic.mac for vnic in build.vnics), outcome, kind, inband))

    def _in_tree(self, tree: Tree, build: Build, blade: str, central_dn: str) -> None:
        """The profile with its vNICs, addresses and boot order. Central shows boot orders of global profiles: assumed."""
        domain, addresses = build.domain, build.addresses
        assert domain is not None
        dn = f"{build.org}/ls-{build.name}"
        place = blade.replace("sys/", f"{central_dn}/", 1) if central_dn else blade
        self._profile(tree, dn, build.name, place=place, policy=build.policy, domain=domain if central_dn else None, central=bool(central_dn))
        tree.add("lsBinding", f"{dn}/pn", assignedToDn="", computeEpDn=place, issues="", operState="used", pnDn=place, restrictMigration="no")
        known = not central_dn or build.central_has_macs
        numbered = list(enumerate(build.vnics, start=1))
        for number, vnic in sorted(numbered, key=lambda one: one[1].name):                  # eth10 before eth2, as UCS lists them
            tree.add("vnicEther", f"{dn}/ether-{vnic.name}", **_vnic(vnic, f"{place}/adaptor-1/host-eth-{number}", vnic.mac if known else "derived"))
        for kind, rn, address, name in (
            ("vnicIpV4PooledAddr", "ipv4-pooled-addr", addresses.profile_pooled, "ext-mgmt"),
            ("vnicIpV4StaticAddr", "ipv4-static-addr", addresses.profile_static, ""),
        ):
            if address:
                tree.add(kind, f"{dn}/{rn}", **_address(address, name))
        if addresses.inband or addresses.inband_static or addresses.inband_ipv6:
            tree.add("mgmtInterface", f"{dn}/iface-in-band", mode="in-band", ipV4State="pooled", ipV6State="none")
            network = tree.add("mgmtVnet", f"{dn}/iface-in-band/network", name="inband", id="100")
            for kind, rn, address, name in (
                ("vnicIpV4MgmtPooledAddr", "ipv4-pooled-addr", addresses.inband, "inband"),
                ("vnicIpV4StaticAddr", "ipv4-static-addr", addresses.inband_static, ""),
            ):
                if address:
                    tree.add(kind, f"{network.dn}/{rn}", **_address(address, name))
            if addresses.inband_ipv6:
                tree.add("vnicIpV6MgmtPooledAddr", f"{network.dn}/ipv6-pooled-addr", addr=addresses.inband_ipv6, defGw="::", name="inband",
                         operName="org-root/ip-pool-inband", prefix="64", primDns="::", secDns="::")
        if build.boot_vnic:
            _boot_order(tree, f"{dn}/boot-policy", build.boot_vnic, name="", purpose="operational")

    def _hardware(self, domain: Domain, build: Build, profile_dn: str) -> tuple[str, str, str]:
        """A blade or rack server in the domain, and its shadow in Central: DN, serial number, model."""
        number = domain.slots = domain.slots + 1
        chassis, slot = 1 + (number - 1) // BLADES_PER_CHASSIS, 1 + (number - 1) % BLADES_PER_CHASSIS
        place = f"rack-unit-{number}" if build.rack else f"chassis-{chassis}/blade-{slot}"
        dn, shadow = f"sys/{place}", f"{domain.central_dn}/{place}"
        serial, model = self.numbers.serial("FLM" if not build.rack else "WZP", 11), "UCSC-C240-M6SX" if build.rack else "UCSB-B200-M5"
        common = {
            "adminPower": "policy", "adminState": "in-service", "assetTag": "", "assignedToDn": profile_dn,
            "association": "associated" if profile_dn else "none", "availability": "unavailable" if profile_dn else "available",
            "model": model, "name": "", "numOfAdaptors": "1", "numOfEthHostIfs": str(len(build.vnics)), "operPower": "on", "operState": "ok",
            "operability": "operable", "originalUuid": self.numbers.uuid(), "presence": "equipped", "serial": serial, "usrLbl": "",
            "uuid": self.numbers.uuid(), "vendor": "Cisco Systems Inc",
        }
        in_chassis = {"chassisId": str(chassis), "serverId": f"{chassis}/{slot}", "slotId": str(slot)}
        where = {"id": str(number), "serverId": str(number)} if build.rack else in_chassis
        for tree, at in ((domain.tree, dn), (self.central, shadow)):
            tree.add("computeRackUnit" if build.rack else "computeBlade", at, **common, **where)
        self._management(domain.tree, dn, build.addresses, "enable", shadow=False)
        self._management(self.central, shadow, build.addresses, "enabled", shadow=True)
        domain.tree.add("adaptorUnit", f"{dn}/adaptor-1", id="1", model="UCSB-MLOM-40G-04", presence="equipped", serial=f"{serial}A",
                        vendor="Cisco Systems Inc")
        for place_, vnic in enumerate(build.vnics, start=1):
            domain.tree.add(
                "adaptorHostEthIf", f"{dn}/adaptor-1/host-eth-{place_}", adminState="enabled", bootDev="disabled", cdnName=vnic.name,
                chassisId=str(chassis), hostPort="1", id=str(place_), ifType="virtual", linkState="up" if place_ == 1 else "down",
                mac=build.found.get(vnic.name, vnic.mac if ":" in vnic.mac else "00:00:00:00:00:00"),
                mtu="9000", name=vnic.name, operState="up", operability="operable", order=vnic.order, originalMac="00:00:00:00:00:00",
                pciAddr=str(place_), presence="equipped", slotId=str(slot), switchId="A", vnicDn=f"{profile_dn}/ether-{vnic.name}")
        return dn, serial, model

    def _management(self, tree: Tree, dn: str, addresses: Addresses, enabled: str, shadow: bool) -> None:
        """The management controller's addresses. Central shows its interfaces without an address."""
        tree.add("mgmtController", f"{dn}/mgmt", model="", subject="blade", vendor="Cisco Systems Inc")
        for number, address in ((2, addresses.interface), (1, addresses.stale_interface)):
            tree.add(
                "mgmtIf", f"{dn}/mgmt/if-{number}", access="unspecified", adminState=enabled if number == 2 else enabled.replace("enable", "disable"),
                aggrPortId="0", chassisId="1", discovery="absent", epDn="", extBroadcast=NONE, extGw="198.18.0.254",
                extIp=NONE if shadow else address, extMask="255.255.0.0", id=str(number), ifRole="unknown", ifType="physical", instanceId="1",
                ip=f"127.{4 + number}.1.1", mac=self.numbers.mac(BURNT_IN), mask=NONE, name="", portId=str(number), slotId="1", stateQual="unspecified",
                subject="blade", switchId="AB"[number - 1], vnet="1")
        if not shadow:
            for kind, rn, address, name in (
                ("vnicIpV4StaticAddr", "ipv4-static-addr", addresses.server_static, ""),
                ("vnicIpV4PooledAddr", "ipv4-pooled-addr", addresses.server_pooled, "ext-mgmt"),
            ):
                if address:
                    tree.add(kind, f"{dn}/mgmt/{rn}", **_address(address, name))
            if addresses.derived:
                tree.add("vnicIpV4ProfDerivedAddr", f"{dn}/mgmt/ipv4-prof-addr", addr=addresses.derived, childAction="deleteNonPresent",
                         defGw="198.18.0.254", subnet="255.255.0.0")

    def _profile(
        self, tree: Tree, dn: str, name: str, place: str = "", policy: str = DISK_POLICY, domain: Domain | None = None, central: bool = False,
        type: str = "instance",  # noqa: A002 - as the attribute is called
    ) -> Mo:
        number = self.numbers.count()
        uuid = f"00000000-0000-0000-0000-{number:012d}"
        attributes = {
            "agentPolicyName": "", "assignState": "assigned" if place else "unassigned", "assocState": "associated" if place else "unassociated",
            "biosProfileName": "", "bootPolicyName": policy.partition("boot-policy-")[2], "configQualifier": "", "configState": "applied", "descr": "",
            "dynamicConPolicyName": "", "extIPPoolName": "ext-mgmt", "extIPState": "pooled", "fltAggr": "0", "fsmStatus": "nop", "hostFwPolicyName": "",
            "identPoolName": "default", "intId": str(5354000 + number), "localDiskPolicyName": "", "maintPolicyName": "", "name": name,
            "operBootPolicyName": policy, "operExtIPPoolName": "org-root/ip-pool-ext-mgmt", "operIdentPoolName": "org-root/uuid-pool-default",
            "operSrcTemplName": "org-root/ls-tmpl", "operState": "ok" if place else "unassociated", "owner": "management", "pnDn": place,
            "policyLevel": "0", "policyOwner": "local", "resolveRemote": "yes", "srcTemplName": "tmpl", "type": type, "usrLbl": "", "uuid": uuid,
            "uuidSuffix": uuid[19:], "vconProfileName": "",
        }
        if central:
            attributes |= {                             # values assumed
                "domain": domain.name if domain else "", "domainDn": domain.central_dn if domain else "", "domainGroup": "root/prod",
                "domainGroupDn": GROUP, "lsDn": "", "extIPPoolName": "global-ext-mgmt",
            }
        return tree.add("lsServer", dn, **attributes)

    def _domain(self, number: int) -> Domain:
        domain = Domain(f"dom{number + 1}", 1008 + number, Tree(), self.numbers.ipv4())
        tree = domain.tree
        tree.add("topSystem", "sys", address=domain.address, currentTime="2026-11-23T08:00:00.000", descr="", ipv6Addr="::", mode="cluster", name=domain.name,
                 owner="", site="", systemUpTime="12:03:04:05")
        tree.add("firmwareRunning", "sys/fw-system", deployment="system", packageVersion="4.2(3b)A", type="mgmt-ext", version="4.2(3b)")
        for switch in "AB":
            tree.add("networkElement", f"sys/switch-{switch}", id=switch, model="UCS-FI-6454", oobIfGw="198.18.0.254", oobIfIp=self.numbers.ipv4(),
                     oobIfMask="255.255.0.0", operability="operable", serial=self.numbers.serial("FDO", 11), vendor="Cisco Systems, Inc.")
        tree.add("commSvcEp", "sys/svc-ext", descr="", name="")
        tree.add("commWebSvcLimits", "sys/svc-ext/web-svc-limits", sessionsPerUser="32", totalSessions="256")
        _organizations(tree)
        self.central.add("computeSystem", domain.central_dn, address=domain.address, availablePhysicalCnt="3", descr="", fwPackageVersion="4.2(3b)A",
                         id=str(domain.id), inventoryStatus="ok", name=domain.name, operGroupDn=GROUP, owner="", productFamily="ucs-classic", site="",
                         totalPhysicalCnt="16")
        self.central.add("extpolClient", f"extpol/reg/clients/client-{domain.id}", capability="", connProtocol="ipv4", connectionState="connected", descr="",
                         host=domain.name, id=str(domain.id), ip=domain.address, ipv6="::", name=domain.name, operState="registered", suspendState="off",
                         type="managed-endpoint", version="4.2(3b)")
        return domain


def _organizations(tree: Tree) -> None:
    """The organizations, and the boot policies of the first."""
    for dn, name in (("org-root", "root"), ("org-root/org-lab", "lab"), ("org-root/org-templates", "templates")):
        tree.add("orgOrg", dn, descr="", level="root" if dn == "org-root" else "child", name=name)
    _boot_order(tree, PXE_POLICY, POLICY_VNIC, name="pxe-first", purpose="operational")
    tree.add("lsbootPolicy", DISK_POLICY, bootMode="uefi", descr="", enforceVnicName="yes", name="local-disk", purpose="operational", rebootOnUpdate="no")


def _boot_order(tree: Tree, dn: str, vnic: str, name: str, purpose: str) -> None:
    """Boot from the network, by this vNIC; a second one stands first in the list."""
    tree.add("lsbootDef" if not name else "lsbootPolicy", dn, advBootOrderApplicable="no", bootMode="uefi", descr="", enforceVnicName="yes", name=name,
             purpose=purpose, rebootOnUpdate="no")
    tree.add("lsbootLan", f"{dn}/lan", access="read-only", order="1", prot="pxe", type="lan")
    for kind, of in (("secondary", "eth10"), ("primary", vnic)):
        tree.add("lsbootLanImagePath", f"{dn}/lan/path-{kind}", bootIpPolicyName="", iSCSIVnicName="", imgPolicyName="", imgSecPolicyName="",
                 ipAddrType="ipv4", provSrvPolicyName="", type=kind, vnicName=of)


def _vnic(vnic: Vnic, equipment: str, mac: str) -> dict[str, str]:
    return {
        "adaptorProfileName": "Linux", "addr": mac, "adminCdnName": "", "adminHostPort": "ANY", "adminVcon": "any", "bootDev": "disabled",
        "cdnSource": "vnic-name", "configQualifier": "", "configState": "applied", "dynamicId": "0", "equipmentDn": equipment, "fltAggr": "0",
        "identPoolName": "mac-a", "instType": "defaultValue", "mtu": "9000", "name": vnic.name, "nwTemplName": "", "operCdnName": vnic.name,
        "operOrder": vnic.oper_order, "operSpeed": "line-rate", "operVcon": vnic.vcon, "order": vnic.order, "owner": "logical", "purpose": "general",
        "switchId": "A-B", "type": "ether", "virtualizationPreference": "NONE",
    }


def _address(address: str, name: str) -> dict[str, str]:
    is_set = address != NONE
    attributes = {"addr": address, "childAction": "deleteNonPresent", "defGw": "198.18.0.254" if is_set else NONE, "primDns": NONE, "secDns": NONE,
                  "subnet": "255.255.0.0"}
    return attributes | ({"name": name, "operName": f"org-root/ip-pool-{name}" if is_set else ""} if name else {})
