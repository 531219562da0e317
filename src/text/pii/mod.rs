//! Personal data in what was said: telephone, identity card, payment card, social security number,
//! e-mail, spoken or written, in Chinese and English.
//!
//! In: utterances, or one text. Out: what must be masked, where and when it is heard, never the
//! value itself. A number that nothing announces counts only when it is right in every digit, so that an
//! order number is not taken for a card; [`mask`], which guards logs, stars such doubtful numbers all
//! the same. A number that somebody asked for, or that is called a telephone, a card and so on, counts
//! even with digits misheard: a secret missed costs more than a number starred in vain.

mod conceal;
mod context;
mod email;
mod kinds;
mod near;
mod pick;
mod places;
mod rows;
mod soft;

use std::ops::Range;

pub use conceal::{Conceal, Veil, conceal};

use crate::domain::{AudioTime, Pii, PiiKind, Rejected, Span, Utterance};

pub(crate) use rows::PAUSE_MS_MAX;
use rows::rows;

/// Utterances before a number in which the words may stand that say what it is.
pub(crate) const CONTEXT_UTTERANCES: usize = 3;

/// A text of a stream: what one voice says, piece by piece.
struct Piece<'a> {
    text: &'a str,
    /// Whether it may go on with a number that the piece before began.
    continues: bool,
    /// What anybody said before it.
    before: String,
}

/// Something found, with the bytes it takes in the pieces.
struct Found {
    /// None: a long number that is nothing known.
    kind: Option<PiiKind>,
    masked: String,
    parts: Vec<(usize, Range<usize>)>,
    /// Numerals and words to star in place; empty for what is replaced as a whole.
    hidden: Vec<rows::Hidden>,
}

/// Finds personal data. A number may be spread over several utterances of one voice.
pub fn find(utterances: &[Utterance]) -> Vec<Pii> {
    let mut out = Vec::new();
    for (members, found) in in_streams(utterances) {
        for one in found {
            let Some(kind) = one.kind else { continue };
            let spans =
                one.parts.iter().map(|(piece, at)| places::span(members[*piece], at.clone()));
            if let (Some(span), Some(&(piece, _))) =
                (spans.reduce(|all, span| all.cover(span)), one.parts.first())
            {
                out.push(Pii { kind, leg: members[piece].leg, span, masked: one.masked });
            }
        }
    }
    out.sort_by_key(|pii| (pii.span, pii.leg, pii.kind));
    out
}

/// Finds personal data in what counts and in what does not: a number may be told where recognition
/// went round in a loop, and is a secret all the same.
pub fn find_all(utterances: &[Utterance], rejected: &[Rejected]) -> Vec<Pii> {
    let mut out = find(utterances);
    for one in rejected {
        // A copy on the other leg, or by the same words; what follows on the same leg is another number.
        let known = |pii: &Pii| {
            is_near(pii.span, one.span)
                && (pii.leg != one.leg || pii.span.overlap(one.span).is_some())
        };
        if out.iter().any(known) {
            continue;
        }
        let found = in_rejected(one, utterances).into_iter().filter_map(|found| {
            let kind = found.kind?;
            Some(Pii { kind, leg: one.leg, span: one.span, masked: found.masked })
        });
        // Where recognition failed, one number may look like several.
        out.extend(found.take(1));
    }
    out.sort_by_key(|pii| (pii.span, pii.leg, pii.kind));
    out
}

/// Times are this sure, in milliseconds.
const NEAR_MS: u64 = 1_000;

fn is_near(one: Span, other: Span) -> bool {
    one.start() < other.end().plus_ms(NEAR_MS) && other.start() < one.end().plus_ms(NEAR_MS)
}

/// What a rejected text holds, by itself and after what was said before.
fn in_rejected(one: &Rejected, utterances: &[Utterance]) -> Vec<Found> {
    let earlier = |other: &&Utterance| other.span.start() < one.span.start();
    let mut before: Vec<(AudioTime, &str)> = utterances
        .iter()
        .filter(earlier)
        .map(|other| (other.span.start(), other.text.as_str()))
        .collect();
    before.sort_unstable();
    let last = before.len().saturating_sub(CONTEXT_UTTERANCES);
    let before = before[last..].iter().map(|(_, text)| format!("{text} ")).collect();
    scan(&[Piece { text: one.text.as_str(), continues: false, before }])
}

/// One text with personal data starred.
pub fn mask(text: &str) -> String {
    let piece = Piece { text, continues: false, before: String::new() };
    let found = scan(&[piece]);
    starred(&[text], &found).swap_remove(0)
}

