//! Personal data in generated texts: numbers that are valid and numbers that are not, in every notation
//! people use. All valid ones must be found, and nothing else.
//!
//! The generator is seeded: a failure names its text, and comes back on every run.

use lingting::domain::*;
use lingting::text::pii;

/// Texts of each kind.
const TEXTS: usize = 400;

/// A small generator of random numbers (SplitMix64), so that every run draws the same.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }
}

fn luhn_digit(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0') * if i % 2 == 0 { 2 } else { 1 };
            d / 10 + d % 10
        })
        .sum();
    char::from(b'0' + ((10 - sum % 10) % 10) as u8)
}

fn card(draw: &mut Draw) -> (String, &'static [usize]) {
    let (lead, len, groups): (&str, usize, &'static [usize]) = match draw.below(5) {
        0 => ("4", 16, &[4, 4, 4, 4]),
        1 => ("53", 16, &[4, 4, 4, 4]),
        2 => ("37", 15, &[4, 6, 5]),
        3 => ("6222", 16, &[4, 4, 4, 4]),
        _ => ("6217", 19, &[4, 4, 4, 4, 3]),
    };
    let body = format!("{lead}{}", draw.digits(len - 1 - lead.len()));
    (format!("{body}{}", luhn_digit(&body)), groups)
}

fn id_check(body: &str) -> char {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
    b"10X98765432"[(sum % 11) as usize].into()
}

fn id_card(draw: &mut Draw) -> String {
    let area = draw.one_of(&["110105", "310104", "440305", "510107", "110199", "650102"]);
    let (year, month, day) = (draw.between(1940, 2015), draw.between(1, 12), draw.between(1, 28));
    let body = format!("{area}{year}{month:02}{day:02}{}", draw.digits(3));
    format!("{body}{}", id_check(&body))
}

fn mobile(draw: &mut Draw) -> String {
    format!("1{}{}", draw.between(3, 9), draw.digits(9))
}

fn nanp(draw: &mut Draw) -> String {
    let area = draw.one_of(&["202", "415", "312", "646", "512", "917"]);
    format!("{area}{}{}", draw.between(2, 9), draw.digits(6))
}

fn ssn(draw: &mut Draw) -> String {
    let area = draw.between(1, 665);
    format!("{area:03}{:02}{:04}", draw.between(1, 99), draw.between(1, 9999))
}

/// Cuts digits into groups.
fn cut(digits: &str, groups: &[usize]) -> Vec<String> {
    let mut rest = digits;
    let mut out = Vec::new();
    for &len in groups {
        let (head, tail) = rest.split_at(len);
        out.push(head.to_owned());
        rest = tail;
    }
    if !rest.is_empty() {
        out.push(rest.to_owned());
    }
    out
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_digit() {
                char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap()
            } else {
                c
            }
        })
        .collect()
}

fn in_hanzi(draw: &mut Draw, digits: &str) -> String {
    let one = draw.one_of(&["一", "幺"]);
    let zero = draw.one_of(&["零", "零", "洞", "〇"]);
    // 洞 is army and pilots' use: with it go 幺 and the others.
    let name = |c: char| match c {
        '0' => zero,
        '1' => one,
        'X' => "叉",
        c => ["二", "三", "四", "五", "六", "七", "八", "九"][c as usize - '2' as usize],
    };
    digits.chars().map(name).collect()
}

/// As Chinese say or write it.
fn chinese(draw: &mut Draw, digits: &str, groups: &[usize]) -> String {
    let grouped = cut(digits, groups);
    match draw.below(8) {
        0 => digits.to_owned(),
        1 => grouped.join("-"),
        2 => grouped.join(" "),
        3 => full_width(digits),
        4 => in_hanzi(draw, digits),
        5 => {
            let said: Vec<String> = grouped.iter().map(|group| in_hanzi(draw, group)).collect();
            said.join("，")
        }
        6 => {
            let said: Vec<String> = grouped.iter().map(|group| in_hanzi(draw, group)).collect();
            said.join("，嗯，")
        }
        _ => digits.chars().map(String::from).collect::<Vec<_>>().join(" "),
    }
}

/// A group as English speakers say it: digit by digit, "double", "triple", "oh".
fn in_words(draw: &mut Draw, digits: &str) -> String {
    let zero = draw.one_of(&["zero", "oh"]);
    let names = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let name = |c: char| if c == '0' { zero } else { names[c as usize - '0' as usize] };
    let chars: Vec<char> = digits.chars().collect();
    let mut out: Vec<String> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let run = chars[i..].iter().take_while(|&&c| c == chars[i]).count().min(3);
        let joined = if draw.below(2) == 0 { run } else { 1 };
        out.push(match joined {
            2 => format!("double {}", name(chars[i])),
            3 => format!("triple {}", name(chars[i])),
            _ => name(chars[i]).to_owned(),
        });
        i += joined;
    }
    out.join(" ")
}

