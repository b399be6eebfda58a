//! How many hosts are worked on, and may be connected, at once.

use crate::host::descriptors;

/// How many hosts there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// So many are worked on at once.
    pub at_once: usize,
    /// Whether hosts have to give their connections up while they wait, because not all can have one.
    pub crowded: bool,
}

impl Room {
    /// The room for so many hosts, of which each may have so many shells.
    pub fn new(forks: usize, hosts: usize, shells: usize) -> Self {
        Self::within(descriptors::room_for_shells() / shells.max(1), forks, hosts)
    }

    /// The same, where no more than `most` hosts can be connected at once.
    fn within(most: usize, forks: usize, hosts: usize) -> Self {
        let at_once = forks.min(most).max(1);
        // those that are only asked for what others need come on top
        Self { at_once, crowded: hosts + at_once > most }
    }
}

#[cfg(test)]
mod tests {
    use super::Room;

    #[test]
    fn no_more_hosts_are_connected_than_there_is_room_for() {
        assert_eq!(Room::within(100_000, 20, 500), Room { at_once: 20, crowded: false });
        assert_eq!(Room::within(50, 20, 30), Room { at_once: 20, crowded: false });
        assert_eq!(Room::within(50, 20, 500), Room { at_once: 20, crowded: true });
        assert_eq!(Room::within(50, 500, 500), Room { at_once: 50, crowded: true });
        assert_eq!(Room::within(0, 20, 1), Room { at_once: 1, crowded: true });
    }
}
