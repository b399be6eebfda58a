//! The keys of a repository: their fingerprints, and that a key file has no others.

use super::packages::{ARMORED, REPOSITORY};
use super::*;
use crate::resource::openpgp::KeyFile;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use proptest::prelude::*;

const FINGERPRINT: &str = "3B9DF8859D37BFCF9E56AAD7F7D0B6568C45B8BB";
const BINARY: &[u8] = include_bytes!("data/key.gpg");

/// The fingerprints of a key file, one after the other.
fn fingerprint(bytes: &[u8]) -> Result<String, String> {
    KeyFile::read(bytes.to_vec()).map(|key| key.fingerprints.into_iter().collect::<Vec<_>>().join(" "))
}

/// A packet of any type and content; what is not known to older programs has the newer form.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let head = if tag < 16 { 0x80 | tag << 2 } else { 0xc0 | tag };
    let mut packet = vec![head, u8::try_from(body.len()).unwrap()];
    packet.extend(body);
    packet
}

/// A public key that nobody has.
fn other_key(number: u8) -> Vec<u8> {
    packet(6, &[4, 0, 0, 0, number, 22])
}

fn armored(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n")
}

/// What is wrong with a repository whose key file holds `bytes`.
fn refused(bytes: &str, fingerprint: &str) -> String {
    let key = format!("key: {{ content: {bytes:?}, fingerprint: {fingerprint} }}");
    let text =
        REPOSITORY.lines().map(|line| if line.contains("key:") { format!("    {key}\n") } else { format!("{line}\n") });
    let shown = |line: &str| match line.split_once('^') {
        Some((_, label)) => Some(format!("  {}", label.trim_start_matches('^').trim())),
        None => (!line.contains('|')).then(|| line.to_owned()),
    };
    errors(&text.collect::<String>()).lines().filter_map(shown).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_key_with_another_fingerprint() {
    assert_snapshot!(errors(&REPOSITORY.replace("3b9d", "4b9d")), @"
    error: the repository's key has another fingerprint
     --> role.yml:9:39
      |
    9 |     key: { src: key.asc, fingerprint: 4b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb }
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the key has 3B9DF8859D37BFCF9E56AAD7F7D0B6568C45B8BB
      |
      = help: if the vendor has changed its key, compare the new fingerprint with the vendor's own page
    ");
    let text = REPOSITORY
        .replace("src: key.asc", "content: nonsense")
        .replace("    suites: [stable, beta]\n", "")
        .replace("name: app\n", "name: ''\n");
    assert_snapshot!(errors(&text), @"
    error: `` is no name of a package
     --> role.yml:2:9
      |
    2 |   name: ''
      |         ^^

    error: repository needs `suites`
     --> role.yml:4:5
      |
    4 |     name: vendor
      |     ^^^^^^^^^^^^

    error: the repository's key cannot be read: this is no OpenPGP public key
     --> role.yml:8:44
      |
    8 |     key: { content: nonsense, fingerprint: 3b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb }
      |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn fingerprints() {
    assert_eq!(fingerprint(ARMORED).unwrap(), FINGERPRINT);
    assert_eq!(fingerprint(BINARY).unwrap(), FINGERPRINT);
    let with_header = String::from_utf8(ARMORED.to_vec())
        .unwrap()
        .replace("BLOCK-----\n\n", "BLOCK-----\nVersion: 1\nComment: x\n\n");
    assert_eq!(fingerprint(with_header.as_bytes()).unwrap(), FINGERPRINT);
    let with_prose = format!("A key:\r\n{}", String::from_utf8_lossy(ARMORED).replace('\n', "\r\n"));
    assert_eq!(fingerprint(with_prose.as_bytes()).unwrap(), FINGERPRINT);
}

#[test]
fn what_is_no_key() {
    assert_snapshot!(fingerprint(b"").unwrap_err(), @"this is no OpenPGP public key");
    assert_snapshot!(fingerprint(b"-----BEGIN PGP SIGNATURE-----\n").unwrap_err(), @"this is no armored OpenPGP public key");
    let damaged = String::from_utf8_lossy(ARMORED).replace("mDMEa", "m*MEa");
    assert_snapshot!(fingerprint(damaged.as_bytes()).unwrap_err(), @"the armored key is damaged");
    let mut older = BINARY.to_vec();
    older[2] = 3;
    assert_snapshot!(fingerprint(&older).unwrap_err(), @"this key is neither of version 4 nor of version 6");
}

#[test]
fn every_key_of_a_file_counts() {
    let (one, two) = (other_key(1), other_key(2));
    let all = fingerprint(&[BINARY, &one, &two].concat()).unwrap();
    assert_eq!(all.split(' ').count(), 3);
    assert!(all.contains(FINGERPRINT));
    // however they come: in one block or in several, in any order, some of them twice
    let both = armored(BINARY) + "and another\n" + &armored(&[one.clone(), BINARY.to_vec(), two.clone()].concat());
    assert_eq!(fingerprint(both.as_bytes()).unwrap(), all);
    // one after what belongs to the first: a subkey, a name, a picture, a signature, and gpg's own notes
    let more: Vec<u8> = [14, 13, 17, 2, 12].into_iter().flat_map(|tag| packet(tag, &[4, 1, 2, 3])).collect();
    assert_eq!(fingerprint(&[BINARY, &more].concat()).unwrap(), FINGERPRINT);
    assert_eq!(fingerprint(&[BINARY, &more, &one, &more, &two].concat()).unwrap(), all);
    // in the form of newer programs, with each kind of length
    let body = [&[4_u8, 0, 0, 0, 1, 22], [0; 250].as_slice()].concat();
    let length = u16::try_from(body.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let short = u8::try_from(length - 192).unwrap();
    let forms = [
        [&[0x99, high, low], body.as_slice()].concat(),
        [&[0xc6, 192, short], body.as_slice()].concat(),
        [&[0xc6, 255, 0, 0, high, low], body.as_slice()].concat(),
    ];
    let same = fingerprint(&forms[0]).unwrap();
    for form in forms {
        assert_eq!(fingerprint(&form).unwrap(), same);
        assert_eq!(fingerprint(&[BINARY, &form].concat()).unwrap().split(' ').count(), 2);
    }
}

#[test]
fn what_belongs_to_no_public_key() {
    let with = |more: &[u8]| fingerprint(&[BINARY, more].concat()).unwrap_err();
    assert_snapshot!(with(b"\n"), @"the key file is damaged, or something else follows the key");
    assert_snapshot!(with(&[0]), @"the key file is damaged, or something else follows the key");
    assert_snapshot!(with(&[0x98, 9, 4]), @"the key file is damaged, or something else follows the key");
    // packets of unknown length, of which only a part may be seen
    assert_snapshot!(with(&[0x9b, 4, 0, 0, 0, 1, 22]), @"the key file is damaged, or something else follows the key");
    assert_snapshot!(with(&[0xc6, 224, 4]), @"the key file is damaged, or something else follows the key");
    // compressed, encrypted and plain data, and what nobody has defined
    for tag in [0, 1, 3, 4, 8, 9, 10, 11, 15, 18, 20, 21, 60, 63] {
        assert_eq!(
            with(&packet(tag, &[1, 2])),
            format!("there is something in it that belongs to no public key (packet type {tag})")
        );
    }
    assert_snapshot!(with(&other_key(1).iter().map(|byte| if *byte == 4 { 5 } else { *byte }).collect::<Vec<_>>()), @"this key is neither of version 4 nor of version 6");
    let secret = [packet(5, &[4, 1]), packet(7, &[4, 1])];
    assert_snapshot!(fingerprint(&secret[0]).unwrap_err(), @"there is a secret key in it, which belongs on no host; export the public key alone");
    assert_eq!(with(&secret[1]), fingerprint(&secret[0]).unwrap_err());
    let text = armored(BINARY).replace("PUBLIC", "PRIVATE");
    assert_eq!(fingerprint(text.as_bytes()), fingerprint(&secret[0]));
    // a signature or a name first: apt would not take the file
    assert_snapshot!(fingerprint(&[packet(13, b"x"), BINARY.to_vec()].concat()).unwrap_err(), @"this is no OpenPGP public key");
}

#[test]
fn armor_that_some_would_read_further() {
    let text = armored(BINARY);
    let other = STANDARD.encode(other_key(1));
    for damaged in [
        text.replace("=AAAA\n", &format!("=AAAA\n{other}\n")),
        text.replace("-----END PGP PUBLIC KEY BLOCK-----\n", ""),
        text.replace("BLOCK-----\n\n", "BLOCK-----\n"),
        text.replace("-----END", "-----\n-----END"),
        text.replace("\n=AAAA", "\n=AAAA\n=AAAA"),
    ] {
        assert_eq!(fingerprint(damaged.as_bytes()).unwrap_err(), "the armored key is damaged", "{damaged}");
    }
    let signed = text + "-----BEGIN PGP MESSAGE-----\n\nAA==\n-----END PGP MESSAGE-----\n";
    assert_eq!(fingerprint(signed.as_bytes()).unwrap_err(), "this is no armored OpenPGP public key");
}

#[test]
fn what_apt_gets_to_see() {
    let plain = KeyFile::read(ARMORED.to_vec()).unwrap();
    assert!(plain.armored && plain.bytes == ARMORED);
    let text = std::str::from_utf8(ARMORED).unwrap();
    let both = format!("{text}{}", armored(&other_key(1)));
    for (other, packets) in [
        (text.replace('\n', "\r\n"), BINARY.to_vec()),
        (format!("\n{text}"), BINARY.to_vec()),
        (format!("{text}bye\n"), BINARY.to_vec()),
        (text.replace("BLOCK-----\n\n", "BLOCK-----\n \n"), BINARY.to_vec()),
        (both, [BINARY, &other_key(1)].concat()),
    ] {
        let key = KeyFile::read(other.into_bytes()).unwrap();
        assert!(!key.armored && key.bytes == packets);
    }
}

#[test]
fn a_key_file_with_other_keys_than_those_that_are_trusted() {
    let both = armored(&[BINARY, &other_key(1)].concat());
    let other = fingerprint(&other_key(1)).unwrap();
    assert_snapshot!(refused(&both, FINGERPRINT), @"
    error: the repository's key file has more keys than `fingerprint` lists
     --> role.yml:9:455
      the file also has 0A1DE254F60C32FFD6B8757E575F64033FB2DFD3
      = help: apt trusts every key in the file: list all of them here if you trust them all, else take the others out of the file
    ");
    assert_snapshot!(refused(&both, &format!("[{FINGERPRINT}, {}]", "A".repeat(40))), @"
    error: the repository's key file has other keys than `fingerprint` lists
     --> role.yml:9:455
      the file has 0A1DE254F60C32FFD6B8757E575F64033FB2DFD3
      = help: if the vendor has changed its key, compare the new fingerprint with the vendor's own page
    ");
    assert_snapshot!(refused(&armored(BINARY), &format!("[{FINGERPRINT}, {other}]")), @"
    error: the repository's key file lacks a key that `fingerprint` lists
     --> role.yml:9:443
      the file has no 0A1DE254F60C32FFD6B8757E575F64033FB2DFD3
      = help: if the vendor has changed its key, compare the new fingerprint with the vendor's own page
    ");
    assert_snapshot!(refused(&armored(BINARY), "8C45B8BB"), @"
    error: `8C45B8BB` is no fingerprint of a key
     --> role.yml:9:443
      
      = help: a fingerprint has 40 hexadecimal digits (64 for a key of version 6), as `gpg --show-keys FILE` says it; the shorter id of a key can be had by another key too
    ");
    assert_snapshot!(refused(&armored(BINARY), "[]"), @"
    error: `fingerprint` lists no key
     --> role.yml:9:443
    ");
    let listed = REPOSITORY.replace("src: key.asc", &format!("content: {both:?}"));
    let listed =
        listed.replace("3b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb", &format!("[{other}, {FINGERPRINT}]"));
    assert!(plan(&listed, &mut host([])).starts_with("install"));
}

#[test]
fn a_key_that_is_on_the_host_beside_the_declared_one_goes() {
    let there = armored(&[BINARY, &other_key(1)].concat());
    let path = "/etc/apt/keyrings/vendor.asc";
    let planned = plan(REPOSITORY, &mut host([(path, file(&there, 0o644))]));
    let written = format!("write early, {path} root:root 0644 {} bytes", ARMORED.len());
    assert!(planned.contains(&written), "{planned}");
}

/// Any mixture of keys and of what may stand beside them: what was put in is found, and nothing else.
fn mixture() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::collection::vec(
        (prop_oneof![Just(6_u8), Just(14), Just(13), Just(17), Just(2), Just(12)], 0_u8..4),
        0..12,
    )
}

proptest! {
    #[test]
    fn garbage_is_refused_or_read_but_never_trips(mut bytes in proptest::collection::vec(0_u8.., 0..80), at in 0_usize..239) {
        let _ = fingerprint(&bytes);
        let _ = fingerprint(&BINARY[..at]);
        bytes.insert(0, 0x98);
        let _ = fingerprint(&bytes);
    }

    #[test]
    fn all_keys_are_found_and_nothing_but_keys(packets in mixture(), cut in 1_usize..6) {
        let keys = packets.iter().filter(|(tag, _)| *tag == 6).map(|(_, number)| fingerprint(&other_key(*number)).unwrap());
        let mut keys: Vec<String> = keys.chain([FINGERPRINT.to_owned()]).collect();
        keys.sort();
        keys.dedup();
        let more = packets.iter().flat_map(|(tag, number)| packet(*tag, &[4, 0, 0, 0, *number, 22]));
        let bytes: Vec<u8> = BINARY.iter().copied().chain(more).collect();
        prop_assert_eq!(fingerprint(&bytes).unwrap(), keys.join(" "));
        prop_assert_eq!(fingerprint(armored(&bytes).as_bytes()).unwrap(), keys.join(" "));
        // cut short inside of its last packet, it is no key file at all
        prop_assert!(fingerprint(&bytes[..bytes.len() - cut]).is_err());
    }

    #[test]
    fn what_is_added_is_a_key_that_is_seen_or_an_error(more in proptest::collection::vec(0_u8.., 1..40)) {
        if let Ok(found) = fingerprint(&[BINARY, &more].concat()) {
            // all of it was understood: then it is at least one whole packet
            prop_assert!(more.len() >= 2 && more[0] & 0x80 != 0, "{}", found);
        }
    }
}
