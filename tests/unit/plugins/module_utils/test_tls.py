# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a client trusts: real handshakes in memory, with the certificates that Python versions disagree about."""
from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.tls import client_context

HOST = "manager.example.com"


@dataclass
class Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def sign(name: str, issuer: Signed | None = None, authority: bool = True, host: str = HOST) -> Signed:
    """As plain tools make them: an authority has no keyUsage and no key identifiers."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.certificate.subject if issuer else subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=authority)
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return Signed(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def shake_hands(client: ssl.SSLContext, chain: bytes, key: bytes, folder: Path, host: str = HOST) -> None:
    """Raises what the client raises."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder.joinpath("server.pem").write_bytes(chain)
    folder.joinpath("server.key").write_bytes(key)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server, server_hostname=host), server.wrap_bio(to_server, to_client, server_side=True)]
    for _round in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    assert ends[0].version()


def test_an_authority_without_key_usage_is_trusted_on_every_python(tmp_path: Path) -> None:
    root = sign("root")
    leaf = sign("leaf", root, authority=False)
    shake_hands(client_context(ca_data=root.pem), leaf.pem, leaf.key_pem, tmp_path)


def test_an_intermediate_that_is_named_needs_no_root(tmp_path: Path) -> None:
    intermediate = sign("intermediate", sign("root"))
    leaf = sign("leaf", intermediate, authority=False)
    shake_hands(client_context(ca_data=intermediate.pem.decode()), leaf.pem, leaf.key_pem, tmp_path)


def test_another_host_and_another_authority_are_refused(tmp_path: Path) -> None:
    root, other = sign("root"), sign("other")
    leaf = sign("leaf", root, authority=False)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(client_context(ca_data=root.pem), leaf.pem, leaf.key_pem, tmp_path, "elsewhere.example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(client_context(ca_data=other.pem), leaf.pem, leaf.key_pem, tmp_path)


def test_without_checks_every_certificate_will_do(tmp_path: Path) -> None:
    leaf = sign("leaf", sign("root"), authority=False)
    shake_hands(client_context(validate_certs=False), leaf.pem, leaf.key_pem, tmp_path, "elsewhere.example.com")


def test_a_file_with_remarks_and_data_are_trusted_together(tmp_path: Path) -> None:
    first, second = sign("first"), sign("second")
    file = tmp_path / "ca.pem"
    file.write_bytes("# Müllers Zertifikat\n".encode() + first.pem)
    context = client_context(ca_path=str(file), ca_data="# Müllers zweites\n" + second.pem.decode())
    for issuer in (first, second):
        leaf = sign("leaf", issuer, authority=False)
        shake_hands(context, leaf.pem, leaf.key_pem, tmp_path)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_system_s_store_is_what_openssl_says_it_is(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store"
    store.mkdir()
    root = trustme.CA()
    root.cert_pem.write_to_path(str(store / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(store / "ca.pem") if variable == "SSL_CERT_FILE" else "/nonexistent")
    monkeypatch.setenv("SSL_CERT_DIR", str(store))
    if variable == "SSL_CERT_DIR":
        (store / f"{_hash(store / 'ca.pem')}.0").symlink_to(store / "ca.pem")
    leaf = root.issue_cert(HOST)
    shake_hands(client_context(), b"".join(part.bytes() for part in leaf.cert_chain_pems), leaf.private_key_pem.bytes(), tmp_path)


def _hash(path: Path) -> str:
    return subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", str(path)], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("make", "words"), [
    (lambda folder: {"ca_path": str(folder / "missing.pem")}, "No such file"),
    (lambda folder: {"ca_path": str(folder)}, "openssl rehash"),
    (lambda folder: {"ca_path": str(_file(folder, "no certificate"))}, "holds no CA certificates"),
    (lambda folder: {"ca_data": "no certificate"}, "are no certificates"),
    (lambda folder: {"ca_data": b"\xff\xfe"}, "are no certificates"),
])
def test_what_is_no_authority_is_said_in_a_sentence(make: Callable[[Path], dict[str, str]], words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=words):
        client_context(**make(tmp_path))


def _file(folder: Path, text: str) -> Path:
    path = folder / "ca.pem"
    path.write_text(text, encoding="utf-8")
    return path
