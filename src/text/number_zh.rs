//! Numbers said in Chinese, alone or mixed with digits: 四十八, 1万2千, 百分之五, 幺九九.
//!
//! In: lexemes from some point on. Out: the number that starts there, in digits, or none. Fixed
//! words that hold a numeral without counting (一起, 万一, 星期一) are no numbers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::fold::COMMON_HANZI;
use super::lex::{Gap, LexKind, Lexeme};
use super::token::Number;

/// Words whose numeral does not count anything. Longer ones first where one starts another.
const FIXED: &str = "\
    一模一样 一心一意 一清二楚 一五一十 一五一拾 三心二意 乱七八糟 七上八下 \
    三番五次 三三两两 三言两语 四面八方 五花八门 接二连三 丢三落四 不三不四 \
    颠三倒四 说一不二 独一无二 五险一金 七七八八 一方面 一系列 一部分 进一步 \
    二维码 一下 一起 一直 一定 一般 一样 一些 一会 一边 一旦 一切 一致 一向 \
    一律 一概 一路 一手 一如 一并 一再 一番 一共 一时 一流 一味 一贯 一来 \
    一面 一体 一两 两三 统一 唯一 惟一 万一 之一 单一 专一 逐一 同一 \
    不一 老幺 零售 零食 零件 零钱 零星 二手 两者";

/// Fixed unless one of these characters follows: 十分 but 十分钟, 一点 but 一点半.
const FIXED_UNLESS: &[(&str, &str)] =
    &[("十分", "钟之"), ("一点", "半钟零一二三四五六七八九十之前左整到")];

const WEEK: &[&str] = &["星期", "礼拜", "周"];

/// The fixed words that begin with a character, in the order of the list.
fn fixed_from(first: char) -> &'static [&'static str] {
    static WORDS: OnceLock<BTreeMap<char, Vec<&str>>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut words: BTreeMap<char, Vec<&str>> = BTreeMap::new();
        for word in FIXED.split(' ') {
            words.entry(word.chars().next().unwrap_or(' ')).or_default().push(word);
        }
        words
    });
    words.get(&first).map_or(&[], Vec::as_slice)
}

/// Whether a fixed word of any kind begins with a character: few do, and every character is asked about.
fn may_be_fixed(first: char) -> bool {
    const COMMON: usize = *COMMON_HANZI.end() as usize - *COMMON_HANZI.start() as usize + 1;
    static FIRSTS: OnceLock<Vec<bool>> = OnceLock::new();
    let firsts = FIRSTS.get_or_init(|| {
        let mut firsts = vec![false; COMMON];
        let others = FIXED_UNLESS.iter().map(|(word, _)| *word).chain(WEEK.iter().copied());
        for c in FIXED.split(' ').chain(others).filter_map(|word| word.chars().next()) {
            firsts[c as usize - *COMMON_HANZI.start() as usize] = true;
        }
        firsts
    });
    let at = u32::from(first).checked_sub(u32::from(*COMMON_HANZI.start()));
    at.is_some_and(|at| firsts.get(at as usize).copied().unwrap_or(false))
}

/// How many lexemes a fixed word takes that starts here; 0 when none does.
pub(super) fn fixed_len(rest: &[Lexeme], before: Option<&Lexeme>) -> usize {
    let hanzi = |i: usize| {
        rest.get(i).filter(|lexeme| i == 0 || lexeme.gap == Gap::None).and_then(Lexeme::hanzi)
    };
    let Some(first) = hanzi(0).filter(|&first| may_be_fixed(first)) else { return 0 };
    let starts = |word: &str| {
        word.starts_with(first) && word.chars().enumerate().all(|(i, c)| hanzi(i) == Some(c))
    };
    // 三万一: what follows a numeral belongs to it (`二十一起` is rare and read the same on both sides).
    let counts = before.is_some_and(|lexeme| {
        lexeme.kind == LexKind::Digits || lexeme.hanzi().is_some_and(|c| digit(c).is_some())
    });
    if counts && power(first).is_some() {
        return 0;
    }
    if let Some(word) = fixed_from(first).iter().find(|word| starts(word)) {
        return word.chars().count();
    }
    for (word, unless) in FIXED_UNLESS {
        let len = word.chars().count();
        if starts(word) && !hanzi(len).is_some_and(|c| unless.contains(c)) {
            return len;
        }
    }
    for word in WEEK {
        let len = word.chars().count();
        if starts(word) && hanzi(len).is_some_and(|c| "一二三四五六".contains(c)) {
            return len + 1;
        }
    }
    0
}

/// The digit that a character reads as, with the names for digits used on the telephone.
pub(super) const fn digit(c: char) -> Option<char> {
    Some(match c {
        '零' | '洞' => '0',
        '一' | '幺' => '1',
        '二' | '两' => '2',
        '三' => '3',
        '四' => '4',
        '五' => '5',
        '六' => '6',
        '七' | '拐' => '7',
        '八' => '8',
        '九' => '9',
        _ => return None,
    })
}

