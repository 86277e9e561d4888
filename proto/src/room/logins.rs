//! The logins of one member: most often one, so no tree, whose smallest node has room for eleven.

use alloc::vec::Vec;

use super::members::Login;

/// Which session.
type Id = [u8; 16];

/// Logins by session, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Logins(Vec<(Id, Login)>);

impl Logins {
    pub(super) fn one(session: Id, login: Login) -> Self {
        Self(alloc::vec![(session, login)])
    }

    /// All logins of a member, which are in the order of their sessions; none if they are not.
    pub(super) fn in_order(logins: Vec<(Id, Login)>) -> Option<Self> {
        logins
            .is_sorted_by(|(a, _), (b, _)| a < b)
            .then_some(Self(logins))
    }

    pub(super) fn as_vec(&self) -> &Vec<(Id, Login)> {
        &self.0
    }

    /// Puts it in the place of the session's earlier one.
    pub(super) fn insert(&mut self, session: Id, login: Login) {
        match self.place(&session) {
            Ok(place) => {
                if let Some((_, earlier)) = self.0.get_mut(place) {
                    *earlier = login;
                }
            }
            Err(place) => self.0.insert(place, (session, login)),
        }
    }

    pub(super) fn remove(&mut self, session: &Id) {
        if let Ok(place) = self.place(session) {
            self.0.remove(place);
        }
    }

    /// That of a session.
    #[must_use]
    pub fn get(&self, session: &Id) -> Option<&Login> {
        let place = self.place(session).ok()?;
        self.0.get(place).map(|(_, login)| login)
    }

    /// How many there are; of a member who is here, at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by session.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Login)> {
        self.0.iter().map(|(session, login)| (session, login))
    }

    fn place(&self, session: &Id) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_login_and_they_stand_in_order() {
        let login = |attempt| Login {
            attempt,
            node: 1,
            nonce: 1,
        };
        let mut logins = Logins::one([5; 16], login(1));
        logins.insert([7; 16], login(2));
        logins.insert([3; 16], login(3));
        logins.insert([5; 16], login(4));
        let all: alloc::vec::Vec<_> = logins
            .iter()
            .map(|(id, login)| (id[0], login.attempt))
            .collect();
        assert_eq!(all, [(3, 3), (5, 4), (7, 2)]);
        logins.remove(&[5; 16]);
        logins.remove(&[4; 16]);
        assert_eq!((logins.len(), logins.get(&[5; 16])), (2, None));
        assert_eq!(logins.get(&[7; 16]).map(|login| login.attempt), Some(2));
    }
}
