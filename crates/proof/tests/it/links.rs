//! Every link from the network file to the header of the claims, broken one at a time.

use crate::{
    CHAIN,
    chain::{EPOCH_BLOCKS, Nodes, header, network},
};
use salus_proof::{EpochStep, ProofFile, verify};
use salus_types::{
    BlockHeader, Hash, Height, NetworkFile, ValidatorSet, VecMax, block::PROTOCOL_VERSION_MAX,
};

pub(crate) fn code_of(proof: &ProofFile, network: &NetworkFile) -> &'static str {
    verify(&proof.to_file().unwrap(), network).unwrap_err().code()
}

pub(crate) fn code(proof: &ProofFile) -> &'static str {
    code_of(proof, &CHAIN.network)
}

/// A proof whose claims are those of the good one.
fn proof_of(steps: Vec<EpochStep>, headers: Vec<BlockHeader>, certificate: Vec<u8>) -> ProofFile {
    CHAIN.file(steps, headers, certificate, CHAIN.state.claims.clone())
}

#[test]
fn another_network_is_refused() {
    let mut other = CHAIN.network.clone();
    other.salt = Hash::ZERO;

    assert_eq!(code_of(&CHAIN.proof(), &other), "proof.network");
}

#[test]
fn another_network_with_the_same_validators_does_not_vouch() {
    let mut other = CHAIN.network.clone();
    other.salt = Hash::ZERO;
    let mut proof = CHAIN.small_proof();
    proof.network = other.id();
    assert_eq!(code_of(&proof, &other), "proof.header_chain");

    // Even when the header is made to fit: signatures are over the network too.
    let mut headers = CHAIN.headers(3, 1);
    headers[0].network = other.id();
    let certificate = CHAIN.first.certify(&CHAIN.network, 0, headers[0].hash(), 0);
    let claims = CHAIN.state.claims.clone();
    let proof = ProofFile::new(other.id(), Vec::new(), headers, certificate, claims).unwrap();
    assert_eq!(code_of(&proof, &other), "proof.certificate");
}

#[test]
fn a_network_file_that_cannot_be_used_is_named() {
    let mut endless = CHAIN.network.clone();
    endless.parameters.epoch_blocks = 0;
    let mut empty = CHAIN.network.clone();
    empty.validators = ValidatorSet::default();
    let mut no_key = CHAIN.network.clone();
    let mut nodes = no_key.validators.nodes().to_vec();
    nodes[0].key.0 = [2; 32]; // y is no coordinate of a point.
    no_key.validators = ValidatorSet::new(nodes).unwrap();

    for network in [endless, empty, no_key] {
        let mut proof = CHAIN.small_proof();
        proof.network = network.id();
        assert_eq!(code_of(&proof, &network), "proof.network_file");
    }
}

#[test]
fn too_few_signatures_are_refused() {
    let small = Nodes::new(0..2); // Two of the four, whose quorum is two.
    let headers = CHAIN.headers(3, 1);
    let certificate = small.certify(&CHAIN.network, 0, headers[0].hash(), 0);

    assert_eq!(code(&proof_of(Vec::new(), headers, certificate)), "proof.certificate");
}

#[test]
fn a_certificate_with_too_few_of_the_right_set_is_refused() {
    // The encoding of a certificate: round, parent and payload; then the signers' bitmap and the
    // signatures. Taking one of three signatures away leaves two, and four validators need three.
    let headers = CHAIN.headers(3, 1);
    let good = CHAIN.first.certify(&CHAIN.network, 0, headers[0].hash(), 1);
    let mut short = good.clone();
    short.truncate(good.len() - 64);
    let count_at = good.len() - 3 * 64 - 1;
    assert_eq!(short[count_at], 3, "the count of signatures");
    short[count_at] = 2;
    let bitmap_at = count_at - 1;
    let highest = short[bitmap_at].ilog2();
    short[bitmap_at] &= !(1 << highest);

    assert_eq!(short[bitmap_at].count_ones(), 2, "two signers are left");
    assert_eq!(code(&proof_of(Vec::new(), headers, short)), "proof.certificate");
}

