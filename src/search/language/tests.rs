//! The language as tables, and its laws: no text makes the reader fail, and what is written reads back.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, want: &str) {
    match parse(text) {
        Ok(expr) => assert_eq!(expr.to_string(), want, "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[track_caller]
fn refused(text: &str, at: usize, trouble: &Trouble, instead: Option<&str>) {
    let error = parse(text).expect_err(text);
    assert_eq!((error.at, &error.trouble), (at, trouble), "{text}");
    assert_eq!(error.instead.as_deref(), instead, "{text}");
    assert!(error.zh().contains(&format!("第 {} 个字", at + 1)));
}

#[test]
fn queries_are_read() {
    for (text, want) in [
        ("退款 投诉", "退款 投诉"),
        ("退款 AND 投诉", "退款 投诉"),
        ("退款 OR 投诉 再见", "退款 OR (投诉 再见)"),
        ("-投诉 退款", "(NOT 投诉) 退款"),
        ("\"no way\" refund", "\"no way\" refund"),
        ("“不好意思”", "\"不好意思\""),
        ("~投诉 ～再见", "sounds:\"投诉\" sounds:\"再见\""),
        ("音近：“投诉”", "sounds:\"投诉\""),
        ("A NEAR/5 B", "A NEAR/5 B"),
        ("A NEAR B within 10s", "A NEAR B within 10s"),
        ("信用 NOT IN 信用卡", "信用 NOT IN 信用卡"),
        ("agent:(抱歉 OR 对不起)", "agent:(抱歉 OR 对不起)"),
        ("坐席：抱歉 客户：投诉", "agent:(抱歉) customer:(投诉)"),
        ("first:30s(您好)", "first:30s(您好)"),
        ("开头：500毫秒（您好）", "first:500ms(您好)"),
        ("last:2m 再见", "last:120s(再见)"),
        ("投诉 BEFORE 抱歉 within 10秒", "投诉 BEFORE 抱歉 within 10s"),
        ("a AFTER (b OR c) d", "(a AFTER (b OR c)) d"),
        ("a BEFORE b NEAR/3 c", "(a BEFORE b) NEAR/3 c"),
        ("word:和服", "word:\"和服\""),
        ("10:30 e-mail", "10:30 e-mail"),
        ("NOT (a b)", "NOT (a b)"),
    ] {
        check(text, want);
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    use Trouble::*;
    for (text, at, trouble, instead) in [
        ("", 0, Empty, None),
        ("  ", 0, Empty, None),
        ("退款 \"投诉", 3, OpenQuote, None),
        ("(退款", 0, OpenBracket, None),
        ("退款)", 2, StrayBracket, None),
        ("agnet:投诉", 0, Prefix("agnet".into()), Some("agent:")),
        ("http://x", 0, Prefix("http".into()), Some("\"…\"")),
        ("a NEAR b", 8, Number("NEAR".into()), Some("NEAR/5")),
        ("a NEAR/x b", 2, Number("NEAR/x".into()), Some("NEAR/5")),
        ("a BEFORE b within soon", 18, Number("soon".into()), Some("within 10s")),
        ("first:(a)", 6, Number(String::new()), Some("first:30s(…)")),
        ("(a b) NEAR/3 c", 0, NoPlace("NEAR"), None),
        ("a BEFORE -b", 9, NoPlace("BEFORE"), None),
        ("a OR", 4, Missing, None),
        ("OR a", 0, Missing, Some("\"OR\"")),
        ("a ,", 2, Unsayable(",".into()), None),
        ("word:退", 5, OneCharacter, None),
        ("~(a b)", 1, Missing, Some("\"…\"")),
        ("()", 1, Missing, None),
    ] {
        refused(text, at, &trouble, instead);
    }
    let deep = "(".repeat(40) + "a" + &")".repeat(40);
    assert!(matches!(parse(&deep).unwrap_err().trouble, TooMuch(_)));
    assert!(matches!(parse(&"a ".repeat(70)).unwrap_err().trouble, TooMuch(_)));
    assert!(matches!(parse(&"a".repeat(3000)).unwrap_err().trouble, TooMuch(_)));
}

proptest! {
    #[test]
    fn no_text_makes_it_fail(text in "\\PC{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn what_is_written_reads_back(
        parts in proptest::collection::vec(
            prop::sample::select(vec![
                "退款", "投诉", "no", "\"in two days\"", "~再见", "word:信用卡", "(", ")", "OR", "AND",
                "-", "NOT", "NOT IN", "NEAR/5", "NEAR", "BEFORE", "AFTER", "within", "10s", "agent:",
                "客户：", "first:30s", "last:500ms", "10:30", "“a b”",
            ]),
            0..14,
        )
    ) {
        let text = parts.join(" ");
        if let Ok(expr) = parse(&text) {
            prop_assert_eq!(parse(&expr.to_string()), Ok(expr));
        }
    }
}
