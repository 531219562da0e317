//! Times that are promised: definite ones, by which one can tell whether a promise was kept, and vague
//! ones.
//!
//! Three days ago is no promise: a period counts with what makes it a deadline (`三天内`, `in three
//! days`, `最多三天`), a day or an hour by itself, unless it is called past (`上周三`, `last Monday`).

use super::EntityKind;

/// 3, 3到5, 1.5.
const NUMBER: &str = r"(?:\d+(?:\.\d+)?(?:(?:[到至~-]|或者?)\d+(?:\.\d+)?)?)";

/// 3个工作日, 半小时, 1个半小时.
fn period_zh() -> String {
    let unit = "(?:工作日|自然日|小时|钟头|星期|礼拜|月|天|日|周|分钟|刻钟|秒钟?)";
    format!(
        "(?:(?:{NUMBER}|[一两]两|两三)(?:多|来)?(?:个半|个)?{unit}(?:半|多)?|半个?(?:小时|钟头|月|天|年|工作日))"
    )
}

const PART_ZH: &str = "(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|晚间)";
const CLOCK_ZH: &str = r"(?:\d+(?:点钟?|时|:)(?:半|整|[一二三123]刻|\d+分?)?)";
const BEFORE_ZH: &str = "(?:之前|以前|前|之内|以内|内|之后|以后|后|左右|下班前?|结束前?)";

/// Days that are still to come or that can be.
const DAY_ZH: &str = "(?:大后天|明后天|后天|明天|明日|明儿|次日|翌日|第2天|今晚|明晚|明早|今夜|\
    (?:本|这|下|这个|下个|下下)?(?:周|星期|礼拜)[一二三四五六日天1-6]|(?:本|这|下|这个|下个)(?:周|星期|礼拜)(?:内|底|末|初)?|(?:本|这|下|这个|下个)(?:月|季度)(?:内|底|末|初)|\
    周末|月底|月末|月中|年底|年前|\\d+月(?:份|底|初|中旬|上旬|下旬|末)|(?:(?:\\d+|本|这个|下个?|当)月)?\\d+[号日])";

fn definite_zh() -> String {
    let period = period_zh();
    let most = "(?:最晚|最迟|最慢|最多|最快|至多|顶多|不(?:会)?超过|预计|预期|大概|大约|需要|通常|正常|一般|等待|等候|耐心等)";
    let clock = format!("(?:{PART_ZH}?{CLOCK_ZH})");
    [
        // What only looks like a time to come.
        "(?P<not>上上?个?(?:周|星期|礼拜)[一二三四五六日天1-6]|上个?月(?:\\d+[号日])?|第\\d+点|过2天|\
            \\d+[号日](?:线|楼|窗|门|柜|机|仓|库|车|厅|院|店|桌|球|文|令|键|字|员)|\\d+(?:点|:)(?:要求|建议|意见|原因|问题|需要))"
            .to_owned(),
        // 48小时之内, 3天后.
        format!("{period}的?(?:时间)?(?:之内|以内|内|之后|以后|后|左右|到账|到货|送达|答复|回复|办结|出结果|给您|给你|就(?:能|可以|会|给|到|可))"),
        // 最迟3天, 再过2小时.
        format!("(?:(?:{most}(?:是|要|在|也就|就|为|还要)*)+|(?:再|再过|过)){period}"),
        // 最迟明天, 明天下午3点前, 今天下班前.
        format!("(?:{most}(?:在)?)?{DAY_ZH}的?{PART_ZH}?{CLOCK_ZH}?{BEFORE_ZH}?"),
        format!("(?:今天|今日|当天|当日|今儿)的?(?:{PART_ZH}?{CLOCK_ZH}{BEFORE_ZH}?|{PART_ZH}(?:之前|以前|前)|(?:下午|傍晚|晚上|中午|晚间){BEFORE_ZH}?|{BEFORE_ZH}|就(?:能|可以|会|给)|(?:一定|肯定)?给[您你])"),
        // 下午3点, 3点半之前.
        format!("{PART_ZH}{CLOCK_ZH}{BEFORE_ZH}?|{clock}(?:钟|半|整)?{BEFORE_ZH}|\\d+点(?:钟|半|整)"),
        "(?:下班|月底|年底|周末|春节|国庆|元旦|节|节假日|放假)(?:之前|以前|前)".to_owned(),
    ]
    .join("|")
}