#[test]
fn a_foreign_validator_set_is_refused() {
    let foreign = Nodes::new(20..24);
    let headers = CHAIN.headers(3, 1);
    let certificate = foreign.certify(&CHAIN.network, 0, headers[0].hash(), 0);

    assert_eq!(code(&proof_of(Vec::new(), headers, certificate)), "proof.certificate");
}

#[test]
fn a_stale_set_is_refused_after_the_change_and_the_new_one_before_it() {
    let late = CHAIN.headers(12, 1);
    let by_first = CHAIN.first.certify(&CHAIN.network, 1, late[0].hash(), 0);
    let early = CHAIN.headers(3, 1);
    let by_second = CHAIN.second.certify(&CHAIN.network, 0, early[0].hash(), 0);

    let steps = vec![CHAIN.step()];
    assert_eq!(code(&proof_of(steps.clone(), late, by_first)), "proof.certificate");
    assert_eq!(code(&proof_of(Vec::new(), early.clone(), by_second.clone())), "proof.certificate");
    assert_eq!(code(&proof_of(steps, early, by_second)), "proof.certificate");
}

#[test]
fn a_change_of_validators_cannot_be_left_out() {
    let mut proof = CHAIN.proof();
    proof.steps = VecMax::default();

    assert_eq!(code(&proof), "proof.certificate");
}

#[test]
fn a_certificate_of_another_block_or_epoch_is_refused() {
    let headers = CHAIN.headers(3, 1);
    let other_block = CHAIN.first.certify(&CHAIN.network, 0, Hash::ZERO, 0);
    let other_epoch = CHAIN.first.certify(&CHAIN.network, 1, headers[0].hash(), 0);

    for certificate in [other_block, other_epoch, Vec::new()] {
        let proof = proof_of(Vec::new(), headers.clone(), certificate);
        assert_eq!(code(&proof), "proof.certificate");
    }
}

#[test]
fn a_step_must_be_the_last_block_of_its_epoch() {
    let header = header(&CHAIN.network, EPOCH_BLOCKS - 2, &CHAIN.second.set());
    let certificate = CHAIN.first.certify(&CHAIN.network, 0, header.hash(), 0);
    let step = EpochStep::new(header, certificate, &CHAIN.second.set()).unwrap();
    let mut proof = CHAIN.proof();
    proof.steps = VecMax::new(vec![step]).unwrap();

    assert_eq!(code(&proof), "proof.epoch_step");
}

#[test]
fn a_step_names_the_validators_of_its_header_in_order() {
    let foreign = Nodes::new(20..24);
    let good = CHAIN.step();
    let other = EpochStep::new(good.header.clone(), good.certificate.to_vec(), &foreign.set());
    let empty = EpochStep { validators: VecMax::default(), ..good.clone() };
    let mut reversed = good.validators.to_vec();
    reversed.reverse();
    let reversed = EpochStep { validators: VecMax::new(reversed).unwrap(), ..good };

    for step in [other.unwrap(), empty, reversed] {
        let mut proof = CHAIN.proof();
        proof.steps = VecMax::new(vec![step]).unwrap();
        assert_eq!(code(&proof), "proof.epoch_step");
    }
}

#[test]
fn a_step_needs_the_certificate_of_the_validators_before_it() {
    let good = CHAIN.step();
    let certificate = CHAIN.second.certify(&CHAIN.network, 0, good.header.hash(), 0);
    let step = EpochStep::new(good.header, certificate, &CHAIN.second.set()).unwrap();
    let mut proof = CHAIN.proof();
    proof.steps = VecMax::new(vec![step]).unwrap();

    assert_eq!(code(&proof), "proof.certificate");
}

