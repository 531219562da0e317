//! English calls.

use lingting::domain::Party;

use super::{Dice, Line, Scene};

const FIRST: [&str; 40] = [
    "James", "Mary", "Robert", "Linda", "Michael", "Sarah", "David", "Karen", "Daniel", "Nancy",
    "Paul", "Lisa", "Mark", "Betty", "Steven", "Helen", "Andrew", "Sandra", "Kevin", "Donna",
    "Brian", "Carol", "George", "Ruth", "Edward", "Sharon", "Ronald", "Michelle", "Jason", "Laura",
    "Ryan", "Amy", "Gary", "Anna", "Jacob", "Rebecca", "Eric", "Kathleen", "Stephen", "Angela",
];
const LAST: [&str; 40] = [
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Wilson",
    "Anderson", "Taylor", "Thomas", "Moore", "Jackson", "Martin", "Lee", "Thompson", "White",
    "Harris", "Clark", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott",
    "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera",
    "Campbell", "Mitchell",
];
const GOODS: [&str; 40] = [
    "router",
    "washing machine",
    "toaster",
    "credit card",
    "phone plan",
    "laptop",
    "headphones",
    "mattress",
    "flight",
    "hotel booking",
    "insurance policy",
    "subscription",
    "gift card",
    "thermostat",
    "printer",
    "camera",
    "bicycle",
    "jacket",
    "parcel",
    "invoice",
    "refund",
    "dishwasher",
    "vacuum",
    "tablet",
    "keyboard",
    "monitor",
    "oven",
    "kettle",
    "warranty",
    "parking permit",
    "utility bill",
    "broadband line",
    "smart meter",
    "savings account",
    "loan",
    "prescription",
    "appointment",
    "deposit",
    "voucher",
    "sofa",
];
const WRONG: [&str; 32] = [
    "never arrived",
    "stopped working",
    "was charged twice",
    "shows the wrong amount",
    "is damaged",
    "keeps disconnecting",
    "was cancelled",
    "has a missing part",
    "will not turn on",
    "is the wrong size",
    "was sent to my old address",
    "makes a terrible noise",
    "is still pending",
    "was declined at the store",
    "expired last month",
    "is leaking",
    "overheats",
    "does not match the picture",
    "cannot be activated",
    "was delivered to a neighbour",
    "has been on hold for weeks",
    "came without the manual",
    "lost its settings",
    "is cracked",
    "is locked",
    "was supposed to be free",
    "was never explained to me",
    "does not show up online",
    "takes forever to load",
    "is too slow",
    "has been returned already",
    "was billed in the wrong currency",
];
const WHEN: [&str; 24] = [
    "yesterday",
    "last week",
    "on Monday",
    "two days ago",
    "this morning",
    "in June",
    "on the fifteenth",
    "last night",
    "a month ago",
    "at half past three",
    "since Friday",
    "over the weekend",
    "just now",
    "back in March",
    "on Christmas Eve",
    "every single day",
    "around noon",
    "the other day",
    "earlier today",
    "for three weeks",
    "last Tuesday",
    "right after lunch",
    "in the evening",
    "twice already",
];
const ASK: [&str; 20] = [
    "can you check that for me",
    "I would like a refund",
    "could you send a new one",
    "how long will it take",
    "what do I need to do",
    "I want to speak to your manager",
    "please cancel it",
    "is there any fee for that",
    "who is responsible for this",
    "can I change the address",
    "could somebody call me back",
    "do you need my account number",
    "when will it be fixed",
    "I just want an answer",
    "can you transfer me",
    "would you mind repeating that",
    "is that guaranteed",
    "what are my options",
    "can I get that in writing",
    "could you speed it up",
];
const CHECK: [&str; 16] = [
    "I can see your {goods} was ordered {when}",
    "may I have your full name please",
    "could you confirm the last four digits, {d4}",
    "your case number is {d8}",
    "let me pull up your account, {name}",
    "there is a charge of {amount} dollars",
    "our team will call you within {n} hours",
    "I have made a note about the {goods}",
    "I am going to place you on a brief hold",
    "it looks like the {goods} {wrong}",
    "I have credited {n} dollars to your account",
    "the technician is booked for {when}",
    "I will need to verify your date of birth",
    "you will get an email about the {goods} shortly",
    "let me check with the {goods} department",
    "we have {n} of them in stock",
];
const SOOTHE: [&str; 10] = [
    "I'm so sorry about that",
    "I completely understand",
    "thank you for your patience",
    "I apologize for the inconvenience",
    "no problem at all",
    "thanks for holding",
    "I appreciate you letting us know",
    "absolutely",
    "of course",
    "let me see what I can do",
];
const BAD: [&str; 6] = [
    "that's not my problem",
    "I have no idea",
    "calm down",
    "you should have read the terms",
    "this is completely risk free",
    "whatever you say",
];
const SHORT: [&str; 14] = [
    "Yes.",
    "Okay.",
    "Right.",
    "Uh huh.",
    "No, that's all.",
    "Sure, go ahead.",
    "Hello?",
    "One moment.",
    "I see.",
    "Thank you.",
    "Mm.",
    "That's correct.",
    "Sorry, what?",
    "Got it.",
];
const FILLERS: [&str; 10] = [
    "um",
    "well",
    "you know",
    "so",
    "I mean",
    "actually",
    "like",
    "to be honest",
    "look",
    "basically",
];
const HEAD: [&str; 16] = [
    "Harbor",
    "Summit",
    "Maple",
    "Pioneer",
    "Liberty",
    "Coastal",
    "Evergreen",
    "Northwind",
    "Granite",
    "Redwood",
    "Bluebird",
    "Orchard",
    "Sterling",
    "Lakeside",
    "Crescent",
    "Horizon",
];
const TAIL: [&str; 10] = [
    "Bank",
    "Telecom",
    "Insurance",
    "Health",
    "Energy",
    "Travel",
    "Stores",
    "Mobile",
    "Credit Union",
    "Homes",
];

