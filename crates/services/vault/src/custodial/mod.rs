//! Custodial release: keys that no single party holds, the vault that has the records included.
//!
//! ```text
//! patient ──AppointCustodians──▶ ledger          requester ──RequestRelease──▶ ledger
//! holder  ──share i───────────▶ custodian i      requester ◀─share i────────── custodian i, k of n
//! holder  forgets the key                        requester ◀─sealed record──── holder
//! ```
//!
//! For each category an X-Wing key pair is made; its secret is dealt in shares, one for each custodian
//! ([`salus_crypto::share`]), and forgotten. From then on the holder can seal and cannot open. Whoever
//! may read asks on the ledger first: that request is the account of the access, and custodians
//! release nothing before it is final, to nobody but the key that it names.
//!
//! A newcomer reads `messages`, then `dealing` (the holder), `shares` (a custodian), `serving` (the
//! holder again) and `session` (the requester).

mod dealing;
mod messages;
mod serving;
mod session;
mod shares;
mod told;

pub use dealing::{Custody, Recipient};
pub use messages::{
    CategoryCommitments, Commitments, CustodialKey, CustodialResponse, FETCH, RecordsOpening,
    SHARE, ShareBundle, ShareRequest, SharesRequest, Signed, signed_bytes,
};
pub use session::{Session, Wanted};
pub use told::{TELL, TELL_MAX, TellRequest, ToldLeaf, ToldRequest};