const VAGUE_ZH: &str = "(?P<not>稍等[一1]?[会下]儿?|等[一1]?[会下]儿?|稍候|尽快(?:地)?把|马上(?:就)?(?:好|完))|\
    尽快|尽早|尽速|从速|尽量(?:快|早)|尽可能(?:地)?(?:快|早|在)|抓紧|加急|加快|第[1一]时间|马上|立刻|立马|立即|即刻|很快|不久|\
    稍后|稍晚|稍迟|晚[点些]|晚1点|迟[点些]|回头|改天|改日|择日|择期|有空|得空|待会儿?|[过一]会儿?|过[一1]?会儿?|\
    (?:过|再等|等)(?:几天|段时间|[一1]段时间|阵子|[一1]阵|些天|些日子|几个?(?:小时|工作日|月|星期))|过2天|过一两天|\
    (?:有|出|得到)(?:了)?(?:消息|结果|进展|回复|反馈|答复)(?:了)?(?:就|再|的时候|之后|以后|后|会|我|第[1一]时间|及时|马上)|\
    到时候?|届时|近期|近日|日后|后续|随后|这几天|最近几天|这两天|这段时间|几(?:天|个工作日|个小时|小时)(?:之内|以内|内|后|左右)|\
    方便的时候|有机会|最短的?时间|最快的?速度|\
    (?:核实|确认|查询|查|了解|处理|沟通|反馈)(?:清楚|好|完|到)?了?(?:之后|以后|后|再)再?(?:给[您你]|联系|回复|答复|告诉|告知|通知|回电)|\
    及时(?:给|通知|联系|回复|反馈|答复)";

const WEEKDAY: &str = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?";
const MONTH: &str = "(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)";
/// `first` and so on, as they are said before or after a month.
pub(super) const ORDINAL: &str = "(?:(?:(?:20|30)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)";
const CLOCK_EN: &str = r"(?:\d+(?::\d+)? ?(?:a ?m|p ?m|o'clock)|\d+:\d+|noon|midnight|midday)";
const PART_EN: &str = "(?:morning|afternoon|evening|night)";

