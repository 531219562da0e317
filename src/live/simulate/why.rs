//! Why a call, or a listener, did not get through, in words that say what to do.
//!
//! In: what happened. Out: the same in English and in Chinese.

use serde::{Serialize, Serializer};

/// Why something did not get through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nobody answers at that address.
    #[error("no connection: {0}; is the service listening there?")]
    NoConnection(String),
    /// Connected, and nothing came.
    #[error("no answer to {to} for {s} s")]
    NoAnswer {
        /// What was asked.
        to: &'static str,
        /// Seconds.
        s: u64,
    },
    /// The way in was refused by HTTP.
    #[error("{0} {hint}", hint = http_hint(*.0).0)]
    Http(u16),
    /// The call was refused by SIP.
    #[error("{status} {reason}{hint}", hint = sip_hint(*status).0)]
    Sip {
        /// Its number.
        status: u16,
        /// The service's word for it.
        reason: String,
    },
    /// There is no room.
    #[error("the service has no room for another call")]
    Full,
    /// The service ended the stream.
    #[error("the service ended the call: {code} {reason}")]
    Closed {
        /// RFC 6455, 7.4.
        code: u16,
        /// The service's word for it.
        reason: String,
    },
    /// The service ended the call without a word.
    #[error("the service hung up")]
    HungUp,
    /// The connection is gone.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The service reads no more.
    #[error("the service took nothing for {s} s")]
    Stalled {
        /// Seconds.
        s: u64,
    },
    /// A leg was refused.
    #[error("the service takes {taken} of {offered} legs")]
    Legs {
        /// How many it takes.
        taken: usize,
        /// Of how many.
        offered: usize,
    },
    /// This machine cannot send.
    #[error("audio cannot be sent: {0}")]
    Socket(String),
    /// A listener was not let in.
    #[error("a listener was not let in: {0}; may the token's account listen to live calls?")]
    Listener(String),
    /// There was nothing to listen to.
    #[error("the service never showed a call to listen to")]
    NeverShown,
    /// It happened in the middle of a call.
    #[error("after {s}.{ds} s: {why}", s = ms / 1_000, ds = ms % 1_000 / 100)]
    After {
        /// Milliseconds into the call.
        ms: u64,
        /// What.
        why: Box<Why>,
    },
}

impl Why {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Why::NoConnection(why) => format!("无法连接（{why}）；服务是否在该地址监听？"),
            Why::NoAnswer { to, s } => format!("{to} 在 {s} 秒内没有应答"),
            Why::Http(status) => format!("{status} {}", http_hint(*status).1),
            Why::Sip { status, reason } => format!("{status} {reason}{}", sip_hint(*status).1),
            Why::Full => "服务已满，不能再接通话".into(),
            Why::Closed { code, reason } => format!("服务结束了通话：{code} {reason}"),
            Why::HungUp => "服务挂断了通话".into(),
            Why::Broken(why) => format!("连接中断（{why}）"),
            Why::Stalled { s } => format!("服务 {s} 秒没有接收数据"),
            Why::Legs { taken, offered } => format!("{offered} 路音频中服务只接收 {taken} 路"),
            Why::Socket(why) => format!("音频无法发送（{why}）"),
            Why::Listener(why) => {
                format!("旁听未被接受（{why}）；令牌所属账号是否有权旁听实时通话？")
            }
            Why::NeverShown => "服务一直没有显示可旁听的通话".into(),
            Why::After { ms, why } => {
                format!("第 {}.{} 秒：{}", ms / 1_000, ms % 1_000 / 100, why.zh())
            }
        }
    }
}

/// As its text.
impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

const fn http_hint(status: u16) -> (&'static str, &'static str) {
    match status {
        401 | 403 => (
            "the service does not take this token or sender; see its [[live]] settings",
            "服务不接受该令牌或来源；请查看服务配置的 [[live]]",
        ),
        404 => (
            "there is no such way in; see SOURCE and TOKEN in the service's [[live]] settings",
            "没有这个接入地址；请查看服务配置 [[live]] 中的 SOURCE 和 TOKEN",
        ),
        429 | 503 => ("the service has no room for another call", "服务已满，不能再接通话"),
        _ => ("the service refuses the stream", "服务拒绝了媒体流"),
    }
}

const fn sip_hint(status: u16) -> (&'static str, &'static str) {
    match status {
        403 => (
            "; is this address among those that the source lets in?",
            "；本机地址是否在该来源允许的范围内？",
        ),
        415 | 488 => ("; choose another --codec", "；请改用其他 --codec"),
        420 => ("; the service takes no recording sessions there", "；服务在该地址不接收录音会话"),
        486 | 503 | 600 => (": it has no room for another call", "：服务已满，不能再接通话"),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_what_happened_when() {
        let sip = Why::Sip { status: 503, reason: "Busy".into() };
        let why = Why::After { ms: 11_040, why: Box::new(sip) };
        assert_eq!(why.to_string(), "after 11.0 s: 503 Busy: it has no room for another call");
        assert_eq!(why.zh(), "第 11.0 秒：503 Busy：服务已满，不能再接通话");
        assert_eq!(serde_json::to_string(&Why::HungUp).unwrap(), "\"the service hung up\"");
    }
}
