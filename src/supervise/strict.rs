//! What may stand in a command to a PBX.
//!
//! In: telephones and channels, as people and sources name them. Out: the same, or a refusal. What separates commands, headers,
//! arguments or endpoints (`CR LF`, blanks, `, & | ^ { } ( ) [ ] " ' \ $`) never passes: a telephone is no place for a second
//! command.

use std::collections::BTreeMap;

use super::{Joined, Joining, SuperviseError};

/// Characters of a telephone or a channel.
const CHARS_MAX: usize = 96;

/// A telephone: `PJSIP/sup100`, `user/1001`, `PJSIP/100@trunk`.
pub(super) fn telephone(joining: &Joining) -> Result<&str, SuperviseError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/@._-+*#:".contains(c);
    strict(&joining.telephone, fits).ok_or(SuperviseError::Unfit("telephone"))
}

/// A channel's name or id: `PJSIP/1001-0000002a`, `Local/7@in-1;2`, `1700000000.1`.
pub(super) fn channel(name: &str) -> Result<&str, SuperviseError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/@._-+;:".contains(c);
    strict(name, fits).ok_or(SuperviseError::Unfit("channel"))
}

fn strict(text: &str, fits: impl Fn(char) -> bool) -> Option<&str> {
    let whole = text.chars().all(fits) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    Some(text).filter(|text| whole && text.len() <= CHARS_MAX && !text.contains(".."))
}

/// The first of a call's handles that is known; `names` begins with the one that is wanted.
pub(super) fn handle<'a>(
    handles: &'a BTreeMap<String, String>,
    names: &[&'static str],
) -> Result<&'a str, SuperviseError> {
    let wanted = names.first().copied().unwrap_or("handle");
    let found = names.iter().find_map(|name| handles.get(*name));
    channel(found.ok_or(SuperviseError::NoHandle(wanted))?)
}

/// What a connector noted about one who joined.
pub(super) fn noted<'a>(joined: &'a Joined, name: &'static str) -> Result<&'a str, SuperviseError> {
    channel(joined.0.get(name).ok_or(SuperviseError::NoHandle(name))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervise::Mode;
    use proptest::prelude::*;

    fn joining(telephone: &str) -> Joining {
        Joining { handles: BTreeMap::new(), telephone: telephone.into(), mode: Mode::Listen }
    }

    #[test]
    fn a_telephone_is_no_place_for_a_second_command() {
        for good in ["PJSIP/sup100", "user/1001", "PJSIP/+86100@trunk", "sofia/gateway/gw/100*1#"] {
            assert!(telephone(&joining(good)).is_ok(), "{good}");
        }
        for bad in [
            "",
            "PJSIP/1\r\nAction: Command",
            "PJSIP/1\nx",
            "PJSIP/1&PJSIP/2",
            "user/1,user/2",
            "user/1|user/2",
            "user/1 &bridge(x)",
            "{a=b}user/1",
            "[a=b]user/1",
            "PJSIP/1,s(x)",
            "PJSIP/${SHELL(id)}",
            "user/1^x",
            "/etc",
            "PJSIP/../x",
            "PJSIP/\u{5b57}",
        ] {
            assert!(matches!(telephone(&joining(bad)), Err(SuperviseError::Unfit(_))), "{bad}");
        }
        assert!(telephone(&joining(&"1".repeat(97))).is_err());
        assert!(channel("Local/7@in-00000001;2").is_ok());
        assert!(channel("PJSIP/1001-0000002a,qES").is_err());
    }

    proptest! {
        #[test]
        fn what_passes_separates_nothing(text in ".{0,40}") {
            if let Ok(text) = channel(&text) {
                let separates = |c: char| {
                    c.is_whitespace() || c.is_control() || ",&|^(){}[]$\"'\\".contains(c)
                };
                let separated = text.contains(separates);
                prop_assert!(!separated);
            }
        }
    }
}
