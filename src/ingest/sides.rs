//! The two files of one call: how their names tell that they belong together, and which is whose.
//!
//! In: names. Out: what they have in common, and their order. Nothing is looked at but the names.

use std::path::Path;

use super::chat::is_chat_name;
use super::scan::{extension_of, stem_of};

/// The two sides of one call, by the end of the stem: what a party says comes before what it hears.
pub(super) const SIDES: &[(&str, &str)] = &[("in", "out"), ("rx", "tx")];

/// Splits `call-in` into `call`, which pair of sides, and which of the two.
pub(super) fn side_of(stem: &str) -> Option<(String, usize, usize)> {
    let (common, side) = stem.rsplit_once(['-', '_', '.'])?;
    let side = side.to_ascii_lowercase();
    SIDES.iter().enumerate().find_map(|(ix, (first, second))| {
        let which = [*first, *second].iter().position(|s| *s == side)?;
        (!common.is_empty()).then(|| (common.to_owned(), ix, which))
    })
}

/// Whether the name of a recording says which side of a call it is.
pub fn tells_side(name: &str) -> bool {
    let path = Path::new(name);
    !is_chat_name(path) && side_of(&stem_of(path)).is_some()
}

/// The names of two recordings in leg order, where they tell that they are the sides of one call: `x-in.wav` comes
/// before `x-out.wav`.
pub fn leg_order<'a>(one: &'a str, other: &'a str) -> Option<[&'a str; 2]> {
    let parts = |name: &str| {
        let path = Path::new(name);
        let (stem, sides, side) = side_of(&stem_of(path)).filter(|_| !is_chat_name(path))?;
        Some(((stem, sides, extension_of(path)), side))
    };
    let ((call, side), (other_call, other_side)) = (parts(one)?, parts(other)?);
    match (call == other_call, side, other_side) {
        (true, 0, 1) => Some([one, other]),
        (true, 1, 0) => Some([other, one]),
        _ => None,
    }
}

/// What the names of a call's two files have in common, which names the call: `x` of `x-in.wav` and `x-out.wav`.
pub fn common_stem(one: &Path, other: &Path) -> Option<String> {
    let common = |path: &Path| side_of(&stem_of(path)).map(|(common, ..)| common);
    common(one).filter(|stem| common(other).as_ref() == Some(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, wanted: Option<[&str; 2]>) {
        assert_eq!(leg_order(one, other), wanted, "{one} {other}");
        assert_eq!(leg_order(other, one), wanted, "{other} {one}");
    }

    #[test]
    fn names_tell_the_order_of_legs() {
        check("1-in.wav", "1-out.wav", Some(["1-in.wav", "1-out.wav"]));
        check("2_TX.WAV", "2_rx.wav", Some(["2_rx.wav", "2_TX.WAV"]));
        check("录音.in.mp3", "录音-out.mp3", Some(["录音.in.mp3", "录音-out.mp3"]));
        check("1-in.wav", "1-in.wav", None);
        check("1-in.wav", "2-out.wav", None);
        check("1-in.wav", "1-tx.wav", None);
        check("1-in.wav", "1-out.mp3", None);
        check("1-in.csv", "1-out.csv", None);
        check("in.wav", "out.wav", None);
        check("a.wav", "b.wav", None);
    }

    #[test]
    fn a_side_is_told_whatever_the_other_file_is_called() {
        for (name, tells) in
            [("1-in.wav", true), ("2_TX.MP3", true), ("1.wav", false), ("1-in.csv", false)]
        {
            assert_eq!(tells_side(name), tells, "{name}");
        }
    }

    #[test]
    fn a_call_of_two_files_goes_by_what_their_names_have_in_common() {
        let stem = |one: &str, other: &str| common_stem(Path::new(one), Path::new(other));
        assert_eq!(stem("/a/1-in.wav", "/a/1-out.wav").as_deref(), Some("1"));
        assert_eq!(stem("/a/1-in.wav", "/a/2-out.wav"), None);
        assert_eq!(stem("/a/agent.wav", "/a/customer.wav"), None);
    }
}
