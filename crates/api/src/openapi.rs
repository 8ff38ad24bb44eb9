//! The OpenAPI 3.1 document, generated from the handlers. `openapi.json` beside the manifest is the
//! same, checked in; a test compares the two and says how to renew it.

use std::sync::LazyLock;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// What the document says about the interface as a whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Salus",
        description = "A node of a shared healthcare ledger, and the record gateway of its \
            organisation. Refusals are problem documents (RFC 9457) with stable codes; ids, hashes \
            and keys are lower-case hexadecimal; times are milliseconds since 1970."
    ),
    tags(
        (name = "health", description = "Whether the node lives and is ready; metrics."),
        (name = "network", description = "The node, its network, its peers."),
        (name = "transactions", description = "Changing the ledger."),
        (name = "blocks", description = "What was decided."),
        (name = "events", description = "What modules told, as it becomes final."),
        (name = "identity", description = "Accounts and organisations."),
        (name = "governance", description = "Parameters and proposals."),
        (name = "consent", description = "Record anchors, grants, access accounts."),
        (name = "proofs", description = "Files that a stranger verifies offline."),
        (name = "vault", description = "The organisation's own records; needs its token."),
        (name = "fhir", description = "The organisation's records as FHIR R4 resources; refusals are OperationOutcomes."),
        (name = "operator", description = "For whoever runs the node; needs its token."),
        (name = "gateway", description = "Between gateways; requests are signed by organisations."),
    ),
    modifiers(&Token),
)]
pub(crate) struct ApiDoc;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The organisation's token, from the file `api-token` of its node."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The document of every route.
pub fn document() -> utoipa::openapi::OpenApi {
    crate::router::routes().into_openapi()
}

/// The document as it is served and checked in.
pub fn document_json() -> &'static str {
    static JSON: LazyLock<String> = LazyLock::new(|| {
        let mut text = document().to_pretty_json().expect("a document of strings prints as JSON");
        text.push('\n');
        text
    });
    &JSON
}