/// The same, but of telephone numbers only: other long rows of digits in names of files are ids.
pub fn mask_telephones(text: &str) -> String {
    let piece = Piece { text, continues: false, before: String::new() };
    let mut found = scan(&[piece]);
    found.retain(|one| one.kind == Some(PiiKind::Phone));
    starred(&[text], &found).swap_remove(0)
}

/// Each voice's utterances in time order, with what is found in them.
fn in_streams(utterances: &[Utterance]) -> Vec<(Vec<&Utterance>, Vec<Found>)> {
    let mut all: Vec<&Utterance> = utterances.iter().collect();
    all.sort_by_key(|one| (one.span, one.leg, one.id));
    let mut voices: Vec<_> = all.iter().map(|one| (one.leg, one.speaker)).collect();
    voices.sort_unstable();
    voices.dedup();
    let stream = |voice| {
        let mut members: Vec<&Utterance> = Vec::new();
        let mut pieces = Vec::new();
        for (i, one) in all.iter().enumerate().filter(|(_, one)| (one.leg, one.speaker) == voice) {
            let continues = members.last().is_some_and(|last: &&Utterance| {
                let from = all.iter().position(|other| std::ptr::eq(*other, *last)).unwrap_or(i);
                one.span.start().since_ms(last.span.end()) <= rows::PAUSE_MS_MAX
                    // Who is asked for another number does not go on with the last one.
                    && all[(from + 1).min(i)..i]
                        .iter()
                        .all(|between| context::topic(between.text.as_str()).is_none())
            });
            let before: String = all[i.saturating_sub(CONTEXT_UTTERANCES)..i]
                .iter()
                .map(|earlier| format!("{} ", earlier.text.as_str()))
                .collect();
            members.push(one);
            pieces.push(Piece { text: one.text.as_str(), continues, before });
        }
        let found = scan(&pieces);
        (members, found)
    };
    voices.into_iter().map(stream).collect()
}

/// What is found in a stream, in its order.
fn scan(pieces: &[Piece<'_>]) -> Vec<Found> {
    let mut out = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        for (at, masked) in email::find(piece.text, &piece.before) {
            let (parts, hidden) = (vec![(i, at)], Vec::new());
            out.push(Found { kind: Some(PiiKind::Email), masked, parts, hidden });
        }
    }
    let emails: Vec<(usize, Range<usize>)> = out.iter().flat_map(|one| one.parts.clone()).collect();
    for row in rows(pieces) {
        for one in pick::in_row(&row, pieces) {
            let inside = |(piece, at): &(usize, Range<usize>)| {
                emails.iter().any(|(p, e)| p == piece && e.start < at.end && at.start < e.end)
            };
            if !one.parts.iter().any(inside) {
                out.push(one);
            }
        }
    }
    out.sort_by_key(|one| one.parts.first().map(|(piece, at)| (*piece, at.start)));
    out
}

