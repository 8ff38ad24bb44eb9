//! Every route with who may call it. A test compares it with the router and tries each.

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: facts of the ledger, which hold nothing personal.
    Public,
    /// Anybody, with transactions that are signed themselves.
    SignedTransactions,
    /// The organisation's own systems, which show its token.
    Token,
    /// The organisation's own systems, which show its token, and its registered clients, which show an
    /// access token with a scope that allows it.
    Client,
    /// A node, which signs the request with its key.
    SignedByNode,
    /// An organisation's gateway, which signs the request with a key of the organisation.
    SignedByOrganisation,
}

impl Access {
    /// Who may call it, in words.
    pub fn who(self) -> &'static str {
        match self {
            Self::Public => "anybody",
            Self::SignedTransactions => "anybody, with signed transactions",
            Self::Token => "token",
            Self::Client => "token, or a client's access token",
            Self::SignedByNode => "a node, signed by its key",
            Self::SignedByOrganisation => "an organisation, signed by its key",
        }
    }
}

/// A route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method, in upper case.
    pub method: &'static str,
    /// The template of the path.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

const fn get(path: &'static str) -> Route {
    Route { method: "GET", path, access: Access::Public }
}

const fn get_own(path: &'static str) -> Route {
    Route { method: "GET", path, access: Access::Token }
}

const fn get_client(path: &'static str) -> Route {
    Route { method: "GET", path, access: Access::Client }
}

const fn post(path: &'static str, access: Access) -> Route {
    Route { method: "POST", path, access }
}

/// Every route of the interface.
pub const ROUTES: &[Route] = &[
    get("/health/live"),
    get("/health/ready"),
    get("/metrics"),
    get("/openapi.json"),
    get("/v1/status"),
    get("/v1/network"),
    get("/v1/validators"),
    post("/v1/transactions", Access::SignedTransactions),
    get("/v1/transactions/{hash}"),
    get("/v1/blocks/{height}"),
    get("/v1/events"),
    get("/v1/accounts/{account}"),
    get("/v1/accounts/{account}/entries/{name}"),
    get("/v1/organisations"),
    get("/v1/parameters"),
    get("/v1/access-limits"),
    get("/v1/proposals"),
    get("/v1/proposals/{id}"),
    get("/v1/records/{record}"),
    get("/v1/records/{record}/versions/{version}"),
    get("/v1/grants/{grant}"),
    get("/v1/patients/{account}/grants"),
    get("/v1/patients/{account}/accesses"),
    get("/v1/delegations/{delegation}"),
    get("/v1/patients/{account}/delegations"),
    get("/v1/episodes/{episode}"),
    get("/v1/patients/{account}/episodes"),
    get("/v1/arrangements/{arrangement}"),
    get("/v1/patients/{account}/arrangements"),
    get("/v1/releases/{request}"),
    get("/v1/releases/{request}/allowed"),
    get("/v1/patients/{account}/releases/{holder}"),
    get("/v1/access-decisions"),
    get("/v1/emergencies/{emergency}"),
    get("/v1/patients/{account}/emergency-rules"),
    get("/v1/patients/{account}/emergencies"),
    get("/v1/organisations/{account}/emergencies"),
    get("/v1/organisations/{account}/emergency-report"),
    get("/v1/documents/{document}"),
    get("/v1/documents/{document}/versions/{version}"),
    get("/v1/accounts/{account}/documents"),
    get("/v1/notarised/{commitment}"),
    get("/v1/erasures/{erasure}"),
    get("/v1/patients/{account}/erasures"),
    get("/v1/patients/{account}/access-summary"),
    get("/v1/proofs/records/{record}"),
    get("/v1/proofs/grants/{grant}"),
    get("/v1/proofs/accesses/{account}/{sequence}"),
    get("/v1/proofs/transactions/{hash}"),
    get("/v1/proofs/accounts/{account}"),
    get("/v1/proofs/anchor"),
    post("/v1/peers", Access::SignedByNode),
    get_own("/v1/operator/status"),
    Route { method: "PUT", path: "/v1/operator/log-level", access: Access::Token },
    post("/v1/vault/import", Access::Token),
    get_own("/v1/archive/{height}"),
    get_own("/v1/vault/records"),
    get_own("/v1/vault/patients"),
    get_own("/v1/vault/patients/{account}/accesses"),
    post("/v1/vault/patients/{account}/signatures", Access::Token),
    post("/v1/vault/read", Access::Token),
    get_own("/v1/vault/records/{record}/history"),
    post("/v1/vault/documents", Access::Token),
    Route { method: "PUT", path: "/v1/vault/documents/{record}", access: Access::Token },
    post("/v1/vault/records/{record}/labels", Access::Token),
    post("/v1/vault/explain", Access::Token),
    post("/v1/vault/rules/reload", Access::Token),
    post("/v1/vault/scopes", Access::Token),
    get_own("/v1/vault/scopes/{kind}/{id}"),
    post("/v1/vault/export", Access::Token),
    post("/v1/vault/admissions", Access::Token),
    post("/v1/vault/custody", Access::Token),
    post("/v1/vault/custody/begin", Access::Token),
    post("/v1/vault/erasures", Access::Token),
    get_own("/v1/vault/erasures/{erasure}"),
    Route { method: "PUT", path: "/v1/vault/patients/{account}/retention", access: Access::Token },
    get("/cds-services"),
    post("/cds-services/{service}", Access::Client),
    get("/fhir/metadata"),
    get("/fhir/.well-known/smart-configuration"),
    get("/.well-known/smart-configuration"),
    post("/oauth/token", Access::Public),
    post("/fhir", Access::Client),
    get_client("/fhir/$export"),
    get_client("/fhir/Patient/$export"),
    get_client("/fhir/$export/{job}"),
    Route { method: "DELETE", path: "/fhir/$export/{job}", access: Access::Client },
    get_client("/fhir/$export/{job}/{file}"),
    post("/fhir/MedicationRequest/$check", Access::Client),
    get_client("/fhir/{type}"),
    post("/fhir/{type}", Access::Client),
    post("/fhir/{type}/_search", Access::Client),
    get_client("/fhir/{type}/{id}"),
    Route { method: "PUT", path: "/fhir/{type}/{id}", access: Access::Client },
    get_client("/fhir/{type}/{id}/_history"),
    get_client("/fhir/{type}/{id}/_history/{version}"),
    get_client("/fhir/{type}/{id}/$everything"),
    post("/v1/gateway/read", Access::SignedByOrganisation),
    post("/v1/gateway/scopes", Access::SignedByOrganisation),
    post("/v1/gateway/export", Access::SignedByOrganisation),
    post("/v1/gateway/custody/shares", Access::SignedByOrganisation),
    post("/v1/gateway/custody/share", Access::SignedByOrganisation),
    post("/v1/gateway/custody/read", Access::SignedByOrganisation),
    post("/v1/gateway/custody/told", Access::SignedByOrganisation),
];