#[test]
fn a_step_cannot_be_taken_twice() {
    let mut proof = CHAIN.proof();
    proof.steps = VecMax::new(vec![CHAIN.step(), CHAIN.step()]).unwrap();

    assert_eq!(code(&proof), "proof.epoch_step");
}

#[test]
fn epochs_without_a_change_may_be_left_out_and_may_be_there() {
    // The last block of epoch 1 names the set that decides already.
    let last = header(&CHAIN.network, 2 * EPOCH_BLOCKS - 1, &CHAIN.second.set());
    let certificate = CHAIN.second.certify(&CHAIN.network, 1, last.hash(), 1);
    let same = EpochStep::new(last, certificate, &CHAIN.second.set()).unwrap();
    let headers = CHAIN.headers(34, 1);
    let certificate = CHAIN.second.certify(&CHAIN.network, 3, headers[0].hash(), 1);

    for steps in [vec![CHAIN.step()], vec![CHAIN.step(), same]] {
        let proof = proof_of(steps, headers.clone(), certificate.clone());
        let verified = verify(&proof.to_file().unwrap(), &CHAIN.network).unwrap();
        assert_eq!((verified.height, verified.epoch), (Height(34), 3));
    }
}

#[test]
fn headers_must_follow_each_other() {
    let good = CHAIN.proof();
    let headers = good.headers.to_vec();
    let mut cases = vec![
        vec![headers[0].clone(), headers[2].clone()],
        vec![headers[1].clone(), headers[0].clone(), headers[2].clone()],
        vec![headers[0].clone(), headers[0].clone(), headers[1].clone()],
    ];
    let mut other_parent = headers.clone();
    other_parent[1].parent = Hash::ZERO;
    let mut other_network = headers.clone();
    other_network[0].network.0[0] ^= 1;
    let mut other_epoch = headers;
    other_epoch[0].epoch = 2;
    cases.extend([other_parent, other_network, other_epoch]);

    for headers in cases {
        let mut proof = good.clone();
        proof.headers = VecMax::new(headers).unwrap();
        assert_eq!(code(&proof), "proof.header_chain");
    }
}

#[test]
fn headers_do_not_cross_the_end_of_an_epoch() {
    let headers = CHAIN.headers(9, 2);
    let certificate = CHAIN.second.certify(&CHAIN.network, 1, headers[1].hash(), 0);

    assert_eq!(code(&proof_of(vec![CHAIN.step()], headers, certificate)), "proof.header_chain");
}

#[test]
fn a_protocol_that_is_not_known_is_named() {
    let mut headers = CHAIN.headers(3, 1);
    headers[0].version = PROTOCOL_VERSION_MAX + 1;
    let certificate = CHAIN.first.certify(&CHAIN.network, 0, headers[0].hash(), 0);

    assert_eq!(code(&proof_of(Vec::new(), headers, certificate)), "proof.version");
}

#[test]
fn a_proof_without_headers_or_claims_is_malformed() {
    let mut no_header = CHAIN.small_proof();
    no_header.headers = VecMax::default();
    let mut no_claim = CHAIN.small_proof();
    no_claim.claims = VecMax::default();

    assert_eq!(code(&no_header), "proof.malformed");
    assert_eq!(code(&no_claim), "proof.malformed");
}

#[test]
fn validators_of_any_number_can_certify() {
    for count in [1, 2, 3, 5, 7, 10] {
        let nodes = Nodes::new(0..count);
        let network = network(&nodes);
        let mut header = header(&network, 3, &nodes.set());
        header.state_root = CHAIN.state.root;
        let absent = usize::try_from(count).unwrap() - nodes.set().quorum();
        let certificate = nodes.certify(&network, 0, header.hash(), absent);
        let claims = CHAIN.state.claims.clone();
        let proof =
            ProofFile::new(network.id(), Vec::new(), vec![header], certificate, claims).unwrap();

        let verified = verify(&proof.to_file().unwrap(), &network).unwrap();

        assert_eq!(verified.signatures, nodes.set().quorum(), "of {count}");
    }
}