fn definite_en() -> String {
    let number = r"(?:\d+(?:\.\d+)?(?:(?: to | or |-)\d+)?|an?|one|half an?|one to \d+|one or \d+)";
    let unit = "(?:(?:business|working|calendar|full|banking|work) )?(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?)";
    let period = format!("(?:{number}[ -]{unit})");
    let ordinal = "(?:\\d+(?: ?(?:st|nd|rd|th)))";
    let date = format!(
        "(?:(?:the )?{ordinal}(?: of {MONTH})?|{MONTH} (?:the )?{ordinal}|{MONTH} \\d+|(?:the )?{ORDINAL} of {MONTH}|{MONTH} (?:the )?{ORDINAL})"
    );
    let end = format!(
        "(?:(?:close|end|start|beginning) of (?:the |this |next |that |our |your )?(?:business |working )?(?:day|week|month|business|today|tomorrow)(?: (?:today|tomorrow|(?:on )?{WEEKDAY}))?|cob|eod|lunch(?:time)?)"
    );
    let day = format!(
        "(?:(?:the )?day after tomorrow|tomorrow|tonight|this {PART_EN}|(?:this|next|the coming|coming|the following|following) (?:{WEEKDAY}|week|weekend|month)|the (?:weekend|next (?:business |working )?day)|{WEEKDAY}(?: (?:next|this) week)?)"
    );
    let point = format!(
        "(?:{day}(?: {PART_EN})?(?: at {CLOCK_EN})?|{CLOCK_EN}(?: (?:on )?(?:{day}|today))?|{date}|{end}|today)"
    );
    [
        format!(r"\b(?P<not>last (?:{WEEKDAY}|{PART_EN}|week|month)|in (?:just )?an? (?:minute|min|moment|second|sec|bit)|(?:{period}) ago|(?:hold|wait|bear|hang)(?: on)?(?: with me)?(?: for)? (?:one|an?) (?:minute|moment|second))\b"),
        format!(r"\bfirst thing (?:in the {PART_EN}|tomorrow(?: {PART_EN})?|(?:on )?{WEEKDAY}(?: {PART_EN})?)\b|\bin an? (?:day|week|month|year)'s time\b"),
        // within 2 business days, it takes 3 to 5 days.
        format!(r"\b(?:within|in|inside|under|less than|up to|at most|no more than|no longer than|a maximum of|takes?|taking|allow|give (?:it|us|me)|another|after) (?:(?:the|next|about|approximately|around|roughly|up|to|another|a maximum of|at most|the next) )*{period}\b"),
        format!(r"\b{period} (?:from (?:now|today|when)|at (?:the )?(?:latest|most)|max(?:imum)?|tops|or (?:less|sooner)|turnaround|later)\b"),
        format!(r"\b{number}[ -](?:hour|day|minute|business day)s? (?:turnaround|response|callback|reply|window)\b"),
        // by noon tomorrow, before Friday, no later than the 5th.
        format!(r"\b(?:by|before|no later than|not later than|until|till|on or before|at the latest by) (?:the )?{point}\b"),
        // today before 6: the day says that the bare number is an hour.
        format!(r"\b(?:on )?(?:{day}|today) (?:at|by|before|around) \d+(?: ?(?:a ?m|p ?m|o'clock)|:\d+)?\b"),
        // tomorrow at 3 pm, on Monday, at 5 o'clock.
        format!(r"\b(?:(?:on|at|around|about) )?(?:{day}(?: {PART_EN})?(?: (?:at|by|before|around) {CLOCK_EN})?|{CLOCK_EN}(?: (?:on )?(?:{day}|today))?)\b"),
        format!(r"\bon {date}\b|\b{MONTH} (?:the )?{ordinal}\b"),
        r"\b(?:same[ -]day|overnight|next[ -](?:business|working)[ -]day|next[ -]day|end of (?:the )?(?:day|week|month)|close of business)\b".to_owned(),
    ]
    .join("|")
}

const VAGUE_EN: &str = r"\b(?P<not>(?:see|talk to|speak to|speak with) you (?:soon|later|then)|no later than|not later than|sooner or later|how soon|days? later|weeks? later|hours? later|months? later|years? later)\b|\
\b(?:as soon as (?:possible|we can|i can|they can|she can|he can|it's possible|practicable)|asap|a s a p)\b|\b(?P<not2>as soon as)\b|\
\b(?:soon|shortly|right away|straight away|immediately|momentarily|promptly|in (?:just )?an? (?:minute|min|moment|second|sec|bit|while|little while|little bit|jiffy)|\
in due course|in due time|at some point|some ?time|later(?: on| today)?|eventually|one of these days|another time|\
when(?:ever)? (?:we|i|they|he|she|you|it) (?:can|could|get a chance|gets a chance|have time|has time|get to it|gets to it|hear back|hear anything)|\
when (?:possible|available|ready|there's news|we know more)|(?:once|when) (?:we|i) (?:know more|have (?:news|an update|more information)|hear)|\
at (?:the|your|our|my|their) earliest(?: convenience| opportunity)?|before (?:too )?long|in the (?:near|not too distant) future|in the (?:coming|next|following) (?:days|weeks|hours|months)|(?:won't|not) (?:take|be) (?:too |very |that )?long|any (?:day|time|minute|moment) now|\
(?:in )?(?:the )?(?:next|coming|following) (?:few|couple of|several) (?:minutes|hours|days|weeks|months)|(?:in |within )?an? (?:few|couple|couple of|number of) (?:more )?(?:minutes|moments|hours|days|weeks|months)|\
as (?:quickly|fast|early|promptly) as (?:possible|we can|i can|they can)|down the (?:road|line)|in no time|until further notice|as a matter of urgency|when the time comes|in (?:good|its own) time|down the track)\b";

pub(super) fn patterns() -> Vec<(EntityKind, String)> {
    vec![
        (EntityKind::DefiniteTime, definite_zh()),
        (EntityKind::DefiniteTime, definite_en()),
        (EntityKind::VagueTime, VAGUE_ZH.to_owned()),
        (EntityKind::VagueTime, VAGUE_EN.replace("\\\n", "")),
    ]
}
