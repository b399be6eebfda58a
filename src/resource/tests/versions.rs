//! The order of versions.

use crate::resource::versions::compare;
use proptest::prelude::*;
use std::cmp::Ordering;

/// From the oldest to the newest, as `dpkg --compare-versions` has them.
const ORDERED: [&str; 30] = [
    "~~",
    "~~a",
    "~",
    "0~rc1",
    "0",
    "0+b1",
    "0.0",
    "1~~",
    "1~",
    "1",
    "1-1~bpo",
    "1-1",
    "1-1+b2",
    "1-1.1",
    "1-2",
    "1-10",
    "1a",
    "1b",
    "1+dfsg",
    "1+dfsg1",
    "1.0~rc1-1",
    "1.0~rc1-2",
    "1.0",
    "1.2",
    "1.10",
    "1.100000000000000000000001",
    "10",
    "0:11",
    "1:0~",
    "10:1",
];

#[test]
fn the_order_is_that_of_dpkg() {
    for (at, one) in ORDERED.iter().enumerate() {
        for (other_at, other) in ORDERED.iter().enumerate() {
            assert_eq!(compare(one, other), at.cmp(&other_at), "{one} {other}");
        }
    }
    for (one, other) in [("1.0", "1.00"), ("1", "0:1"), ("1-0", "1"), ("01-001", "1-1"), ("", "0")] {
        assert_eq!(compare(one, other), Ordering::Equal, "{one} {other}");
    }
}

proptest! {
    #[test]
    fn it_is_an_order(versions in proptest::collection::vec("([0-9]:)?[0-9a.~+]{0,6}(-[0-9a~]{0,3})?", 3)) {
        let [one, two, three] = [&versions[0], &versions[1], &versions[2]];
        prop_assert_eq!(compare(one, one), Ordering::Equal);
        prop_assert_eq!(compare(one, two), compare(two, one).reverse());
        if compare(one, two).is_le() && compare(two, three).is_le() {
            prop_assert!(compare(one, three).is_le(), "{:?}", versions);
        }
    }
}
