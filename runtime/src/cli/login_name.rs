//! What the person is called on this system.

use std::os::unix::fs::MetadataExt;

/// `$USER`, `$LOGNAME`, else what the list of users says, which is there in containers and services too.
pub(super) fn find() -> Option<String> {
    ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|name| !name.is_empty())
        .or_else(listed)
}

fn listed() -> Option<String> {
    // Our own process belongs to us; where there is no such folder, nothing is found.
    let uid = std::fs::metadata("/proc/self").ok()?.uid();
    name_of(uid, &std::fs::read_to_string("/etc/passwd").ok()?)
}

fn name_of(uid: u32, users: &str) -> Option<String> {
    users.lines().find_map(|user| {
        let mut fields = user.split(':');
        let (name, _password, number) = (fields.next()?, fields.next()?, fields.next()?);
        (number.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# a note\n\nann:x:1000:1000::/home/ann:\n";
        assert_eq!(name_of(0, users).as_deref(), Some("root"));
        assert_eq!(name_of(1000, users).as_deref(), Some("ann"));
        assert_eq!(name_of(100, users), None);
    }
}
