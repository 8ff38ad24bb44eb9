//! Free ports of this machine, for networks that are made to be thrown away.

use crate::problem::Problem;
use rand::RngExt as _;
use std::net::{Ipv4Addr, TcpListener};

/// Tries before giving up.
const TRIES: usize = 200;

/// Two first ports, for peers and for APIs, after each of which `count` ports are free.
pub(crate) fn free(count: u16) -> anyhow::Result<(u16, u16)> {
    let mut random = rand::rng();
    for _ in 0..TRIES {
        // Below the range from which systems take ports for outgoing connections (Linux: 32,768 on).
        let first: u16 = random.random_range(10_000..30_000);
        let all = first..first + 2 * count;
        let bound: Result<Vec<_>, _> =
            all.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).collect();
        if bound.is_ok() {
            return Ok((first, first + count));
        }
    }
    Err(Problem::failed(
        "cli.no_free_ports",
        format!("no {} free ports in a row were found on 127.0.0.1", 2 * count),
        "end some other programs and run it again",
    ))
}
