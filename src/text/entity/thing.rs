//! Order numbers, amounts and dates.

use std::sync::LazyLock;

use regex::Regex;

use super::{Entity, EntityKind, Piece};
use crate::text::token::TokenKind;

/// What announces the number of an order, a case, a parcel.
const CUE_ZH: &str = "(?:订单|工单|运单|快递单?|物流单?|货运单|流水|受理|案件|投诉单?|服务单|报修单?|维修单?|退款单?|保单|合同|发票|票据?|单据?|预约|预订|取件|参考|登记|回执)(?:编?号码?|编码|码|id)|单号|订单";
const CUE_EN: &str = r"\b(?:order|case|ticket|reference|ref|tracking|confirmation|invoice|booking|claim|policy|request|return|rma|complaint|service|shipment|parcel|docket|receipt)(?: (?:number|no|num|id|code|reference))?";

pub(super) static CUE: LazyLock<Regex> = LazyLock::new(|| {
    let number = r" (?:number|no|num|id|code|reference)\b";
    Regex::new(&format!("{CUE_ZH}|{CUE_EN}{number}")).expect("a test compiles it")
});

/// Digits of the shortest number of an order that is called so, and of one that is not.
const BARE_DIGITS_MIN: usize = 5;

fn order_number() -> String {
    // Letters before and between groups of digits belong to it.
    let id = r"(?P<it>(?:[a-z]{1,5}[ -]?)?\d{3,}(?:[ -]?(?:[a-z] )?\d+)*)";
    let zh = format!("(?:{CUE_ZH})(?:尾号)?[^\\d。a-z]{{0,8}}{id}");
    let en = format!(
        "{CUE_EN}(?: for [a-z ]{{1,20}})?(?: (?:is|was|it's|ends in|ending in|of|here is))*[ :#，-]*{id}"
    );
    format!("{zh}|{}", en.replace("?P<it>", "?P<it2>"))
}

fn amount() -> String {
    let number = r"\d+(?:\.\d+)?";
    let zh = format!(
        "(?P<not>\\d块(?:屏|电|手|砖|板|表|布|肉|地|玻|糖|儿|去|来|走|说)|\\d分(?:钟|之))|\
        {number}(?:多|余|来)?(?:元|块钱|块|毛钱?|角钱?|人民币|美元|美金|港币|港元|欧元|日元|英镑|万元|亿元|万块钱?|千块钱?|百块钱?)(?:{number}(?:毛|角|分)?|整|钱|人民币)?|\
        {number}分钱|人民币{number}|¥{number}"
    );
    let en = format!(
        r"[$€£]{number}(?: (?:thousand|million|billion|k))?(?: (?:dollars?|cents?))?|\b(?:{number}|an?|one|a hundred|hundred|a thousand|thousand|half a million|a million)(?: (?:hundred|thousand|million|grand|u s|us|canadian|australian|hong kong))* ?(?:dollars?|bucks|cents?|pounds?|quid|euros?|usd|rmb|yuan|yen|pence)(?: and {number} (?:cents?|pence))?\b"
    );
    format!("{zh}|{en}")
}

fn date() -> String {
    let month = "(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)";
    let weekday = "(?:mon|tues|wednes|thurs|fri|satur|sun)day";
    let ordinal = super::time::ORDINAL;
    let day = r"(?:3[01]|[12]\d|0?[1-9])";
    let zh = format!(
        "(?P<not>{day}[号日](?:之内|以内|内|线|楼|窗|门|柜|机|仓|库|车|厅|院|店|桌|球|文|令|键|字|员|码))|\
        (?:(?:\\d{{2,4}}|今|明|去|前|后)年)?(?:1[0-2]|0?[1-9])月(?:份)?(?:{day}[号日]?|底|初|中旬|上旬|下旬|末)?|(?:这个?|上个?|下个?|本|当)月(?:{day}[号日]|底|初|中旬)?|\
        {day}[号日]|(?:大前|大后|今|明|昨|前|后|当)天|(?:今|明|昨|次|当)日|(?:上上?个?|下下?个?|这个?|本)?(?:周|星期|礼拜)[一二三四五六日天1-6]|(?:上|下|这|本)个?(?:周|星期|礼拜)|\\d{{4}}年"
    );
    let en = format!(
        r"\b(?:{month} (?:the )?{day}(?: ?(?:st|nd|rd|th))?(?:[ ，]+\d{{4}})?|(?:the )?{day} ?(?:st|nd|rd|th)(?: (?:of )?{month})?(?: \d{{4}})?|{day} (?:of )?{month}(?: \d{{4}})?|(?:the )?{ordinal} of {month}|{month} (?:the )?{ordinal}|\
        (?:last |next |this |on )?{weekday}|today|tomorrow|yesterday|(?:the )?day (?:after tomorrow|before yesterday)|(?:last|next|this) (?:week|weekend|month|year)|\
        \d{{1,4}}[/-]\d{{1,2}}[/-]\d{{1,4}}|(?:1[0-2]|0?[1-9])/{day})\b"
    );
    format!("{zh}|{}", en.replace("\\\n        ", ""))
}

pub(super) fn patterns() -> Vec<(EntityKind, String)> {
    vec![
        (EntityKind::OrderNumber, order_number()),
        (EntityKind::Amount, amount()),
        (EntityKind::Date, date()),
    ]
}

/// Long numbers that nothing but a question before them names.
pub(super) fn bare_numbers<'a>(pieces: &'a [Piece<'a>]) -> impl Iterator<Item = Entity> + 'a {
    let digits = |i: usize| -> usize {
        let token = pieces[i].token;
        let number = token.kind == TokenKind::Number && !token.text.contains(['%', '.']);
        if number { token.text.len() } else { 0 }
    };
    let mut i = 0;
    std::iter::from_fn(move || {
        while i < pieces.len() {
            let start = i;
            let run = (start..pieces.len()).take_while(|&k| digits(k) > 0).count();
            i = start + run.max(1);
            let total: usize = (start..start + run).map(digits).sum();
            if total >= BARE_DIGITS_MIN {
                let letters = start.checked_sub(1).filter(|&k| {
                    let token = pieces[k].token;
                    token.kind == TokenKind::Word && token.text.len() <= 3
                });
                let tokens = letters.unwrap_or(start)..start + run;
                return Some(Entity { kind: EntityKind::OrderNumber, tokens });
            }
        }
        None
    })
}
