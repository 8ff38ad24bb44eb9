//! Random bytes, from the operating system only.

/// `N` random bytes that nobody can predict.
///
/// # Panics
///
/// The operating system cannot give randomness; nothing secret can be made on such a machine.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
