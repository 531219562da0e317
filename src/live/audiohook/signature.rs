//! HTTP message signatures as AudioHook uses them (RFC 9421 in its draft form: `@request-target`, HMAC-SHA256).
//!
//! In: the upgrade's path, authority and headers, the secret, the time. Out: whether it is signed, and the nonce, which must be new.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// What a signature must cover.
const COVERED: [&str; 6] = [
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    "x-api-key",
];

/// Seconds that a signature is good for.
const AGE_S_MAX: i64 = 10;

/// Seconds that the peer's clock may be ahead of ours.
const SKEW_S_MAX: i64 = 3;

/// Characters of a nonce: 16 bytes in base64.
const NONCE_CHARS_MIN: usize = 22;

/// Bytes of a `Signature-Input` header.
const INPUT_BYTES_MAX: usize = 2_048;

/// Nonces kept. Each is one upgrade that was signed by someone who knows the secret, within 13 seconds.
const NONCES_MAX: usize = 10_000;

/// Why a request is not let in. Told to nobody but the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsigned {
    /// A header is missing or cannot be read.
    #[error("the signature headers cannot be read")]
    Malformed,
    /// The key is not ours.
    #[error("the API key is not known")]
    Key,
    /// A component is not covered, or the algorithm is another.
    #[error("the signature does not cover what it must")]
    Uncovered,
    /// Made too long ago, or in the future.
    #[error("the signature is out of time: check the clocks")]
    Time,
    /// Made with another secret, or for another request.
    #[error("the signature does not fit: check client secret and public host")]
    Unfit,
    /// Seen before.
    #[error("the nonce was used before")]
    Replayed,
}

/// A request as it was signed.
pub(super) struct Signed<'a, 'h> {
    /// Path with query.
    pub(super) target: &'a str,
    /// The host the peer dialled, with a port that is not 443.
    pub(super) authority: &'a str,
    /// A header's value, by its name in lower case.
    pub(super) header: &'a dyn Fn(&str) -> Option<&'h str>,
}

/// `sig1=("a" "b");keyid="…";created=1`, taken apart.
struct Input<'a> {
    label: &'a str,
    /// As it was sent: it is signed in this form.
    written: &'a str,
    covered: Vec<&'a str>,
    parameters: BTreeMap<&'a str, &'a str>,
}

fn input(text: &str) -> Option<Input<'_>> {
    let (label, written) = text.trim().split_once('=').filter(|_| text.len() <= INPUT_BYTES_MAX)?;
    let (covered, rest) = written.strip_prefix('(')?.split_once(')')?;
    let covered = covered
        .split_whitespace()
        .map(|name| name.strip_prefix('"')?.strip_suffix('"'))
        .collect::<Option<Vec<_>>>()?;
    let mut parameters = BTreeMap::new();
    // No value of ours holds a `;`: a key id that does is refused with its signature.
    for parameter in rest.split(';').skip(1) {
        let (name, value) = parameter.split_once('=')?;
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        parameters.insert(name.trim(), value);
    }
    Some(Input { label: label.trim(), written, covered, parameters })
}

/// The MAC of a request, over the components in the order they were named.
fn mac(request: &Signed<'_, '_>, input: &Input<'_>, secret: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key may have any length");
    for name in &input.covered {
        let value = match *name {
            "@request-target" => request.target,
            "@authority" => request.authority,
            header => (request.header)(header)?.trim(),
        };
        mac.update(format!("\"{name}\": {value}\n").as_bytes());
    }
    mac.update(format!("\"@signature-params\": {}", input.written).as_bytes());
    Some(mac.finalize().into_bytes().into())
}

/// Checks a request; tells the nonce of one that is signed.
pub(super) fn verify<'h>(
    request: &Signed<'_, 'h>,
    api_key: &str,
    secret: &[u8],
    now_s: i64,
) -> Result<&'h str, Unsigned> {
    let text = (request.header)("signature-input").ok_or(Unsigned::Malformed)?;
    let input = input(text).ok_or(Unsigned::Malformed)?;
    let parameter = |name| input.parameters.get(name).copied().ok_or(Unsigned::Malformed);
    let number = |name| parameter(name)?.parse::<i64>().map_err(|_| Unsigned::Malformed);
    let given = (request.header)("x-api-key").ok_or(Unsigned::Key)?;
    let known = bool::from(given.as_bytes().ct_eq(api_key.as_bytes())) && !api_key.is_empty();
    if !known || parameter("keyid")? != given {
        return Err(Unsigned::Key);
    }
    let covers = COVERED.iter().all(|name| input.covered.contains(name));
    if !covers || parameter("alg")? != "hmac-sha256" {
        return Err(Unsigned::Uncovered);
    }
    let age_s = now_s.saturating_sub(number("created")?);
    if !(-SKEW_S_MAX..=AGE_S_MAX).contains(&age_s) || number("expires")? < now_s - SKEW_S_MAX {
        return Err(Unsigned::Time);
    }
    let nonce = parameter("nonce").ok().filter(|nonce| nonce.len() >= NONCE_CHARS_MIN);
    let nonce = nonce.ok_or(Unsigned::Malformed)?;
    let given = signature((request.header)("signature"), input.label).ok_or(Unsigned::Malformed)?;
    let expected = mac(request, &input, secret).ok_or(Unsigned::Malformed)?;
    match bool::from(expected.as_slice().ct_eq(&given)) && !secret.is_empty() {
        true => Ok(nonce),
        false => Err(Unsigned::Unfit),
    }
}

