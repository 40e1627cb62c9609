# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fields of the answers, read by the collection or not: docs/development/reference/certcentral.md 2.1, 4.7, 10."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import requests
from simulator_client import Api, code

from certsim.testing import Simulator


@pytest.mark.parametrize("order_id", [41, 42, 48])
def test_certificate_in_detail(life: Api, order_id: int) -> None:
    """These show before the issuance, too."""
    certificate = life.get(order_id).json()["certificate"]
    assert (certificate["server_platform"]["id"], certificate["server_platform"]["name"]) == (-1, "OTHER")
    assert {"install_url", "csr_url"} <= set(certificate["server_platform"])
    assert set(certificate["ca_cert"]) == {"id", "name"}
    assert (certificate["key_size"], certificate["signature_hash"]) == (2048, "sha256")
    assert certificate["date_created"].startswith("20")
    assert ("date_issued" in certificate) is ("serial_number" in certificate) is (order_id == 41)


def test_rows(life: Api) -> None:
    for row in life.orders().json()["orders"]:
        assert row["price"] > 0
        assert row["certificate"]["cert_validity"] == {"years": row["validity_years"]}


def test_caa_status_is_an_object_by_domain(life: Api) -> None:
    shown = life.get(48, include_caa_status="true").json()
    assert set(shown["caa_status_message"]) == set(shown["certificate"]["dns_names"])
    assert "caa_status_message" not in life.get(41, include_caa_status="true").json()
    assert "caa_status_message" not in life.get(48).json()


def test_reissues_and_duplicates_differ(life: Api) -> None:
    reissues = life.read("/order/certificate/41/reissue", show_archived="true")["certificates"]
    duplicates = life.read("/order/certificate/41/duplicate", show_archived="true")["certificates"]
    assert [each["archived"] for each in reissues] == [1, 0]
    assert [each["archived"] for each in duplicates] == ["0", "0", "0"]
    assert {"date_issued", "email", "firstname", "lastname", "receipt_id", "valid_till"} <= set(reissues[0])
    assert "valid_from" not in reissues[0]
    assert "valid_from" in duplicates[0]
    (pending,) = life.read("/order/certificate/43/reissue")["certificates"]
    assert not {"date_issued", "thumbprint", "serial_number"} & set(pending)


def download(api: Api, path: str) -> requests.Response:
    answer = api.request("GET", path)
    assert answer.status_code == 200, answer.text
    return answer


def test_downloads(life: Api) -> None:
    certificate = life.get(41).json()["certificate"]
    number, serial = certificate["id"], certificate["serial_number"]
    answer = download(life, f"/certificate/{number}/download/format/pem_all")
    assert answer.headers["content-type"] == "application/x-pem-file"
    assert answer.text.count("-----BEGIN CERTIFICATE-----") == 2
    for path in (
        f"/certificate/{serial}/download/format/pem_noroot",
        f"/certificate/{number}/download/platform/-1",
        f"/certificate/{number}/download/platform/45",
        "/certificate/download/order/41/format/pem_all",
    ):
        assert download(life, path).text == answer.text
    alone = download(life, f"/certificate/{number}/download/format/pem_nointermediate").text
    assert answer.text.startswith(alone)
    assert alone.count("-----BEGIN CERTIFICATE-----") == 1


def test_a_download_can_be_read(sim: Simulator, life: Api, tmp_path: Path) -> None:
    sim.patch(41, dns_names=["multi.corp.example", "*.corp.example"], valid_till="2027-03-04")
    certificate = life.get(41).json()["certificate"]
    path = tmp_path / "certificate.pem"
    path.write_text(download(life, f"/certificate/{certificate['id']}/download/format/pem_nointermediate").text)
    shown = ssl._ssl._test_decode_cert(str(path))  # type: ignore[attr-defined]
    assert int(shown["serialNumber"], 16) == int(certificate["serial_number"], 16)
    assert shown["subject"] == ((("commonName", certificate["common_name"]),),)
    assert shown["subjectAltName"] == tuple(("DNS", name) for name in certificate["dns_names"])
    assert shown["notAfter"] == "Mar  4 23:59:59 2027 GMT"


def test_the_issuer_can_be_read(life: Api) -> None:
    text = download(life, "/certificate/download/order/41/format/pem_all").text
    (issuer,) = ssl.create_default_context(cadata=text[text.rindex("-----BEGIN") :]).get_ca_certs()
    assert issuer["subject"] == issuer["issuer"] == ((("commonName", "Example Simulated TLS CA"),),)


def test_what_cannot_be_downloaded(sim: Simulator, life: Api) -> None:
    number = life.get(41).json()["certificate"]["id"]
    assert code(life.request("GET", f"/certificate/{number}/download/format/p7b")) == (400, "invalid_value:format")
    assert code(life.request("GET", f"/certificate/{number}/download/platform/x")) == (400, "invalid_value:platform")
    assert code(life.request("GET", "/certificate/999/download/format/pem_all")) == (404, "not_found|certificate")
    unissued = sim.order(41)["duplicates"][2]["id"]
    for path in (f"/certificate/{unissued}/download/format/pem_all", "/certificate/download/order/48/format/pem_all"):
        assert code(life.request("GET", path)) == (404, "not_found|certificate")
    emea = Api(sim, "sim-emea")
    assert code(emea.request("GET", f"/certificate/{number}/download/format/pem_all")) == (404, "not_found|certificate")


def test_containers_and_organizations(sim: Simulator, life: Api) -> None:
    containers = life.read("/container")["containers"]
    assert [(each["id"], each.get("parent_id")) for each in containers] == [(1, None), (2, 1)]
    assert life.read("/container/2") == containers[1]
    organizations = life.read("/organization")
    assert [each["id"] for each in organizations["organizations"]] == [5, 111111]
    assert organizations["page"] == {"total": 2, "limit": 1000, "offset": 0}
    assert life.read("/organization/5", include_validation="true")["name"] == "Other Corp"
    assert [each["id"] for each in life.read("/organization", container_id=1, limit=1)["organizations"]] == [5]
    emea = Api(sim, "sim-emea")
    assert [each["id"] for each in emea.read("/container")["containers"]] == [2]
    for path in ("/container/1", "/organization/5", "/container/x"):
        assert emea.request("GET", path).status_code == 404
