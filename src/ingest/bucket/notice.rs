//! What buckets say when something was put into them.
//!
//! In: the body of a notification, in the forms of Amazon S3, EventBridge and MinIO. Out: the objects it
//! names. A notification is a hint: whatever it says, the bucket is looked at before anything is believed.

use std::collections::BTreeSet;

use serde_json::Value;

/// Bytes of a notification.
pub const NOTICE_BYTES_MAX: usize = 1 << 20;

/// Objects that one notification may name; S3 sends one.
const OBJECTS_MAX: usize = 1_000;

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// These objects were put: bucket and key, each once.
    Put(BTreeSet<(String, String)>),
    /// Nothing that matters: a test, something deleted.
    Nothing,
}

/// Why a body is no notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// Over [`NOTICE_BYTES_MAX`], or too many objects.
    #[error("the notification is too large")]
    TooLarge,
    /// Not JSON, or of no form that is known.
    #[error("no notification of S3, EventBridge or MinIO")]
    Form,
}

/// Reads a notification.
///
/// # Errors
/// [`NoticeError`].
pub fn notice(body: &[u8]) -> Result<Notice, NoticeError> {
    if body.len() > NOTICE_BYTES_MAX {
        return Err(NoticeError::TooLarge);
    }
    let value: Value = serde_json::from_slice(body).map_err(|_| NoticeError::Form)?;
    let mut put = BTreeSet::new();
    if let Some(records) = value.get("Records").and_then(Value::as_array) {
        if records.len() > OBJECTS_MAX {
            return Err(NoticeError::TooLarge);
        }
        for record in records {
            let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
            let event = text("/eventName").ok_or(NoticeError::Form)?;
            let object =
                text("/s3/bucket/name").zip(text("/s3/object/key")).ok_or(NoticeError::Form)?;
            if is_put(event) {
                put.insert((object.0.to_owned(), unquoted(object.1).ok_or(NoticeError::Form)?));
            }
        }
    } else if let Some(kind) = value.get("detail-type").and_then(Value::as_str) {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        let object = text("/detail/bucket/name").zip(text("/detail/object/key"));
        let (bucket, key) = object.ok_or(NoticeError::Form)?;
        if kind == "Object Created" {
            // EventBridge leaves keys as they are.
            put.insert((bucket.to_owned(), key.to_owned()));
        }
    } else if value.get("Event").and_then(Value::as_str) != Some("s3:TestEvent") {
        return Err(NoticeError::Form);
    }
    Ok(if put.is_empty() { Notice::Nothing } else { Notice::Put(put) })
}

/// `ObjectCreated:Put`, and MinIO's `s3:ObjectCreated:Put`.
fn is_put(event: &str) -> bool {
    event.strip_prefix("s3:").unwrap_or(event).starts_with("ObjectCreated:")
}

/// Keys come as forms write them: percent signs, and `+` for a space.
fn unquoted(key: &str) -> Option<String> {
    let mut out = Vec::with_capacity(key.len());
    let mut bytes = key.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, wanted: Result<&[(&str, &str)], NoticeError>) {
        let wanted = wanted.map(|all| match all {
            [] => Notice::Nothing,
            all => {
                Notice::Put(all.iter().map(|(b, k)| ((*b).to_owned(), (*k).to_owned())).collect())
            }
        });
        assert_eq!(notice(body.as_bytes()), wanted, "{body}");
    }

    fn record(event: &str, key: &str) -> String {
        format!(
            r#"{{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"cn-north-1","eventTime":"2026-03-15T02:15:30.000Z",
            "eventName":"{event}","s3":{{"s3SchemaVersion":"1.0","bucket":{{"name":"calls","arn":"arn:aws-cn:s3:::calls"}},
            "object":{{"key":"{key}","size":1024,"eTag":"d41d8cd9","sequencer":"0055AED6DCD90281E5"}}}}}}"#
        )
    }

    #[test]
    fn notifications_of_amazon_and_minio() {
        let one = |event, key| format!(r#"{{"Records":[{}]}}"#, record(event, key));
        check(&one("ObjectCreated:Put", "2026/a+b%2Bc.wav"), Ok(&[("calls", "2026/a b+c.wav")]));
        check(&one("ObjectCreated:CompleteMultipartUpload", "a.wav"), Ok(&[("calls", "a.wav")]));
        check(
            &one("s3:ObjectCreated:Copy", "%E5%BD%95%E9%9F%B3.wav"),
            Ok(&[("calls", "录音.wav")]),
        );
        check(&one("ObjectRemoved:Delete", "a.wav"), Ok(&[]));
        let minio = format!(
            r#"{{"EventName":"s3:ObjectCreated:Put","Key":"calls/a.wav","Records":[{},{}]}}"#,
            record("s3:ObjectCreated:Put", "a.wav"),
            record("s3:ObjectCreated:Put", "b.wav")
        );
        check(&minio, Ok(&[("calls", "a.wav"), ("calls", "b.wav")]));
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-15T02:15:30.000Z","Bucket":"calls"}"#;
        check(test, Ok(&[]));
    }

    #[test]
    fn notifications_of_eventbridge() {
        let one = |kind: &str| {
            format!(
                r#"{{"version":"0","detail-type":"{kind}","source":"aws.s3","detail":{{"bucket":{{"name":"calls"}},
                "object":{{"key":"a+b.wav","size":5}},"reason":"PutObject"}}}}"#
            )
        };
        check(&one("Object Created"), Ok(&[("calls", "a+b.wav")]));
        check(&one("Object Deleted"), Ok(&[]));
    }

    #[test]
    fn anything_else_is_refused() {
        for body in
            ["", "[]", "{}", "5", r#"{"Records":[{}]}"#, r#"{"detail-type":"Object Created"}"#]
        {
            check(body, Err(NoticeError::Form));
        }
        let one = |key| format!(r#"{{"Records":[{}]}}"#, record("ObjectCreated:Put", key));
        for key in ["%", "%4", "%zz", "%ff"] {
            check(&one(key), Err(NoticeError::Form));
        }
        let many = vec![record("ObjectCreated:Put", "a"); 1_001].join(",");
        check(&format!(r#"{{"Records":[{many}]}}"#), Err(NoticeError::TooLarge));
        check(&" ".repeat(NOTICE_BYTES_MAX + 1), Err(NoticeError::TooLarge));
    }
}