pub(super) fn client(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&HEAD), dice.pick(&TAIL))
}

fn name(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&FIRST), dice.pick(&LAST))
}

fn filled(template: &str, dice: &mut Dice) -> String {
    let mut out = template.to_owned();
    while let Some(start) = out.find('{') {
        let end = start + out[start..].find('}').unwrap() + 1;
        let value = match &out[start..end] {
            "{when}" => dice.pick(&WHEN).to_owned(),
            "{goods}" => dice.pick(&GOODS).to_owned(),
            "{wrong}" => dice.pick(&WRONG).to_owned(),
            "{name}" => name(dice),
            "{amount}" => format!("{}.{}", 1 + dice.below(900), dice.digits(2)),
            "{n}" => (1 + dice.below(72)).to_string(),
            "{d4}" => dice.digits(4),
            "{d8}" => dice.digits(8),
            other => panic!("{other}"),
        };
        out.replace_range(start..end, &value);
    }
    out
}

fn customer(dice: &mut Dice) -> String {
    if dice.chance(28) {
        return dice.pick(&SHORT).to_owned();
    }
    let (goods, wrong, when) = (dice.pick(&GOODS), dice.pick(&WRONG), dice.pick(&WHEN));
    match dice.below(5) {
        0 => format!("My {goods} {wrong} {when}."),
        1 => format!("{}, the {goods} {wrong}, {}?", dice.pick(&FILLERS), dice.pick(&ASK)),
        2 => format!("My name is {} and my {goods} {wrong}.", name(dice)),
        3 => format!("The number is {}, {}.", dice.digits(10), dice.pick(&ASK)),
        _ => format!(
            "{} {when} I called about the {goods}, {}.",
            dice.pick(&FILLERS),
            dice.pick(&ASK)
        ),
    }
}

fn agent(dice: &mut Dice) -> String {
    if dice.chance(18) {
        return dice.pick(&SHORT).to_owned();
    }
    let mut parts = Vec::new();
    if dice.chance(40) {
        parts.push(dice.pick(&SOOTHE).to_owned());
    }
    parts.push(filled(dice.pick(&CHECK), dice));
    if dice.chance(1) {
        parts.push(dice.pick(&BAD).to_owned());
    }
    parts.join(", ") + "."
}

fn greeting(scene: &Scene, dice: &mut Dice) -> String {
    let (client, first) = (&scene.client, dice.pick(&FIRST));
    match (scene.outbound, dice.below(2)) {
        (true, _) => format!(
            "Hello, this is {first} calling from {client} about your {}.",
            dice.pick(&GOODS)
        ),
        (false, 0) => {
            format!("Thank you for calling {client}, my name is {first}, how may I help you today?")
        }
        (false, _) => format!("{client}, what do you want?"),
    }
}

pub(super) fn lines(scene: &Scene, dice: &mut Dice) -> Vec<Line> {
    let mut out = Vec::with_capacity(scene.utterances);
    let mut party = Party::Agent;
    for ix in 0..scene.utterances {
        let text = match (ix, party) {
            (0, _) => greeting(scene, dice),
            _ if ix + 1 == scene.utterances => {
                party = Party::Agent;
                format!(
                    "Is there anything else, {}? Thanks for calling, goodbye.",
                    dice.pick(&FIRST)
                )
            }
            (_, Party::Agent) => agent(dice),
            _ => customer(dice),
        };
        let pause_ms = if dice.chance(6) { 3_000 } else { 250 } + dice.below(900);
        out.push(Line { party, text, pause_ms: pause_ms as u64 });
        if !dice.chance(20) {
            party = if party == Party::Agent { Party::Customer } else { Party::Agent };
        }
    }
    out
}