/// The power of ten of a unit.
const fn power(c: char) -> Option<u32> {
    Some(match c {
        '十' => 1,
        '百' => 2,
        '千' => 3,
        '万' => 4,
        '亿' => 8,
        _ => return None,
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Digit(char),
    Unit(u32),
    Point,
    Written(String),
}

impl Item {
    fn of(lexeme: &Lexeme) -> Option<Self> {
        if lexeme.kind == LexKind::Digits {
            return Some(Item::Written(lexeme.text.to_string()));
        }
        let c = lexeme.hanzi()?;
        let point = (c == '点').then_some(Item::Point);
        digit(c).map(Item::Digit).or(power(c).map(Item::Unit)).or(point)
    }

    /// One digit, said or written.
    fn is_single(&self) -> bool {
        match self {
            Item::Digit(_) => true,
            Item::Written(text) => text.len() == 1,
            Item::Unit(_) | Item::Point => false,
        }
    }

    fn is_digits(&self) -> bool {
        match self {
            Item::Digit(_) => true,
            Item::Written(text) => text.bytes().all(|b| b.is_ascii_digit()),
            Item::Unit(_) | Item::Point => false,
        }
    }

    fn push_to(&self, text: &mut String) {
        match self {
            Item::Digit(c) => text.push(*c),
            Item::Written(digits) => text.push_str(digits),
            Item::Unit(_) | Item::Point => {}
        }
    }
}

/// The items that stand together here. Single digits may stand apart: `8 0 2 6`.
fn items(rest: &[Lexeme]) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    for (i, lexeme) in rest.iter().enumerate() {
        let Some(item) = Item::of(lexeme) else { break };
        let apart = lexeme.gap == Gap::Space && out.last().is_some_and(Item::is_single);
        if i > 0 && lexeme.gap != Gap::None && !(apart && item.is_single()) {
            break;
        }
        out.push(item);
    }
    out
}

/// Reads the number that starts here. A lexeme of digits alone is left as it is.
pub(super) fn read(rest: &[Lexeme]) -> Option<Number> {
    let hanzi = |i: usize| rest.get(i).and_then(Lexeme::hanzi);
    if hanzi(0) == Some('百') && hanzi(1) == Some('分') {
        return percent(rest);
    }
    Item::of(rest.first()?)?;
    let mut items = items(rest);
    // 洞 and 拐 are a hole and a turn, unless they stand in a row of digits.
    let row = items.iter().take_while(|item| item.is_digits()).count();
    let slang = |i: usize| matches!(hanzi(i), Some('洞' | '拐'));
    if row < 4
        && let Some(at) = (0..items.len()).find(|&i| slang(i))
    {
        items.truncate(at);
    }
    if items.len() == 1 && (hanzi(0) == Some('幺') || hanzi(0).is_none()) {
        return None;
    }
    let minutes = |used: usize| hanzi(used) == Some('分');
    let (digits, lexemes) = decimal(&items, minutes).or_else(|| whole(&items))?;
    let alone = lexemes == 1 && hanzi(0).is_none();
    (!alone).then_some(Number { digits, lexemes })
}

/// 百分之五, 百分百.
fn percent(rest: &[Lexeme]) -> Option<Number> {
    let hanzi = |i: usize| rest.get(i).and_then(Lexeme::hanzi);
    match hanzi(2)? {
        '百' => Some(Number { digits: "100%".into(), lexemes: 3 }),
        '之' => {
            if hanzi(3) == Some('百') {
                return Some(Number { digits: "100%".into(), lexemes: 4 });
            }
            let items = items(&rest[3..]);
            let (digits, used) = decimal(&items, |_| false).or_else(|| whole(&items))?;
            Some(Number { digits: format!("{}%", digits.trim_end_matches('%')), lexemes: 3 + used })
        }
        _ => None,
    }
}

/// 三点五, 1.5万, 零点零五. Not the time of day: 三点五分, 八点零五, 三点五十.
fn decimal(items: &[Item], minutes: impl Fn(usize) -> bool) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut used = match items.first()? {
        Item::Written(written) if written.contains('.') && !written.ends_with('%') => {
            text.push_str(written);
            1
        }
        _ => {
            let point = items.iter().position(|item| *item == Item::Point)?;
            let (before, _) = whole(&items[..point]).filter(|&(_, used)| used == point)?;
            let after = items[point + 1..].iter().take_while(|item| item.is_digits()).count();
            let end = point + 1 + after;
            let zero_first = matches!(items.get(point + 1), Some(Item::Digit('0')));
            let small_unit = matches!(items.get(end), Some(Item::Unit(1..=3)));
            if after == 0 || small_unit || minutes(end) || (zero_first && before != "0") {
                return None;
            }
            text = before + ".";
            items[point + 1..end].iter().for_each(|item| item.push_to(&mut text));
            end
        }
    };
    if let Some(Item::Unit(power @ 2..)) = items.get(used) {
        text = shifted(&text, *power)?;
        used += 1;
    }
    Some((text, used))
}