fn english(draw: &mut Draw, digits: &str, groups: &[usize]) -> String {
    let grouped = cut(digits, groups);
    let spoken = |draw: &mut Draw| grouped.iter().map(|g| in_words(draw, g)).collect::<Vec<_>>();
    match draw.below(6) {
        0 => grouped.join("-"),
        1 => grouped.join(" "),
        2 => grouped.join("."),
        3 => spoken(draw).join(", "),
        4 => spoken(draw).join(" "),
        _ => grouped.join(", "),
    }
}

fn found(text: &str) -> Vec<&'static str> {
    let utterance = Utterance {
        id: 0,
        leg: LegIx(1),
        speaker: 1,
        party: Party::Customer,
        span: Span::from_ms(0, 20_000).unwrap(),
        text: Sensitive::from(text),
        confidence: 1.0,
        words: vec![],
    };
    pii::find(&[utterance]).iter().map(|one| one.kind.as_str()).collect()
}

/// All texts of a seeded series must give just these kinds.
#[track_caller]
fn check(seed: u64, wanted: &[&str], text: impl Fn(&mut Draw) -> String) {
    let mut draw = Draw(seed);
    let mut wrong = Vec::new();
    for _ in 0..TEXTS {
        let text = text(&mut draw);
        let got = found(&text);
        if got != wanted {
            wrong.push(format!("{text}  ->  {got:?}"));
        }
    }
    let share = wrong.len() as f64 / TEXTS as f64;
    wrong.truncate(12);
    assert!(wrong.is_empty(), "wrong in {share:.3}, not {wanted:?}:\n{}", wrong.join("\n"));
}

const OPENINGS: &[&str] = &["", "我的是", "嗯好的，", "您记一下，", "对，就是"];
const ENDINGS: &[&str] = &["", "。", "，谢谢", "，对吗？", " 好的"];

#[test]
fn chinese_telephones() {
    check(1, &["phone"], |draw| {
        let announced =
            draw.one_of(&["", "我手机号是", "联系电话", "您的电话是", "回拨这个号码：", "号码是"]);
        let prefix = draw.one_of(&["", "", "", "+86 ", "86-"]);
        let number = mobile(draw);
        let said = chinese(draw, &number, &[3, 4, 4]);
        let prefix = if said.starts_with(|c: char| c.is_ascii_digit()) { prefix } else { "" };
        format!("{announced}{prefix}{said}{}", draw.one_of(ENDINGS))
    });
    check(2, &["phone"], |draw| {
        let code = draw.one_of(&["010", "021", "0571", "0755", "028"]);
        let number = format!("{code}{}{}", draw.between(2, 8), draw.digits(7));
        let said = chinese(draw, &number, &[code.len(), 4, 4]);
        format!("{}{said}{}", draw.one_of(&["座机是", "", "办公电话"]), draw.one_of(ENDINGS))
    });
}

#[test]
fn identity_cards() {
    check(3, &["id_card"], |draw| {
        let announced = draw.one_of(&["", "身份证号", "证件号码是", "我身份证", "患者的是"]);
        let number = id_card(draw);
        let said = chinese(draw, &number, &[6, 4, 4, 4]);
        let said = if draw.below(2) == 0 { said.to_lowercase() } else { said };
        format!("{announced}{said}{}", draw.one_of(ENDINGS))
    });
}

#[test]
fn wrong_check_digits_are_no_identity_cards() {
    check(4, &[], |draw| {
        // Area 65 looks like a card's beginning, and every tenth row is right by Luhn's rule.
        let mut number = loop {
            let number = id_card(draw);
            if !number.starts_with('6') {
                break number;
            }
        };
        let right = number.pop().unwrap();
        let wrong = loop {
            let c = char::from(b'0' + draw.below(10) as u8);
            if c != right {
                break c;
            }
        };
        number.push(wrong);
        format!("{}{number}{}", draw.one_of(OPENINGS), draw.one_of(ENDINGS))
    });
    check(5, &[], |draw| {
        let body =
            format!("110105{}{:02}{:02}{}", draw.between(1950, 2010), 13, 32, draw.digits(3));
        format!("{}{body}{}", draw.one_of(OPENINGS), id_check(&body))
    });
}

#[test]
fn payment_cards() {
    check(6, &["bank_card"], |draw| {
        let announced = draw.one_of(&["", "卡号是", "银行卡", "我的信用卡号"]);
        let (number, groups) = card(draw);
        format!("{announced}{}{}", chinese(draw, &number, groups), draw.one_of(ENDINGS))
    });
    check(7, &["bank_card"], |draw| {
        let announced = draw.one_of(&["", "my card number is ", "It's ", "the full number is "]);
        let (number, groups) = card(draw);
        format!("{announced}{}.", english(draw, &number, groups))
    });
}