/// Replaces what was found: its first part by the masked value, the others by stars.
fn starred(texts: &[&str], found: &[Found]) -> Vec<String> {
    let mut out: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    let mut parts: Vec<(usize, Range<usize>, &str)> = found
        .iter()
        .flat_map(|one| {
            let mut text = Some(one.masked.as_str());
            let with_text = move |(piece, at): &(usize, Range<usize>)| {
                (*piece, at.clone(), text.take().unwrap_or("****"))
            };
            one.parts.iter().map(with_text)
        })
        .collect();
    // From the end, so that earlier bytes keep their place.
    parts.sort_by_key(|(piece, at, _)| (*piece, std::cmp::Reverse(at.start)));
    for (piece, at, text) in parts {
        out[piece].replace_range(at, text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LegIx, Party, Sensitive, Span};

    fn said(lines: &[(u8, u64, u64, &str)]) -> Vec<Utterance> {
        let one = |(id, &(leg, start, end, text)): (usize, &(u8, u64, u64, &str))| Utterance {
            id: id as u32,
            leg: LegIx(leg),
            speaker: leg,
            party: if leg == 0 { Party::Agent } else { Party::Customer },
            span: Span::from_ms(start, end).unwrap(),
            text: Sensitive::from(text),
            confidence: 1.0,
            words: vec![],
        };
        lines.iter().enumerate().map(one).collect()
    }

    fn check(text: &str, want: &str) {
        let found = find(&said(&[(1, 0, 10_000, text)]));
        let got: Vec<String> =
            found.iter().map(|pii| format!("{} {}", pii.kind.as_str(), pii.masked)).collect();
        assert_eq!(got.join("; "), want, "{text}");
    }

    #[test]
    fn chinese_numbers_are_found() {
        for (text, want) in [
            ("我的手机号是幺九九零零零零六幺三六。", "phone 199****6136"),
            ("我的手机号是一九九零零零零六一三六。", "phone 199****6136"),
            ("电话199-0000-6136", "phone 199****6136"),
            ("电话 1 9 9 0 0 0 0 6 1 3 6 对", "phone 199****6136"),
            ("幺九九，零零零零，嗯，六幺三六", "phone 199****6136"),
            ("洞幺洞，六二三四五六七八", "phone 010****5678"),
            ("+86 19900006136", "phone 199****6136"),
            ("身份证幺幺零幺九九幺九五九幺二幺六九幺二零。", "id_card 110199********9120"),
            ("身份证110199195912169121。", "id_card 110199********9121"),
            ("卡号六二零零零零四零六九七七五八九六三七七。", "bank_card 620000*********6377"),
            ("卡号6200 0040 6977 5896 377", "bank_card 620000*********6377"),
            ("订单号是六三零二八零二五。", ""),
            ("订单号19900006136", ""),
            ("订单号19900006136，手机号19900001121", "phone 199****1121"),
            ("四十八小时之内给您答复", ""),
            ("邮箱是zhangsan艾特qq点com", "email z***@qq.com"),
            ("邮箱zhang.san@163.com，谢谢", "email z***@163.com"),
            ("请拨打400 800 1234", ""),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn english_numbers_are_found() {
        for (text, want) in [
            ("two zero two, five five five, zero one six three.", "phone 202***0163"),
            ("It's (202) 555-0163.", "phone 202***0163"),
            ("two oh two double five five oh one six three", "phone 202***0163"),
            ("My order is 2025550163.", ""),
            ("my social is nine zero zero, one four, four eight six four.", "ssn *****4864"),
            ("900-14-4864", "ssn *****4864"),
            ("The code is 900144864.", ""),
            (
                "The full number is four one one one, one one seven one, seven nine four zero, three four six four.",
                "bank_card 411111******3464",
            ),
            ("my email is john dot smith at gmail dot com", "email j***@gmail.com"),
            ("john.smith at example.com", ""),
            ("visit us at harborbank dot com", ""),
            ("I called twenty four hours ago", ""),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn misheard_numbers_are_found_where_announced() {
        for (text, want) in [
            ("拨打您的手机1380040040需要", "phone 13****0040"),
            ("您的手机号138000006136留给他们", "phone 138*****6136"),
            ("她登记的手机号是1380-00400-4975家庭住址是", "phone 138******4975"),
            ("联系电话是要三九零零零零要要六吗", "phone 13****0116"),
            ("联系电话是要三九零零零零五要要六吗", "phone 139****5116"),
            ("电话要3900010509", "phone 139****0509"),
            ("拨打您的手机113800138017，三个工作日", "phone 113******0173"),
            ("电话138刘0000吧123", "phone 138*****8123"),
            ("身份正好马是1101992001128382", "id_card 1101********8382"),
            ("先分证号110199-20000-10128-382对", "id_card 110199*********8382"),
            ("这张卡号6200.040.6197", "bank_card 62*****6197"),
            ("my number is to zero to 555 01 60", "phone 202***0160"),
            ("call me at 202-555-016 please", "phone 2****5016"),
            ("my card number is 4111-1171-7940-346, oh thank you", "bank_card 411111*****0346"),
            ("social security is 900-14-486", "ssn *****486"),
            ("my phone: 900-14-4864-202-555-0163", "ssn *****4864; phone 202***0163"),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "订单号是1380040040",
            "电话里说过，单号是6302802599",
            "您的手机话费余额是10000000元",
            "联系过了，一共12000000块",
            "手机上写的日期是2025-03-12",
            "燃气表读数是00012345",
            "保单尾号七零三五",
            "工号二三幺幺",
            "文昌路18号3栋4单元502",
            "上午8点30到9点45，我要四份，就要这样吧",
            "电话打了三次，要二十四小时之后就要六天",
            "您的电话归400-800-1234管",
            "I called twice, my order number is 2025550163",
            "call us at 1-800-555-0199",
            "The phone plan is $120000000",
            "The phone bill is 120000000 dollars",
            "Call back on 2025-03-12 from 8 to 9 for two of us",
            "your account number is 1234567890",
            "we are open seven to ten, two to four for you too",
            "the meter reading is 000123456",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn a_question_announces_a_number() {
        let heard = |lines| find(&said(lines)).iter().map(|one| one.kind).collect::<Vec<_>>();
        let lines = &[
            (0, 0, 2000, "请报一下订单号"),
            (1, 2500, 5000, "63028025"),
            (0, 5100, 6000, "再留一下手机号"),
            (1, 6500, 9000, "1380040040"),
        ];
        assert_eq!(heard(lines), [PiiKind::Phone]);
        let lines = &[
            (0, 0, 2000, "请您提供一下手机号，我帮您核实一下订单"),
            (1, 2500, 5000, "19900006136"),
        ];
        assert_eq!(heard(lines), [PiiKind::Phone]);
        let lines = &[(0, 0, 2000, "请您报一下订单号"), (1, 2500, 5000, "19900006136")];
        assert_eq!(heard(lines), []);
        let lines = &[
            (0, 0, 2000, "And which number do you have for her?"),
            (1, 2500, 5000, "We have 202-555-016."),
        ];
        assert_eq!(heard(lines), [PiiKind::Phone]);
    }

    #[test]
    fn a_number_may_be_spread_over_utterances() {
        let found = find(&said(&[
            (1, 0, 1000, "我电话幺九九零零零零"),
            (0, 1100, 1400, "嗯"),
            (1, 2000, 3000, "六幺三六"),
            (1, 60_000, 61_000, "幺九九零零零零"),
            (1, 90_000, 91_000, "六幺三六"),
        ]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].masked, "199****6136");
        assert_eq!(found[0].span.end().ms(), 3000);
        assert!(found[0].span.start().ms() > 0);
        let asked = find(&said(&[
            (0, 0, 2000, "May I have your social security number?"),
            (1, 2500, 5000, "900144864."),
        ]));
        assert_eq!(asked.first().map(|pii| pii.kind), Some(PiiKind::Ssn));
    }

    #[test]
    fn texts_are_starred() {
        for (text, want) in [
            ("电话幺九九零零零零六幺三六，谢谢", "电话199****6136，谢谢"),
            ("身份证110199195912169121。", "身份证110199********9121。"),
            ("参考110199195912169121。", "参考**************9121。"),
            ("订单63028025", "订单63028025"),
            ("write to a.b@c.com now", "write to a***@c.com now"),
        ] {
            assert_eq!(mask(text), want);
        }
    }

    #[test]
    fn names_of_files_keep_their_ids_and_lose_their_numbers() {
        for (name, want) in [
            (
                "out-13800138000-2001-20260101-101010-1767234567.4412",
                "out-138****8000-2001-20260101-101010-1767234567.4412",
            ),
            (
                "20260131-093015_2001_19900002376-all.wav",
                "20260131-093015_2001_199****2376-all.wav",
            ),
            (
                "q-500-2025550134-20260101-101010-1767234567.12.wav",
                "q-500-202***0134-20260101-101010-1767234567.12.wav",
            ),
            ("0199c0de-7000-8000-0123-000000000042", "0199c0de-7000-8000-0123-000000000042"),
            ("gen-000017", "gen-000017"),
        ] {
            assert_eq!(mask_telephones(name), want);
        }
    }

    proptest::proptest! {
        #[test]
        fn masking_takes_any_text(text in "\\PC{0,40}|[0-9幺零一 ,-]{0,40}") {
            let _ = mask(&text);
        }
    }

    #[test]
    fn a_long_list_of_numbers_is_starred_number_by_number() {
        let numbers = |count: usize| {
            let each = |n: usize| format!("1380013{:04}", 8_000 + n);
            format!("以下客户电话：{}", (0..count).map(each).collect::<Vec<_>>().join(" "))
        };
        let starred = mask(&numbers(400));
        assert_eq!(starred.matches("138****").count(), 400);
        // A table of thousands is no row of telephone numbers: nothing of it is shown.
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
        assert!(digits(&mask(&numbers(5_000))) <= 4, "at most the last digits of all");
    }

    #[test]
    fn a_number_in_a_rejected_text_beside_another_is_found() {
        let spoken = said(&[(1, 1_000, 4_000, "我的手机号是13800138000")]);
        let rejected = |leg: u8, start, end| Rejected {
            leg: LegIx(leg),
            span: Span::from_ms(start, end).unwrap(),
            text: Sensitive::from("卡号是6222021234567890128"),
            why: crate::domain::RejectReason::Repetition,
        };
        let kinds = |one: Rejected| -> Vec<PiiKind> {
            find_all(&spoken, &[one]).iter().map(|pii| pii.kind).collect()
        };
        assert_eq!(kinds(rejected(1, 4_500, 9_000)), [PiiKind::Phone, PiiKind::BankCard]);
        assert_eq!(kinds(rejected(0, 1_200, 4_200)), [PiiKind::Phone], "the other leg's copy");
    }
}