/// `1.5` shifted by 4 is `15000`.
fn shifted(decimal: &str, power: u32) -> Option<String> {
    let (before, after) = decimal.split_once('.')?;
    let zeros = (power as usize).checked_sub(after.len())?;
    let text = format!("{before}{after}{}", "0".repeat(zeros));
    let trimmed = text.trim_start_matches('0');
    Some(if trimmed.is_empty() { "0".into() } else { trimmed.to_owned() })
}

/// A row of digits, or a value with units.
fn whole(items: &[Item]) -> Option<(String, usize)> {
    let row = items.iter().take_while(|item| item.is_digits()).count();
    let unit_follows = matches!(items.get(row), Some(Item::Unit(_)));
    match (row, unit_follows) {
        (0 | 1, true) if items.first() != Some(&Item::Digit('0')) => value(items),
        (0, _) => None,
        // 三四十: about thirty or forty.
        (2, true) if matches!(items[0], Item::Digit(_)) => None,
        _ => {
            let mut text = String::new();
            items[..row].iter().for_each(|item| item.push_to(&mut text));
            Some((text, row))
        }
    }
}

/// 一百二十万零五百, 三百二, 1万2千.
fn value(items: &[Item]) -> Option<(String, usize)> {
    let mut read = Value { unit_small: u32::MAX, unit_big: u32::MAX, ..Value::default() };
    let mut used = 0;
    for (i, item) in items.iter().enumerate() {
        if !read.take(item) {
            break;
        }
        // A zero counts only with what follows it.
        if *item != Item::Digit('0') {
            used = i + 1;
        }
    }
    (used > 0).then(|| (read.finish().to_string(), used))
}

/// A value being read. Units fall: within a section 千 百 十, over the sections 亿 万.
#[derive(Default)]
struct Value {
    total: u128,
    section: u128,
    coefficient: Option<u128>,
    unit_small: u32,
    unit_big: u32,
    /// The power of the last unit, for 三百二; zero after 零.
    unit_last: u32,
}

impl Value {
    fn take(&mut self, item: &Item) -> bool {
        match item {
            Item::Digit('0') => {
                self.unit_last = 0;
                self.coefficient.is_none()
            }
            Item::Digit(c) => self.coefficient(c.to_digit(10).map(u128::from)),
            Item::Written(text) => self.coefficient(
                (text.len() <= 12 && self.section == 0)
                    .then(|| text.parse().ok())
                    .flatten()
                    .or_else(|| (text.len() == 1).then(|| text.parse().ok()).flatten()),
            ),
            Item::Unit(power @ 1..4) => self.small(*power),
            Item::Unit(power) => self.big(*power),
            Item::Point => false,
        }
    }

    fn coefficient(&mut self, value: Option<u128>) -> bool {
        if self.coefficient.is_some() || self.unit_small == 1 || value.is_none() {
            // After 十 only a digit: 十五.
            if !(self.unit_small == 1 && self.coefficient.is_none() && value.is_some()) {
                return false;
            }
        }
        self.coefficient = value;
        true
    }

    fn small(&mut self, power: u32) -> bool {
        let implied = (power == 1).then_some(1);
        let Some(coefficient) = self.coefficient.or(implied) else { return false };
        if power >= self.unit_small {
            return false;
        }
        self.section += coefficient * 10u128.pow(power);
        self.coefficient = None;
        (self.unit_small, self.unit_last) = (power, power);
        true
    }

    fn big(&mut self, power: u32) -> bool {
        let section = self.section + self.coefficient.unwrap_or(0);
        if section == 0 || power >= self.unit_big {
            return false;
        }
        self.total += section * 10u128.pow(power);
        (self.section, self.coefficient) = (0, None);
        (self.unit_small, self.unit_big, self.unit_last) = (u32::MAX, power, power);
        true
    }

    fn finish(self) -> u128 {
        let last = self.coefficient.unwrap_or(0) * 10u128.pow(self.unit_last.saturating_sub(1));
        self.total + self.section + last
    }
}

/// The canonical reading of a number, for tests.
#[cfg(test)]
pub(super) fn spoken(value: u64) -> String {
    fn below(value: u64, units: &[(u64, &str)], zero_before: bool, out: &mut String) {
        let names = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        let mut gap = zero_before;
        let mut rest = value;
        for &(size, name) in units {
            let (count, left) = (rest / size, rest % size);
            rest = left;
            if count == 0 {
                gap |= !out.is_empty();
                continue;
            }
            if gap && !out.is_empty() {
                out.push('零');
            }
            gap = false;
            if size >= 10_000 {
                let mut inner = String::new();
                below(count, &[(1000, "千"), (100, "百"), (10, "十"), (1, "")], false, &mut inner);
                out.push_str(&inner);
            } else {
                out.push_str(names[count as usize]);
            }
            out.push_str(name);
        }
    }
    let mut out = String::new();
    let units =
        [(100_000_000, "亿"), (10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")];
    below(value, &units, false, &mut out);
    out
}