#[test]
fn rows_that_fail_luhn_are_no_cards() {
    check(8, &[], |draw| {
        let (mut number, groups) = card(draw);
        let right = number.pop().unwrap();
        number.push(char::from(b'0' + (right as u8 - b'0' + 1 + draw.below(9) as u8) % 10));
        if draw.below(2) == 0 {
            format!("{}{number}", draw.one_of(OPENINGS))
        } else {
            format!("It says {} here", cut(&number, groups).join(" "))
        }
    });
}

#[test]
fn social_security_numbers() {
    check(9, &["ssn"], |draw| {
        let announced = draw.one_of(&[
            "my social is ",
            "Social security number: ",
            "SSN ",
            "yes, my social security number is ",
        ]);
        let number = ssn(draw);
        format!("{announced}{}.", english(draw, &number, &[3, 2, 4]))
    });
    check(10, &["ssn"], |draw| {
        let number = ssn(draw);
        format!("{}{}", draw.one_of(&["", "It is ", "that's "]), cut(&number, &[3, 2, 4]).join("-"))
    });
    check(11, &[], |draw| {
        let number = match draw.below(4) {
            0 => format!("000{}", draw.digits(6)),
            1 => format!("666{}", draw.digits(6)),
            2 => format!("{}00{}", draw.between(100, 665), draw.between(1000, 9999)),
            _ => format!("{}{}0000", draw.between(100, 665), draw.between(10, 99)),
        };
        cut(&number, &[3, 2, 4]).join("-")
    });
}

#[test]
fn english_telephones() {
    check(12, &["phone"], |draw| {
        let announced = draw.one_of(&["", "my number is ", "call me at ", "the best number is "]);
        let number = nanp(draw);
        let said = if draw.below(4) == 0 {
            format!("({}) {}-{}", &number[..3], &number[3..6], &number[6..])
        } else {
            english(draw, &number, &[3, 3, 4])
        };
        let country = if said.starts_with('(') { draw.one_of(&["", "+1 "]) } else { "" };
        format!("{announced}{country}{said}{}", draw.one_of(&["", ".", ", thanks", " please"]))
    });
}

#[test]
fn card_security_codes() {
    check(13, &["cvv"], |draw| {
        let announced =
            draw.one_of(&["安全码是", "卡背面的三位数字是", "CVV", "cvv2是", "签名栏后面那三位"]);
        let code = draw.digits(3);
        let said = if draw.below(2) == 0 { in_hanzi(draw, &code) } else { code };
        format!("{announced}{said}{}", draw.one_of(ENDINGS))
    });
    check(14, &["cvv"], |draw| {
        let announced = draw.one_of(&[
            "the security code is ",
            "CVV is ",
            "the three digits on the back are ",
            "my CVC: ",
        ]);
        let code = draw.digits(3);
        let said = if draw.below(2) == 0 { in_words(draw, &code) } else { code };
        format!("{announced}{said}.")
    });
}

#[test]
fn mail_addresses() {
    check(15, &["email"], |draw| {
        let name = draw.one_of(&["zhang.san", "li_si", "a1b2", "wang-wu88", "john.smith"]);
        let host =
            draw.one_of(&["qq.com", "163.com", "gmail.com", "corp.example.com", "abc.com.cn"]);
        let before = draw.one_of(&["", "邮箱是", "my email is ", "发到", "Email: "]);
        format!(
            "{before}{name}{}@{host}{}",
            draw.below(100),
            draw.one_of(&["", "。", " thanks", "，"])
        )
    });
    check(16, &["email"], |draw| {
        let (at, dot) = if draw.below(2) == 0 { ("艾特", "点") } else { (" at ", " dot ") };
        let host = draw.one_of(&["qq", "gmail", "163", "outlook"]);
        let name = draw.one_of(&["zhangsan", "lisi88", "mary", "bob7"]);
        format!("my mail is {name}{at}{host}{dot}com")
    });
}

