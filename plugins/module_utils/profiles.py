# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles: what servers of a name pattern have in common, from the operator's profiles.yaml or ours."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from . import names
from .errors import InvalidArgument
from .texts import need_text

SCHEMES = (
    "redfish-virtualmedia", "idrac-virtualmedia", "redfish", "idrac-redfish", "redfish-uefihttp", "ilo5-redfish", "ilo5-virtualmedia", "ipmi",
)


@dataclass(frozen=True)
class Profile:
    """One entry of generator_profiles; what is empty falls to the generator or to the vendor's default."""

    pattern: str = ""
    default: bool = False
    server_vendor: str = ""
    nic_name: str = ""
    mac_index: str = ""
    bmc_scheme: str = ""
    bmc_credentials: str = ""
    bmc_port: int | None = None
    bmc_path: str = ""                      # {serial} stands for the serial number of the server
    bmc_validate_certs: bool = False        # BMCs come with certificates of their own making
    inspection: str = "disabled"
    automated_cleaning_mode: str = ""
    boot_mode: str = ""
    custom_deploy: str = ""                 # left out, assisted-service sets it once its ISO is ready


_KEYS = frozenset(one.name for one in fields(Profile))
_CHOICES = {
    "inspection": ("disabled", "agent"),
    "automated_cleaning_mode": ("disabled", "metadata"),
    "boot_mode": ("UEFI", "UEFISecureBoot", "legacy"),
    "server_vendor": names.VENDORS,
    "bmc_scheme": tuple(f"{scheme}{suffix}" for scheme in SCHEMES for suffix in (("",) if scheme == "ipmi" else ("", "+http", "+https"))),
}


@dataclass(frozen=True)
class Profiles:
    """All profiles, in order."""

    entries: tuple[Profile, ...] = field(default=())

    @classmethod
    def parse(cls, given: Any) -> Profiles:
        """From a list, or from the operator's file: a mapping with the one key "profiles"."""
        if isinstance(given, Mapping):
            unknown = sorted(set(map(str, given)) - {"profiles"})
            if unknown:
                raise InvalidArgument(f"generator_profiles: unknown key {unknown[0]!r}; give a list of profiles, or a mapping with the key 'profiles'.")
            given = given.get("profiles")
        if not isinstance(given or [], list):
            raise InvalidArgument("generator_profiles must be a list of profiles.")
        entries = tuple(_profile(number, one) for number, one in enumerate(given or [], start=1))
        if sum(one.default for one in entries) > 1:
            raise InvalidArgument("generator_profiles: more than one profile says 'default: true'; keep one of them.")
        return cls(entries)

    def for_name(self, server_name: str, vendor: str | None = None) -> Profile:
        """The first whose pattern is part of the name, case-blind, and whose vendor is not another one; else the default."""
        name = server_name.casefold()
        for one in self.entries:
            if not one.default and one.pattern.casefold() in name and (not vendor or one.server_vendor in ("", vendor)):
                return one
        return next((one for one in self.entries if one.default), Profile())


def _profile(number: int, given: Any) -> Profile:
    where = f"generator_profiles, entry {number}"
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"{where}: must be a mapping such as {{pattern: h100, nic_name: ens8f0np0, mac_index: \"2\"}}.")
    unknown = sorted(set(map(str, given)) - _KEYS)
    if unknown:
        raise InvalidArgument(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}.")
    values: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    for key in ("default", "bmc_validate_certs"):
        if not isinstance(values.get(key, False), bool):
            raise InvalidArgument(f"{where}: {key} must be true or false.")
    for key in sorted(_KEYS - {"default", "bmc_validate_certs", "bmc_port"}):
        if key in values:
            if key != "mac_index":
                need_text(where, key, values[key])
            values[key] = str(values[key]).strip()
    values["server_vendor"] = values.get("server_vendor", "").upper()
    for key, choices in _CHOICES.items():
        if values.get(key) and values[key] not in choices:
            raise InvalidArgument(f"{where}: {key} must be one of {', '.join(choices)}, not {values[key]!r}.")
    if "bmc_port" in values and (not str(values["bmc_port"]).isdigit() or not 1 <= int(values["bmc_port"]) <= 65535):
        raise InvalidArgument(f"{where}: bmc_port must be 1 to 65535.")
    if "bmc_port" in values:
        values["bmc_port"] = int(values["bmc_port"])
    if bool(values.get("pattern")) == bool(values.get("default")):
        raise InvalidArgument(f"{where}: give either a pattern or 'default: true'.")
    index = values.get("mac_index", "")
    if index and index not in ("first", "last") and not (index.isascii() and index.isdigit()):
        raise InvalidArgument(f"{where}: mac_index must be \"first\", \"last\" or a position counted from \"0\".")
    return Profile(**values)
