"""The states of a registration file, and the reasons for them."""

from __future__ import annotations

STATES = {
    "pending": "It has not been fetched yet.",
    "resolved": "It was fetched and stored.",
    "failed": "It could not be fetched; registration_reason says why.",
}
# Why a file could not be fetched.
REASONS = {
    "empty_uri": "The URI is empty.",
    "invalid_uri": "The URI is malformed.",
    "scheme_not_supported": "The URI is not data:, ipfs:, ar:, https: or JSON.",
    "http_refused": "http: proves nothing about who answers; use https:.",
    "address_refused": "The host has an address that is not public.",
    "too_many_redirects": "More than three redirects.",
    "too_large": "The file has more than 64 KiB.",
    "invalid_encoding": "The data URI or the gzip in the file cannot be decoded.",
    "invalid_json": "The file is not JSON.",
    "not_an_object": "The file is JSON, but not an object.",
    "invalid_cid": "The CID is malformed.",
    "hash_differs": "The content that the gateways returned does not match the CID.",
    "no_gateway": "The operator has set no gateway for this scheme.",
    "host_not_found": "The name of the host has no address.",
    "connection_failed": "The host refused or closed the connection.",
    "certificate_refused": "The host could not prove its name by TLS.",
    "not_http": "The host did not answer in HTTP.",
    "timeout": "The file did not arrive in time.",
    "not_found": "The host answered 404 or 410.",
    "refused_by_host": "The host answered another status from 400 to 499.",
    "host_error": "The host answered another status, without a file.",
    "defect": "This service failed; its log says more.",
}
# What the file says about the agent (ERC-8004): one entry of its registrations must name both this
# registry and this agent.
REFERENCES = {
    "verified": "One entry of registrations names this agent in this registry.",
    "names_another_agent": "The entries of this registry name other agents.",
    "id_missing": "The entries of this registry have no agentId.",
    "names_no_agent_of_this_registry": "All entries name other registries.",
    "no_registrations": "There is no entry.",
    "not_resolved": "There is no file.",
}
