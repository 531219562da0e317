//! The words of the pages in Chinese and English, by key. Both tables travel in every page, so that
//! a reader can change the language without asking for another file.
//!
//! In: nothing. Out: one JSON object a language. Codes of the report (`verdict.fail`) are keys too.

use serde_json::{Map, Value, json};

/// The language a page opens in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UiLanguage {
    /// 简体中文.
    Zh,
    /// English.
    En,
}

impl UiLanguage {
    /// Chinese for Chinese calls, English for all others.
    pub fn for_call(language: &str) -> Self {
        if matches!(language, "zh" | "yue") { Self::Zh } else { Self::En }
    }

    /// The code the page's tables are kept under.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The `lang` attribute.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// Both tables: `{"zh": {key: text}, "en": {key: text}}`.
pub(crate) fn tables() -> Value {
    let table = |pick: fn(&(&str, &str, &str)) -> String| -> Map<String, Value> {
        STRINGS.iter().map(|row| (row.0.to_owned(), Value::String(pick(row)))).collect()
    };
    json!({ "zh": table(|row| row.1.to_owned()), "en": table(|row| row.2.to_owned()) })
}

/// Key, Chinese, English.
const STRINGS: &[(&str, &str, &str)] = &[
    ("other_language", "English", "中文"),
    ("skip", "跳到评分结果", "Skip to the findings"),
    ("skip_calls", "跳到通话列表", "Skip to the calls"),
    ("all_calls", "全部通话", "All calls"),
    ("player", "播放器", "Player"),
    ("waveform", "波形，点击定位", "Waveform, click to seek"),
    ("back_5", "后退 5 秒", "Back 5 seconds"),
    ("forward_5", "前进 5 秒", "Forward 5 seconds"),
    ("play", "播放", "Play"),
    ("pause", "暂停", "Pause"),
    ("position", "播放位置", "Position"),
    ("speed", "倍速", "Speed"),
    ("loop", "循环证据", "Loop evidence"),
    ("zoom_in", "放大", "Zoom in"),
    ("zoom_out", "缩小", "Zoom out"),
    (
        "no_audio",
        "录音不可播放：未随报告保存，或文件已移走。",
        "The recording cannot be played: it was not kept with this report, or the file was moved.",
    ),
    ("transcript", "通话转写", "Transcript"),
    ("follow", "跟随播放", "Follow playback"),
    ("findings", "评分结果", "Findings"),
    ("filter", "筛选", "Filter"),
    ("filter.all", "全部", "All"),
    ("filter.violations", "违规", "Violations"),
    ("filter.undetermined", "待定", "Undetermined"),
    ("no_findings", "没有符合筛选条件的评分项。", "Nothing here under this filter."),
    (
        "rubric_may_not_apply",
        "无法判断该评分标准是否适用，结论待定。未知：",
        "Whether this rubric applies could not be told, so its verdict is open. Not known:",
    ),
    (
        "rubric_not_applicable",
        "本评分标准不适用于此通话。",
        "This rubric does not apply to this call.",
    ),
    (
        "keys",
        "快捷键：空格 播放/暂停 · ←/→ 5 秒 · j/k 下一项/上一项 · Enter 播放证据 · l 循环",
        "Keys: Space play/pause · ←/→ 5 s · j/k next/previous finding · Enter play evidence · l loop",
    ),
    ("both_parties", "双方（单声道）", "Both parties (mono)"),
    ("nothing_said", "没有识别到讲话。", "No speech was recognised."),
    ("play_from", "从 {at} 播放", "Play from {at}"),
    ("masked", "已脱敏的个人信息", "Personal data, masked"),
    ("low_word", "识别置信度 {share}", "Recognition confidence {share}"),
    ("rejected", "已剔除，不作证据", "Rejected, no evidence"),
    ("lasting", "{s} 秒", "{s} s"),
    ("announced", "已事先告知", "announced"),
    ("unannounced", "未告知", "unannounced"),
    ("expected", "应有：", "Expected:"),
    ("instead_of", "对照：", "Held against:"),
    ("held_against", "依据：", "Matched:"),
    ("searched_for", "查找：", "Searched for:"),
    ("bound", "标准：", "Rule:"),
    ("none", "无", "none"),
    ("distance", "差异", "distance"),
    ("heard_at", "识别置信度", "recognised at"),
    ("confidence", "判定置信度", "confidence"),
    ("measures", "通话指标", "Conversation"),
    ("talk_share", "讲话占比", "Talk share"),
    ("talk_time", "讲话时长", "Talk time"),
    ("rate", "语速", "Speaking rate"),
    ("chars_per_min", "字/分", "characters/min"),
    ("words_per_min", "词/分", "words/min"),
    ("dead_air", "静音", "Dead air"),
    ("times_total", "{n} 次，共 {s} 秒", "{n} ×, {s} s in all"),
    ("longest", "最长 {s} 秒", "longest {s} s"),
    ("response", "坐席应答间隔", "Response time"),
    (
        "response_of",
        "首次 {first} · 平均 {average} · 最长 {longest}（{n} 次）",
        "first {first} · average {average} · longest {longest} ({n} ×)",
    ),
    ("chat", "聊天记录", "Chat log"),
    ("loudness", "响度", "Loudness"),
    ("ring", "振铃", "Ringing"),
    ("rings", "{n} 声", "{n} rings"),
    ("throughout", "全程", "throughout"),
    ("leg", "声道 {n}", "Channel {n}"),
    ("snr", "信噪比", "SNR"),
    ("recording", "录音质量", "Recording"),
    ("no_problems", "未发现录音问题。", "Nothing is wrong with the recording."),
    ("personal_data", "个人信息（已脱敏）", "Personal data (masked)"),
    ("agent", "坐席", "Agent"),
    ("vendor", "供应商", "Vendor"),
    ("client", "客户方", "Client"),
    ("project", "项目", "Project"),
    ("queue", "技能组", "Queue"),
    ("team", "班组", "Team"),
    ("customer_number", "客户号码", "Customer's number"),
    ("direction", "方向", "Direction"),
    ("direction.inbound", "呼入", "Inbound"),
    ("direction.outbound", "呼出", "Outbound"),
    ("inferred", "{what}（据开场推断，{percent}%）", "{what} (told from the opening, {percent} %)"),
    ("started_at", "开始时间", "Started"),
    ("duration", "时长", "Duration"),
    ("audio_form", "录音格式", "Recording"),
    ("channels", "{n} 声道", "{n} ch"),
    ("engine", "识别引擎", "Recogniser"),
    (
        "made",
        "聆听 {version} · {file} · SHA-256 {sha}… · 分析用时 {s} 秒",
        "Lingting {version} · {file} · SHA-256 {sha}… · analysed in {s} s",
    ),
    (
        "made_index",
        "聆听 {version} · 同目录下的 findings.csv 列有全部评分项",
        "Lingting {version} · findings.csv beside this page lists every finding",
    ),
    ("totals", "汇总", "Totals"),
    ("calls", "通话", "Calls"),
    ("audio", "录音总时长", "Audio"),
    ("find", "搜索通话、坐席、引文…", "Search calls, agents, quotes…"),
    ("no_match", "没有符合条件的通话。", "No call matches."),
    ("verdict", "判定", "Verdict"),
    ("call", "通话", "Call"),
    ("violations", "违规", "Violations"),
    ("worst_finding", "最严重的发现", "Worst finding"),
    ("problems", "录音问题", "Recording problems"),
    ("not_analysed", "未分析的输入", "Inputs not analysed"),
    ("outcome.skipped", "跳过", "Skipped"),
    ("outcome.failed", "失败", "Failed"),
    ("outcome.quarantined", "已隔离", "Quarantined"),
    ("legend.silence", "静音", "Silence"),
    ("legend.hold", "保持", "Hold"),
    ("legend.overtalk", "抢话", "Overtalk"),
    ("legend.problem", "录音问题", "Recording problem"),
    ("party.agent", "坐席", "Agent"),
    ("party.customer", "客户", "Customer"),
    ("party.bot", "机器人", "Bot"),
    ("party.unknown", "说话人", "Speaker"),
    ("party_from.sidecar", "随录信息指定", "from the sidecar"),
    ("party_from.evidence", "据通话内容推断", "inferred"),
    ("party_from.nothing", "未能判断", "not told apart"),
    ("verdict.pass", "合格", "Pass"),
    ("verdict.fail", "不合格", "Fail"),
    ("verdict.critical", "致命", "Critical"),
    ("verdict.undetermined", "待定", "Undetermined"),
    ("verdict.not_applicable", "不适用", "Not applicable"),
    ("verdict.met", "达标", "Met"),
    ("verdict.not_met", "未达标", "Not met"),
    ("severity.critical", "致命", "Critical"),
    ("severity.major", "重度", "Major"),
    ("severity.minor", "轻度", "Minor"),
    ("severity.info", "提示", "Info"),
    (
        "reason.heard_too_poorly",
        "待人工判定：这一段听得不够清楚。",
        "For a person to decide: this stretch was not heard well enough.",
    ),
    (
        "reason.parties_unsure",
        "待人工判定：说话人身份不够确定。",
        "For a person to decide: who speaks is not sure enough.",
    ),
    (
        "reason.fact_missing",
        "待人工判定：随录信息缺少所需内容。",
        "For a person to decide: the sidecar lacks a fact that is needed.",
    ),
    (
        "reason.audio_missing",
        "待人工判定：录音缺少所需部分。",
        "For a person to decide: the recording lacks a part that is needed.",
    ),
    ("kind.phrase", "话语", "phrase"),
    ("kind.absence", "在此区间未听到", "not heard in this window"),
    ("kind.silence", "静音", "silence"),
    ("kind.overtalk", "抢话", "overtalk"),
    ("kind.rate", "语速", "speaking rate"),
    ("kind.loudness", "响度", "loudness"),
    ("kind.metadata", "随录信息", "from the sidecar"),
    ("kind.near_miss", "最接近的话语", "nearest miss"),
    ("kind.measure", "测量值", "measure"),
    ("how.exact", "逐字", "exact"),
    ("how.phonetic", "同音/近音", "by sound"),
    ("how.regex", "模式", "pattern"),
    ("how.similar", "近似", "similar"),
    ("how.entity", "信息实体", "by what it is"),
    ("why.no_speech", "该处没有人声", "no voice there"),
    ("why.repetition", "识别器循环重复", "recogniser looped"),
    ("why.boilerplate", "识别器惯常虚构的文本", "text recognisers invent"),
    ("why.crosstalk", "对方声道串音", "heard through from the other leg"),
    ("why.background", "背景人声", "somebody else in the room"),
    ("why.low_confidence", "识别置信度过低", "hardly believed by the recogniser"),
    ("problem.swapped_legs", "声道疑似互换", "Channels look swapped"),
    ("problem.mono_as_stereo", "双声道内容相同", "Two channels, same content"),
    ("problem.crosstalk", "串音", "Crosstalk"),
    ("problem.clipping", "削波失真", "Clipping"),
    ("problem.one_way_audio", "单通", "One-way audio"),
    ("problem.no_speech", "无人声", "No speech"),
    ("problem.silence", "长段无信号", "Dead line"),
    ("problem.ring_tone", "回铃音", "Ring tone"),
    ("problem.hold_music", "等待音乐", "Hold music"),
    ("problem.dtmf", "按键音", "Key tones"),
    ("problem.truncated", "文件不完整", "Truncated file"),
    ("problem.header_repaired", "文件头已修复", "Header repaired"),
    ("problem.corrupt_data", "部分数据损坏", "Corrupt data left out"),
    ("problem.sidecar_mismatch", "随录信息与录音不符", "Sidecar disagrees with the recording"),
    ("problem.speakers_unsure", "说话人区分不确定", "Speakers unsure"),
    ("problem.out_of_order", "消息时间乱序，已按时间排列", "Messages put into order of time"),
    ("problem.empty_texts", "没有文字的消息已略去", "Messages without a text left out"),
    ("problem.no_times", "消息没有时间", "Messages have no times"),
    ("problem.not_recognised", "部分语音识别失败", "Recognition failed in part"),
    ("pii.phone", "电话号码", "Phone number"),
    ("pii.id_card", "身份证号", "ID card"),
    ("pii.bank_card", "银行卡号", "Bank card"),
    ("pii.ssn", "社会安全号", "Social security number"),
    ("pii.email", "电子邮箱", "E-mail"),
    ("pii.cvv", "安全码", "Security code"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SCRIPTS: &str = concat!(
        include_str!("assets/common.js"),
        include_str!("assets/player.js"),
        include_str!("assets/wave.js"),
        include_str!("assets/transcript.js"),
        include_str!("assets/findings.js"),
        include_str!("assets/measures.js"),
        include_str!("assets/page.js"),
        include_str!("assets/index.js"),
        include_str!("assets/page.html"),
        include_str!("assets/index.html"),
    );

    /// Groups of codes, the enum that each is of, and the file in which it says its codes: its match is
    /// exhaustive, a list of ours would not be.
    const CODES: &[(&str, &str, &str)] = &[
        ("direction", "Direction", include_str!("../domain/call.rs")),
        ("how", "How", include_str!("../domain/finding.rs")),
        ("kind", "EvidenceKind", include_str!("../domain/finding.rs")),
        ("outcome", "Self", include_str!("index.rs")),
        ("party", "Party", include_str!("../domain/call.rs")),
        ("party_from", "PartyFrom", include_str!("../wire/report/convert.rs")),
        ("pii", "PiiKind", include_str!("../domain/pii.rs")),
        ("problem", "ProblemKind", include_str!("../domain/media.rs")),
        ("reason", "DoubtReason", include_str!("../domain/finding.rs")),
        ("severity", "Severity", include_str!("../domain/scorecard.rs")),
        ("verdict", "CallVerdict", include_str!("../domain/scorecard.rs")),
        ("verdict", "Verdict", include_str!("../domain/finding.rs")),
        ("why", "RejectReason", include_str!("../domain/transcript.rs")),
    ];

    #[test]
    fn every_code_that_a_page_shows_has_words() {
        let known: BTreeSet<&str> = STRINGS.iter().map(|row| row.0).collect();
        let arm = regex::Regex::new(r#"\b(\w+)::\w+(?:\(_\))? => "(\w+)""#).unwrap();
        let mut missing = Vec::new();
        for (group, name, source) in CODES {
            let own = arm.captures_iter(source).filter(|found| &found[1] == *name);
            let keys: Vec<String> = own.map(|found| format!("{group}.{}", &found[2])).collect();
            assert!(!keys.is_empty(), "{name} says no codes");
            missing.extend(keys.into_iter().filter(|key| !known.contains(key.as_str())));
        }
        assert!(missing.is_empty(), "{missing:?}");
        let shown = regex::Regex::new(r#"\bcode\("(\w+)""#).unwrap();
        for found in shown.captures_iter(SCRIPTS) {
            let group = &found[1];
            assert!(CODES.iter().any(|(known, ..)| *known == group), "{group} is held to nothing");
        }
    }

    #[test]
    fn every_key_that_a_page_asks_for_has_words() {
        let known: BTreeSet<&str> = STRINGS.iter().map(|row| row.0).collect();
        let asked = regex::Regex::new(r#"(?:\bt\(|fill\(|data-t[a-z-]*=)"([a-z0-9_.]+)""#).unwrap();
        let missing: Vec<&str> = asked
            .captures_iter(SCRIPTS)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|key| !known.contains(key))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn both_languages_say_everything_once() {
        let mut seen = BTreeSet::new();
        let places = regex::Regex::new(r"\{\w+\}").unwrap();
        for (key, zh, en) in STRINGS {
            assert!(seen.insert(key), "{key} twice");
            assert!(!zh.is_empty() && !en.is_empty(), "{key}");
            let of = |text| places.find_iter(text).map(|m| m.as_str()).collect::<BTreeSet<_>>();
            assert_eq!(of(zh), of(en), "{key}");
        }
    }
}