/// `sig1=:base64:`.
fn signature(header: Option<&str>, label: &str) -> Option<Vec<u8>> {
    let bytes = header?.trim().strip_prefix(label)?.strip_prefix("=:")?.strip_suffix(':')?;
    STANDARD.decode(bytes).ok()
}

/// Nonces of late, so that no request opens a second session.
#[derive(Debug, Default)]
pub(super) struct Nonces(Mutex<BTreeMap<String, i64>>);

impl Nonces {
    /// Whether a nonce is new; from here on it is not. None is new while too many are kept.
    pub(super) fn take(&self, nonce: &str, now_s: i64) -> Result<(), Unsigned> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, until_s| *until_s >= now_s);
        if kept.len() >= NONCES_MAX || kept.contains_key(nonce) {
            return Err(Unsigned::Replayed);
        }
        kept.insert(nonce.to_owned(), now_s + AGE_S_MAX + SKEW_S_MAX + 1);
        Ok(())
    }
}

/// Signs a request as a client does.
#[cfg(test)]
pub(super) fn sign(request: &Signed<'_, '_>, written: &str, secret: &[u8]) -> String {
    let text = format!("sig1={written}");
    let input = input(&text).unwrap();
    format!("sig1=:{}:", STANDARD.encode(mac(request, &input, secret).unwrap()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The example of the AudioHook documentation.
    const INPUT: &str = r#"sig1=("@request-target" "@authority" "audiohook-organization-id" "audiohook-session-id" "audiohook-correlation-id" "x-api-key");keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256";created=1641013200;expires=3282026430"#;
    const KEY: &str = "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";
    const SECRET: &str = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=";

    fn golden(name: &str) -> Option<&'static str> {
        Some(match name {
            "audiohook-organization-id" => "d7934305-0972-4844-938e-9060eef73d05",
            "audiohook-session-id" => "30b0e395-84d3-4570-ac13-9a62d8f514c0",
            "audiohook-correlation-id" => "e160e428-53e2-487c-977d-96989bf5c99d",
            "x-api-key" => KEY,
            "signature" => "sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:",
            "signature-input" => INPUT,
            _ => return None,
        })
    }

    #[track_caller]
    fn check(
        change: (&str, &'static str),
        target: &str,
        now_s: i64,
        expected: Result<&str, Unsigned>,
    ) {
        let header = |name: &str| if name == change.0 { Some(change.1) } else { golden(name) };
        let authority = "audiohook.example.com";
        let secret = STANDARD.decode(SECRET).unwrap();
        let request = Signed { target, authority, header: &header };
        assert_eq!(verify(&request, KEY, &secret, now_s), expected);
    }

    #[test]
    fn the_documented_example_fits_and_nothing_else() {
        let (path, now_s) = ("/api/v1/voicebiometrics/ws", 1_641_013_205);
        let none = ("", "");
        check(none, path, now_s, Ok("VGhpc0lzQVVuaXF1ZU5vbmNl"));
        check(none, "/other", now_s, Err(Unsigned::Unfit));
        check(none, path, now_s + 6, Err(Unsigned::Time));
        check(none, path, now_s - 9, Err(Unsigned::Time));
        check(("x-api-key", "other"), path, now_s, Err(Unsigned::Key));
        check(("audiohook-session-id", "other"), path, now_s, Err(Unsigned::Unfit));
        check(("signature", "sig1=:AAAA:"), path, now_s, Err(Unsigned::Unfit));
        check(("signature", ""), path, now_s, Err(Unsigned::Malformed));
        check(("signature-input", "sig1=("), path, now_s, Err(Unsigned::Malformed));
        let uncovered = r#"sig1=("@request-target");keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";alg="hmac-sha256""#;
        check(("signature-input", uncovered), path, now_s, Err(Unsigned::Uncovered));
    }

    #[test]
    fn a_nonce_is_good_once() {
        let nonces = Nonces::default();
        assert_eq!(nonces.take("a", 100), Ok(()));
        assert_eq!(nonces.take("a", 110), Err(Unsigned::Replayed));
        assert_eq!(nonces.take("a", 200), Ok(()));
        for n in 0..NONCES_MAX - 1 {
            assert_eq!(nonces.take(&format!("{n}"), 200), Ok(()));
        }
        assert_eq!(nonces.take("one too many", 200), Err(Unsigned::Replayed));
        assert_eq!(nonces.take("later", 300), Ok(()));
    }

    proptest! {
        #[test]
        fn any_header_never_panics(text in ".{0,200}") {
            let header = |name: &str| if name == "signature-input" { Some(text.as_str()) } else { golden(name) };
            let request = Signed { target: "/", authority: "a", header: &header };
            prop_assert!(verify(&request, KEY, b"x", 1_641_013_205).is_err());
        }
    }
}
