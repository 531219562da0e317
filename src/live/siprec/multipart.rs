//! Splits a message's body into its parts (RFC 2046, 5.1; RFC 5621).
//!
//! In: the body and its Content-Type. Out: parts with their types. Boundaries are found whether lines end in CRLF or LF, with
//! spaces after them, without the final `--`, and with a preamble; a body that is one part is one.

/// Parts of a body that are looked at.
pub const PARTS_MAX: usize = 16;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its media type in lower case, without parameters.
    pub kind: String,
    /// Its body, without the line end before the next boundary.
    pub body: &'a [u8],
}

/// A body that says it has several parts, and has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// No `boundary` in the Content-Type.
    #[error("the Content-Type has no boundary")]
    NoBoundary,
    /// No line with the boundary in the body.
    #[error("the boundary is not in the body")]
    NoParts,
}

/// A media type in lower case, without parameters.
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a header's value, unquoted.
pub fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|one| {
        let (key, value) = one.split_once('=')?;
        let same = key.trim().eq_ignore_ascii_case(name);
        same.then(|| value.trim().trim_matches('"'))
    })
}

/// Splits a body.
///
/// # Errors
/// [`MultipartError`].
pub fn split<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, MultipartError> {
    let kind = media_type(content_type);
    if !kind.starts_with("multipart/") {
        return Ok(if body.is_empty() { Vec::new() } else { vec![Part { kind, body }] });
    }
    let boundary = parameter(content_type, "boundary").filter(|b| !b.is_empty());
    let boundary = format!("--{}", boundary.ok_or(MultipartError::NoBoundary)?);
    let mut parts = Vec::new();
    // Where the part under way begins.
    let mut open = None;
    let mut at = 0;
    let mut found = false;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.trim_ascii_end();
        let last = bare.strip_prefix(boundary.as_bytes()).map(|rest| rest == b"--");
        let is_boundary = bare == boundary.as_bytes() || last == Some(true);
        if is_boundary {
            found = true;
            parts.extend(open.and_then(|from| body.get(from..at)).map(part));
            open = (last != Some(true)).then_some(at + line.len());
        }
        at += line.len();
        if parts.len() >= PARTS_MAX || (is_boundary && open.is_none()) {
            open = None;
            break;
        }
    }
    parts.extend(open.and_then(|from| body.get(from..)).map(part));
    if found { Ok(parts) } else { Err(MultipartError::NoParts) }
}

/// A part's headers end at its first empty line.
fn part(bytes: &[u8]) -> Part<'_> {
    let mut kind = String::from("text/plain");
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        let text = String::from_utf8_lossy(line.trim_ascii_end());
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':')
            && matches!(name.trim().to_ascii_lowercase().as_str(), "content-type" | "c")
        {
            kind = media_type(value);
        }
    }
    let body = bytes.get(at..).unwrap_or_default();
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    Part { kind, body: body.strip_suffix(b"\r").unwrap_or(body) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(content_type: &str, body: &str, expected: Result<&[(&str, &str)], MultipartError>) {
        let parts = split(content_type, body.as_bytes());
        let told = parts.map(|parts| {
            let text = |p: Part<'_>| (p.kind, String::from_utf8(p.body.to_vec()).unwrap());
            parts.into_iter().map(text).collect::<Vec<_>>()
        });
        let owned = expected.map(|all| {
            all.iter().map(|(k, b)| ((*k).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
        });
        assert_eq!(told, owned);
    }

    #[test]
    fn bodies_as_they_come() {
        let mixed = "multipart/mixed; boundary=\"ab c\"";
        let two = [("application/sdp", "v=0\r\n"), ("application/rs-metadata+xml", "<a/>")];
        check(
            mixed,
            "preamble\r\n--ab c\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--ab c\r\nC: Application/rs-metadata+xml; x=1\r\n\r\n<a/>\r\n--ab c--\r\nafter",
            Ok(&two),
        );
        // LF alone, spaces after the boundary, no final one.
        check(
            "Multipart/Mixed;boundary=x",
            "--x  \nContent-Type:application/sdp\nContent-Disposition: session\n\nv=0\n\n--x\n\nbare",
            Ok(&[("application/sdp", "v=0\n"), ("text/plain", "bare")]),
        );
        check("application/sdp; charset=x", "v=0", Ok(&[("application/sdp", "v=0")]));
        check("application/sdp", "", Ok(&[]));
        check("multipart/mixed", "--x\r\n", Err(MultipartError::NoBoundary));
        check("multipart/mixed;boundary=y", "--x\r\n\r\n--x--", Err(MultipartError::NoParts));
        check("multipart/mixed;boundary=x", "--xy\r\n--x\r\n--x--", Ok(&[("text/plain", "")]));
    }

    proptest! {
        #[test]
        fn any_body_is_split_or_refused(body in prop::collection::vec(prop::sample::select(b"-x\r\n :ac".to_vec()), 0..200)) {
            if let Ok(parts) = split("multipart/mixed;boundary=x", &body) {
                prop_assert!(parts.len() <= PARTS_MAX);
            }
        }
    }
}
