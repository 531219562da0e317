//! Tables of entities, in the wordings of the trade.

use super::*;
use crate::text::tokens;
use proptest::prelude::*;

fn entities(text: &str, asked: bool) -> String {
    let tokens = tokens(text);
    let mut end = 0;
    let mut pieces = Vec::new();
    for token in &tokens {
        pieces.push(Piece { token, before: &text[end.min(token.at.start)..token.at.start] });
        end = token.at.end;
    }
    let found = find(&pieces, asked, |_| true);
    let shown = |one: &Entity| {
        let bytes = tokens[one.tokens.start].at.start..tokens[one.tokens.end - 1].at.end;
        format!("{} {}", one.kind.as_str(), &text[bytes])
    };
    found.iter().map(shown).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(kind: EntityKind, rows: &[(&str, &str)]) {
    let prefix = format!("{} ", kind.as_str());
    let wrong = rows.iter().filter_map(|(text, want)| {
        let all = entities(text, false);
        let got: Vec<&str> = all.split("; ").filter_map(|one| one.strip_prefix(&prefix)).collect();
        (got.join(" | ") != *want).then(|| format!("{text}: wanted {want:?}, got {all}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn definite_times_in_chinese() {
    check(
        EntityKind::DefiniteTime,
        &[
            ("我们四十八小时之内给您答复", "四十八小时之内"),
            ("48小时内联系您", "48小时内"),
            ("三到五个工作日内退款到账", "三到五个工作日内"),
            ("3-5个工作日以内", "3-5个工作日以内"),
            ("半小时之内回电", "半小时之内"),
            ("一个半小时以内上门", "一个半小时以内"),
            ("最迟三天给您处理好", "最迟三天"),
            ("最多不超过七个工作日", "最多不超过七个工作日"),
            ("两天后给您回访", "两天后"),
            ("明天下午三点前给您回电话", "明天下午三点前"),
            ("后天上午联系您", "后天上午"),
            ("下周三之前寄出", "下周三之前"),
            ("这周五下班前", "这周五下班前"),
            ("周五给您答复", "周五"),
            ("今天下班前一定回复", "今天下班前"),
            ("今天之内处理", "今天之内"),
            ("今晚八点前", "今晚八点前"),
            ("下午三点半给您打过去", "下午三点半"),
            ("十点之前", "十点之前"),
            ("十月五号之前退还", "十月五号之前"),
            ("5号之前给您", "5号之前"),
            ("月底前完成", "月底前"),
            ("15分钟内", "15分钟内"),
            ("三天就能到账", "三天就能"),
            ("24小时之內給您回覆", "24小时之內"),
            ("请您耐心等待一到三个工作日", "等待一到三个工作日"),
            ("后天下午两点上门", "后天下午两点"),
            ("明儿一早给您回电", "明儿"),
            ("24小時之內給您回覆", "24小時之內"),
        ],
    );
    check(
        EntityKind::DefiniteTime,
        &[
            ("我们会尽快联系您", ""),
            ("稍后给您回电", ""),
            ("我等了三天了", ""),
            ("三天前就打过电话", ""),
            ("上周三我来过", ""),
            ("过两天再说", ""),
            ("今天有什么可以帮您", ""),
            ("请到三号窗口", ""),
            ("我有三点要求", ""),
            ("第三点说明", ""),
            ("有一点问题", ""),
            ("您说了半天", ""),
            ("稍等一下", ""),
        ],
    );
}

#[test]
fn vague_times_in_chinese() {
    check(
        EntityKind::VagueTime,
        &[
            ("我们会尽快联系您", "尽快"),
            ("稍后给您回电", "稍后"),
            ("有结果第一时间通知您", "有结果第一时间"),
            ("马上给您处理", "马上"),
            ("回头我问问", "回头"),
            ("过两天再说", "过两天"),
            ("过几天给您消息", "过几天"),
            ("一会儿给您回过去", "一会儿"),
            ("有消息了就告诉您", "有消息了就"),
            ("晚点联系您", "晚点"),
            ("几个工作日内到账", "几个工作日内"),
            ("我们会在最短时间内处理", "最短时间"),
            ("有进展了我会通知您", "有进展了我"),
            ("等我这边核实清楚再联系您", "核实清楚再联系"),
            ("稍等一会儿", ""),
            ("您等一下", ""),
            ("四十八小时之内答复", ""),
            ("请问有什么可以帮您", ""),
        ],
    );
}

#[test]
fn definite_times_in_english() {
    check(
        EntityKind::DefiniteTime,
        &[
            ("We will call you back within two business days.", "within two business days"),
            ("You'll hear from us by noon tomorrow", "by noon tomorrow"),
            ("by the end of the day", "by the end of the day"),
            ("no later than Friday", "no later than Friday"),
            ("in the next 24 hours", "in the next 24 hours"),
            ("it takes three to five business days", "takes three to five business days"),
            ("I'll ring you at 3 p.m. tomorrow", "at 3 p.m. tomorrow"),
            ("tomorrow morning", "tomorrow morning"),
            ("we'll call you today before six", "today before six"),
            ("before 5 o'clock", "before 5 o'clock"),
            ("in half an hour", "in half an hour"),
            ("within an hour", "within an hour"),
            ("by October 5th", "by October 5th"),
            ("by the 15th", "by the 15th"),
            ("on Monday afternoon", "on Monday afternoon"),
            ("before close of business today", "before close of business today"),
            ("forty-eight hours at the latest", "forty-eight hours at the latest"),
            ("this afternoon", "this afternoon"),
            ("by close of business Thursday", "by close of business Thursday"),
            ("first thing in the morning", "first thing in the morning"),
            ("it'll be done by the first of December", "by the first of December"),
            ("in a week's time", "in a week's time"),
            ("next Tuesday at 10:30", "next Tuesday at 10:30"),
        ],
    );
    check(
        EntityKind::DefiniteTime,
        &[
            ("as soon as possible", ""),
            ("I called three days ago", ""),
            ("I have waited for three days", ""),
            ("last Monday I was there", ""),
            ("I'll be with you in a minute", ""),
            ("in a few days", ""),
            ("How can I help you today?", ""),
            ("see you later", ""),
        ],
    );
}

#[test]
fn vague_times_in_english() {
    check(
        EntityKind::VagueTime,
        &[
            ("We'll get back to you as soon as possible", "as soon as possible"),
            ("someone will contact you shortly", "shortly"),
            ("I'll call you soon", "soon"),
            ("in a few days", "in a few days"),
            ("in due course", "in due course"),
            ("when we can", "when we can"),
            ("within a couple of weeks", "within a couple of weeks"),
            ("ASAP", "ASAP"),
            ("at our earliest convenience", "at our earliest convenience"),
            ("later today", "later today"),
            ("in the coming days", "in the coming days"),
            ("it won't take too long", "won't take too long"),
            ("no later than Friday", ""),
            ("see you soon", ""),
            ("as soon as you receive it", ""),
            ("within two business days", ""),
            ("thank you for calling", ""),
        ],
    );
}

#[test]
fn amounts() {
    check(
        EntityKind::Amount,
        &[
            ("一共三百二十块", "三百二十块"),
            ("退您59.9元", "59.9元"),
            ("一万两千元整", "一万两千元整"),
            ("三块五", "三块五"),
            ("五毛钱", "五毛钱"),
            ("¥199", "199"),
            ("五百美金", "五百美金"),
            ("我们一块去", ""),
            ("那块屏幕", ""),
            ("$1,200.50 was charged", "1,200.50"),
            ("fifty dollars and 20 cents", "fifty dollars and 20 cents"),
            ("a hundred bucks", "a hundred bucks"),
            ("twenty five pounds", "twenty five pounds"),
            ("five minutes", ""),
            ("百分之五", ""),
        ],
    );
}

#[test]
fn dates() {
    check(
        EntityKind::Date,
        &[
            ("十月五号下的单", "十月五号"),
            ("2026年11月3日", "2026年11月3日"),
            ("昨天打过", "昨天"),
            ("上周三来的", "上周三"),
            ("五号到的", "五号"),
            ("请到三号窗口", ""),
            ("工号3105", ""),
            ("十日内", ""),
            ("三个工作日", ""),
            ("on October 5th", "October 5th"),
            ("the 3rd of May", "the 3rd of May"),
            ("last Monday", "last Monday"),
            ("yesterday", "yesterday"),
            ("the twenty-first of March", "the twenty-first of March"),
            ("11/03/2026", "11/03/2026"),
            ("may I help you", ""),
            ("I can march on", ""),
        ],
    );
}

#[test]
fn order_numbers() {
    check(
        EntityKind::OrderNumber,
        &[
            ("订单号是 20261103888", "20261103888"),
            ("我的工单号幺零五二三", "幺零五二三"),
            ("快递单号SF1234567890", "SF1234567890"),
            ("订单编号八八二三一", "八八二三一"),
            ("运单号码尾号 4471", "4471"),
            ("my order number is 884 213", "884 213"),
            ("ticket number AB 4471", "AB 4471"),
            ("your reference is Q-20931", "Q-20931"),
            ("I placed an order", ""),
            ("我要下订单", ""),
            ("手机号是19900006136", ""),
            ("等了48小时", ""),
        ],
    );
    assert_eq!(entities("八八二三一九零", true), "order_number 八八二三一九零");
    assert_eq!(entities("我要48小时", true), "");
    let asks = |text: &str| {
        let tokens = tokens(text);
        let pieces: Vec<Piece<'_>> =
            tokens.iter().map(|token| Piece { token, before: "" }).collect();
        asks_for_order(&pieces)
    };
    assert!(asks("请报一下订单号") && asks("may I have your order number"));
    assert!(!asks("请问有什么可以帮您"));
}

proptest! {
    #[test]
    fn any_text_gives_tokens_that_are_there(text in "[一二三十百千0-9天小时内之前明下周三月号日块元的在 a-z,.:$/-]{0,32}|\\PC{0,20}", asked in any::<bool>()) {
        let tokens = tokens(&text);
        let pieces: Vec<Piece<'_>> = tokens.iter().map(|token| Piece { token, before: "" }).collect();
        for one in find(&pieces, asked, |_| true) {
            prop_assert!(one.tokens.start < one.tokens.end && one.tokens.end <= tokens.len());
        }
    }
}