#[test]
fn other_chinese_numbers_are_left_alone() {
    check(20, &[], |draw| {
        let (hour, minute, month, day) =
            (draw.below(24), draw.below(60), draw.between(1, 12), draw.between(1, 28));
        let year = draw.between(1990, 2029);
        match draw.below(16) {
            0 => {
                let len = draw.between(8, 12);
                format!("订单号{}", draw.digits(len))
            }
            1 => format!("订单编号是{}，麻烦查一下", mobile(draw)),
            2 => format!("一共{}.{}元", draw.between(1, 99_999), draw.digits(2)),
            3 => format!("余额{}元", draw.between(100_000, 99_999_999)),
            4 => format!("{year}年{month}月{day}日{hour}点{minute}分"),
            5 => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}", draw.below(60)),
            6 => format!("{year}{month:02}{day:02}下的单"),
            7 => format!("邮编{}", draw.digits(6)),
            8 => format!("快递单号SF{}", draw.digits(13)),
            9 => format!(
                "请拨打{}",
                draw.one_of(&["95588", "10086", "400-800-1234", "12315", "110"])
            ),
            10 => format!("工号{}为您服务", draw.digits(4)),
            11 => {
                let day = draw.digits(2);
                format!("{}个工作日", in_hanzi(draw, &day))
            }
            12 => {
                format!("{}号楼{}单元{}室", draw.below(40), draw.below(6), draw.between(101, 2901))
            }
            13 => format!("验证码{}请勿泄露", draw.digits(6)),
            14 => format!("尾号{}的卡", draw.digits(4)),
            _ => format!("电表读数{}度", draw.digits(8)),
        }
    });
}

#[test]
fn other_english_numbers_are_left_alone() {
    check(21, &[], |draw| {
        let (hour, minute) = (draw.between(1, 12), draw.below(60));
        match draw.below(13) {
            0 => format!("my order number is {}", draw.digits(10)),
            1 => format!("order {}", nanp(draw)),
            2 => format!("that's ${}.{}", draw.between(1, 9_999_999), draw.digits(2)),
            3 => format!("{},{} dollars", draw.between(1, 999), draw.between(100, 999)),
            4 => format!("on March {} {}", draw.between(1, 28), draw.between(1990, 2029)),
            5 => format!(
                "{}-{:02}-{:02}",
                draw.between(1990, 2029),
                draw.between(1, 12),
                draw.between(1, 28)
            ),
            6 => format!("from {hour}:{minute:02} to {}:30", draw.between(1, 12)),
            7 => format!("ZIP code {}", draw.digits(5)),
            8 => format!("tracking number 1Z{}", draw.digits(10)),
            9 => format!("call us at 1-800-{}-{}", draw.between(200, 999), draw.digits(4)),
            10 => format!("account number {}", draw.digits(9)),
            11 => format!("the meter reading is {}", draw.digits(8)),
            _ => format!("the card ending in {}", draw.digits(4)),
        }
    });
}

/// A number said piece by piece, with the other party's "嗯" between, and read back at the end.
fn told_in_turns(draw: &mut Draw, number: &str, groups: &[usize], zh: bool) -> Vec<Utterance> {
    let nods: &[&str] =
        if zh { &["嗯", "嗯嗯", "好", "对"] } else { &["uh", "mm", "okay", "right"] };
    let mut lines: Vec<(u8, String)> = Vec::new();
    let ask = if zh { "请报一下您的电话" } else { "What is the phone number?" };
    lines.push((0, ask.to_owned()));
    for (ix, group) in cut(number, groups).iter().enumerate() {
        if ix > 0 && draw.below(3) > 0 {
            lines.push((0, draw.one_of(nods).to_owned()));
        }
        lines.push((1, if zh { in_hanzi(draw, group) } else { in_words(draw, group) }));
    }
    let said = if zh { in_hanzi(draw, number) } else { in_words(draw, number) };
    let back = if zh {
        format!("我跟您核对一下，{said}，对吗？")
    } else {
        format!("So that's {said}?")
    };
    lines.push((0, back));
    let one = |(id, (leg, text)): (usize, &(u8, String))| Utterance {
        id: id as u32,
        leg: LegIx(*leg),
        speaker: *leg,
        party: if *leg == 0 { Party::Agent } else { Party::Customer },
        span: Span::from_ms(2500 * id as u64, 2500 * id as u64 + 2000).unwrap(),
        text: Sensitive::from(text.as_str()),
        confidence: 1.0,
        words: vec![],
    };
    lines.iter().enumerate().map(one).collect()
}

#[test]
fn numbers_over_several_turns_and_read_back() {
    let mut draw = Draw(30);
    let mut wrong = Vec::new();
    for round in 0..TEXTS {
        let zh = round % 2 == 0;
        let lines = if zh {
            let number = mobile(&mut draw);
            told_in_turns(&mut draw, &number, &[3, 4, 4], true)
        } else {
            let number = nanp(&mut draw);
            told_in_turns(&mut draw, &number, &[3, 3, 4], false)
        };
        let found = pii::find(&lines);
        let got: Vec<_> = found.iter().map(|one| (one.kind.as_str(), one.leg.0)).collect();
        if got != [("phone", 1), ("phone", 0)] {
            let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            wrong.push(format!("{} -> {got:?}", texts.join(" / ")));
        }
    }
    let count = wrong.len();
    wrong.truncate(12);
    assert!(wrong.is_empty(), "{count} wrong:\n{}", wrong.join("\n"));
}
