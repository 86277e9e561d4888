//! The connections of a worker by their number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use parlance_proto::server::ConnId;

use super::connection::Link;

/// Looked up once for each delivery that a socket has to be woken for: hence no costlier hash.
pub(super) type Links = HashMap<ConnId, Rc<Link>, BuildHasherDefault<NumberHasher>>;

/// A hash of one number that no peer chooses: multiplied by the golden ratio, so that all bits differ.
#[derive(Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
