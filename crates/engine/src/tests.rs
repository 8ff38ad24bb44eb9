//! Tests of the engine on real sockets and a real disk, and of what it decodes.

mod blocks;
pub(crate) mod counter;
mod damage;
mod kept;
mod network;
