//! What a webhook is told, in the form it takes.
//!
//! In: an event, and the call it is about. Out: a body. Chat platforms belong to others: they are told what a line
//! of a list shows, never who the customer or the agent was.

use serde_json::{Value, json};

use crate::store::calls::CallRow;
use crate::store::webhooks::Form;
use crate::store::{Event, EventKind};

/// An event with what it takes to tell it.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) event: &'a Event,
    pub(super) call: Option<&'a CallRow>,
    /// Where people find the service, without a slash at the end.
    pub(super) origin: &'a str,
}

impl Told<'_> {
    /// The body; `sign` is 飞书's time (seconds) and signature.
    pub(super) fn body(&self, form: Form, sign: Option<(i64, String)>) -> String {
        let (title, text) = (self.title(), self.lines().join("\n\n"));
        let body = match form {
            Form::Standard => self.standard(),
            Form::DingTalk => json!({
                "msgtype": "markdown",
                "markdown": {"title": title, "text": format!("### {title}\n\n{text}")},
            }),
            Form::WeCom => json!({
                "msgtype": "markdown",
                "markdown": {"content": format!("**{title}**\n{}", self.lines().join("\n"))},
            }),
            Form::Feishu => {
                let mut body = json!({
                    "msg_type": "interactive",
                    "card": {
                        "header": {"title": {"tag": "plain_text", "content": title}},
                        "elements": [{"tag": "markdown", "content": self.lines().join("\n")}],
                    },
                });
                if let Some((at_s, sign)) = sign {
                    body["timestamp"] = json!(at_s.to_string());
                    body["sign"] = json!(sign);
                }
                body
            }
        };
        body.to_string()
    }

    fn standard(&self) -> Value {
        let time = jiff::Timestamp::from_microsecond(self.event.at_us).unwrap_or_default();
        let call = self.call.map(|call| {
            json!({
                "id": call.id,
                "external_id": call.external_id,
                "kind": call.kind,
                "client": call.belongs.client,
                "vendor": call.belongs.vendor,
                "project": call.belongs.project,
                "queue": call.queue,
                "team": call.belongs.team,
                "agent": call.belongs.agent,
                "verdict": call.verdict,
                "score": call.score_milli.map(|milli| milli as f64 / 1000.0),
                "risk": call.risk,
                "rev": call.rev,
                "url": self.link(),
            })
        });
        json!({
            "type": self.event.kind.as_str(),
            "timestamp": time.to_string(),
            "data": {
                "seq": self.event.seq,
                "call_id": self.event.call_id,
                "call": call,
                "event": serde_json::from_str::<Value>(&self.event.body).unwrap_or_default(),
            },
        })
    }

    fn title(&self) -> &'static str {
        match self.event.kind {
            EventKind::CallAnalysed => "聆听：通话已质检",
            EventKind::CallChanged => "聆听：通话状态有变化",
            EventKind::FindingDecided => "聆听：评分项已复核",
            EventKind::CallDeleted => "聆听：通话已删除",
            EventKind::FileFailed => "聆听：文件处理失败",
            EventKind::LiveStarted => "聆听：通话开始",
            EventKind::LiveEnded => "聆听：通话结束",
            EventKind::AlertRaised => "聆听：实时告警",
            EventKind::AlertAcknowledged => "聆听：告警已确认",
            EventKind::AlertEscalated => "聆听：告警超时未确认",
            EventKind::AlertWithdrawn => "聆听：告警已撤回",
            EventKind::RubricPublished => "聆听：评分标准有变更",
        }
    }

    fn lines(&self) -> Vec<String> {
        let Some(call) = self.call else {
            return vec![format!("[打开聆听]({}/)", self.origin)];
        };
        let verdict = match call.verdict.as_str() {
            "pass" => "合格",
            "fail" => "不合格",
            "critical" => "致命项不合格",
            "not_applicable" => "不适用",
            "undetermined" => "待定",
            other => other,
        };
        let score =
            call.score_milli.map(|milli| format!("，{}.{} 分", milli / 1000, milli % 1000 / 100));
        let facts = [&call.belongs.client, &call.belongs.project, &call.belongs.team];
        let facts: Vec<&str> = facts.into_iter().filter_map(|fact| fact.as_deref()).collect();
        let mut lines = Vec::new();
        if !facts.is_empty() {
            lines.push(markdown(&facts.join(" / ")));
        }
        lines.push(format!("判定：{verdict}{}，风险 {}", score.unwrap_or_default(), call.risk));
        lines.push(format!("[查看通话]({})", self.link()));
        lines
    }

    fn link(&self) -> String {
        let id = self.event.call_id.as_deref().unwrap_or_default();
        format!("{}/calls/{id}", self.origin)
    }
}

/// Names come from outside: they must not become links or mentions in somebody's chat.
fn markdown(text: &str) -> String {
    text.chars().map(|c| if "[]()<>*_`#@\\".contains(c) { ' ' } else { c }).collect()
}
