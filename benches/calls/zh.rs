//! Chinese calls.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use lingting::domain::Party;
use pinyin::ToPinyin;

use super::zh_words::*;
use super::{Dice, Line, Scene};

pub(super) fn client(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(&COMPANY_HEAD), dice.pick(&COMPANY_TAIL))
}

fn letter(list: &str, dice: &mut Dice) -> char {
    let count = list.chars().count();
    list.chars().nth(dice.below(count)).unwrap()
}

fn name(dice: &mut Dice) -> String {
    let mut out = String::from(letter(SURNAMES, dice));
    for _ in 0..1 + dice.below(2) {
        out.push(letter(GIVEN, dice));
    }
    out
}

fn filled(template: &str, dice: &mut Dice) -> String {
    let mut out = template.to_owned();
    while let Some(start) = out.find('{') {
        let end = start + out[start..].find('}').unwrap() + 1;
        let value = match &out[start..end] {
            "{when}" => dice.pick(&WHEN).to_owned(),
            "{place}" => dice.pick(&PLACES).to_owned(),
            "{goods}" => dice.pick(&GOODS).to_owned(),
            "{name}" => name(dice),
            "{amount}" => format!("{}.{}", 1 + dice.below(9000), dice.digits(2)),
            "{n}" => (1 + dice.below(72)).to_string(),
            "{d4}" => dice.digits(4),
            "{d8}" => dice.digits(8),
            other => panic!("{other}"),
        };
        out.replace_range(start..end, &value);
    }
    out
}

fn story(dice: &mut Dice) -> String {
    let (when, goods, wrong) = (dice.pick(&WHEN), dice.pick(&GOODS), dice.pick(&WENT_WRONG));
    match dice.below(9) {
        0 => format!("我{when}买的{goods}{wrong}"),
        1 => format!("{}{when}在{}那边，{goods}{wrong}", dice.pick(&FILLERS), dice.pick(&PLACES)),
        2 => format!("{goods}{when}就{wrong}，{}", dice.pick(&FEELING)),
        3 => format!("我姓{}，{when}订的{goods}", letter(SURNAMES, dice)),
        4 => format!("{}，{}，{}", dice.pick(&FEELING), dice.pick(&FILLERS), dice.pick(&REQUEST)),
        5 => format!("我的手机号是199{}", dice.digits(8)),
        6 => format!("订单号是{}，{}", dice.digits(10), dice.pick(&REQUEST)),
        7 => format!(
            "{}花了{}块钱，{wrong}，{}",
            dice.pick(&FILLERS),
            9 + dice.below(8000),
            dice.pick(&REQUEST)
        ),
        _ => format!("{}{}，{}", dice.pick(&FILLERS), wrong, dice.pick(&REQUEST)),
    }
}

fn customer(dice: &mut Dice) -> String {
    if dice.chance(34) {
        return dice.pick(&SHORT).to_owned();
    }
    let mut out = story(dice);
    if dice.chance(12) {
        out += "，";
        out += &story(dice);
    }
    out + if dice.chance(30) { "？" } else { "。" }
}

fn agent(dice: &mut Dice) -> String {
    if dice.chance(24) {
        return dice.pick(&SHORT).to_owned();
    }
    let mut parts = Vec::new();
    if dice.chance(20) {
        parts.push(dice.pick(&SOOTHE).to_owned());
    }
    parts.push(filled(dice.pick(&CHECK), dice));
    if dice.chance(12) {
        parts.push(format!("关于{}{}的问题", name(dice), dice.pick(&GOODS)));
    }
    if dice.chance(1) {
        parts.push(dice.pick(&BAD).to_owned());
    }
    parts.join("，") + if dice.chance(25) { "？" } else { "。" }
}

fn greeting(scene: &Scene, dice: &mut Dice) -> String {
    let (client, number) = (&scene.client, dice.digits(4));
    match (scene.outbound, dice.below(4)) {
        (true, 0) => format!("您好，我是{client}的客服，工号{number}，请问是{}吗？", name(dice)),
        (true, 1) => format!("您好，这里是{client}，给您来电是想做一个回访，您现在方便吗？"),
        (true, _) => {
            format!("喂，您好，{client}这边有个{}的活动想跟您介绍一下。", dice.pick(&GOODS))
        }
        (false, 0) => format!("您好，{client}客服中心，工号{number}，请问有什么可以帮您？"),
        (false, 1) => format!("您好，欢迎致电{client}，工号{number}很高兴为您服务，请讲。"),
        (false, 2) => format!("喂，{client}，什么事？"),
        (false, _) => format!("上午好，这里是{client}售后，我是{number}号，请问您需要什么帮助？"),
    }
}

fn farewell(scene: &Scene, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => "请问还有其他可以帮您的吗？感谢您的来电，祝您生活愉快，再见。".to_owned(),
        1 => format!("那好的，感谢您致电{}，{}先生再见。", scene.client, letter(SURNAMES, dice)),
        2 => "好，那先这样，拜拜。".to_owned(),
        _ => format!("稍后请您对我的服务做个评价，{}，祝您愉快。", dice.pick(&SOOTHE)),
    }
}

/// Characters that sound the same, for hearing wrong.
fn alike() -> &'static BTreeMap<char, Vec<char>> {
    static ALIKE: OnceLock<BTreeMap<char, Vec<char>>> = OnceLock::new();
    ALIKE.get_or_init(|| {
        let lists = [&PLACES[..], &GOODS, &WHEN, &WENT_WRONG, &REQUEST, &FEELING, &CHECK, &SOOTHE];
        let all: String = lists.concat().concat() + SURNAMES + GIVEN;
        let mut by_sound: BTreeMap<&str, Vec<char>> = BTreeMap::new();
        for c in all.chars() {
            if let Some(sound) = c.to_pinyin() {
                let known = by_sound.entry(sound.plain()).or_default();
                if !known.contains(&c) {
                    known.push(c);
                }
            }
        }
        let mut out = BTreeMap::new();
        for group in by_sound.values().filter(|group| group.len() > 1) {
            for &c in group {
                out.insert(c, group.iter().copied().filter(|&other| other != c).collect());
            }
        }
        out
    })
}

/// One character in thirty is heard as another that sounds the same.
fn misheard(text: String, dice: &mut Dice) -> String {
    let hear = |c: char| match alike().get(&c) {
        Some(others) if dice.below(30) == 0 => others[dice.below(others.len())],
        _ => c,
    };
    text.chars().map(hear).collect()
}

pub(super) fn lines(scene: &Scene, dice: &mut Dice) -> Vec<Line> {
    let mut out = Vec::with_capacity(scene.utterances);
    let mut party = Party::Agent;
    for ix in 0..scene.utterances {
        let text = match (ix, party) {
            (0, _) => greeting(scene, dice),
            _ if ix + 1 == scene.utterances => {
                party = Party::Agent;
                farewell(scene, dice)
            }
            (_, Party::Agent) => agent(dice),
            _ => customer(dice),
        };
        let pause_ms = match dice.below(60) {
            0 => 9_000 + dice.below(9_000),
            1..8 => 2_000 + dice.below(1_500),
            _ => 250 + dice.below(900),
        };
        out.push(Line { party, text: misheard(text, dice), pause_ms: pause_ms as u64 });
        // One in five goes on after a breath.
        if !dice.chance(20) {
            party = if party == Party::Agent { Party::Customer } else { Party::Agent };
        }
    }
    out
}
