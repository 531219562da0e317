//! Who called whom, where nobody said so: told from how the two open the call.
//!
//! In: what was said. Out: the direction with its probability, or nothing where the opening does not
//! tell; a rubric that is meant for one direction then stays undecided (law 2).

use std::sync::LazyLock;

use super::cues::{Cue, count, cue, probability};
use super::roles::Said;
use crate::domain::{Direction, InferredDirection};
use crate::text::{Token, tokens};

/// Log-odds a decision needs: about 0.88.
const ODDS_MIN: f32 = 2.0;
/// Cues of one opening are no independent witnesses: log-odds are damped to this.
const ODDS_MAX: f32 = 6.0;

/// Natural log-odds that the call is inbound. Each cue is counted once.
const CUES: &[Cue] = &[
    // The agent answers.
    cue("感谢您的来电", 4.0),
    cue("感谢来电", 4.0),
    cue("感谢致电", 4.0),
    cue("感谢您致电", 4.0),
    cue("欢迎致电", 4.0),
    cue("欢迎您致电", 4.0),
    cue("有什么可以帮", 3.0),
    cue("有什么能帮", 3.0),
    cue("有什么需要帮", 3.0),
    cue("需要什么帮助", 3.0),
    cue("有什么可以为您", 3.0),
    cue("请问您要办理什么", 3.0),
    cue("请问您要咨询什么", 3.0),
    cue("很高兴为您服务", 2.0),
    cue("为您服务", 1.0),
    cue("服务热线", 1.0),
    cue("thank you for calling", 4.0),
    cue("thanks for calling", 4.0),
    cue("how may i help", 3.0),
    cue("how can i help", 3.0),
    cue("how may i assist", 3.0),
    cue("how can i assist", 3.0),
    cue("what can i do for you", 3.0),
    cue("how may i direct your call", 3.5),
    // The customer says why he calls.
    cue("我想咨询", 2.0),
    cue("我想问", 1.5),
    cue("我想查", 2.0),
    cue("我要查", 2.0),
    cue("我想办", 2.0),
    cue("我要挂失", 2.5),
    cue("我要投诉", 2.5),
    cue("我要退", 2.0),
    cue("我打电话是", 1.5),
    cue("我打过来", 1.5),
    cue("i'm calling about", 1.5),
    cue("i am calling about", 1.5),
    cue("i'm calling because", 1.5),
    cue("i'm calling to check", 2.0),
    cue("i'm calling to ask", 2.0),
    cue("i was calling to", 1.5),
    cue("i have a question", 1.5),
    cue("i need help with", 2.0),
    // The agent calls.
    cue("打扰您", -3.0),
    cue("打扰到您", -3.0),
    cue("打扰一下", -2.0),
    cue("占用您", -3.5),
    cue("耽误您", -2.5),
    cue("给您来电", -4.0),
    cue("致电给您", -4.0),
    cue("来电是想", -3.5),
    cue("给您打电话", -3.0),
    cue("给您去电", -3.5),
    cue("给您回电", -3.0),
    cue("给您做个回访", -4.0),
    cue("回访", -1.5),
    cue("您现在方便", -3.0),
    cue("现在方便接", -3.5),
    cue("方便说话吗", -3.0),
    cue("请问是机主", -3.5),
    cue("是机主本人", -3.0),
    cue("感谢您的接听", -3.0),
    cue("感谢接听", -3.0),
    cue("向您介绍", -2.5),
    cue("跟您介绍", -2.0),
    cue("i'm calling from", -3.0),
    cue("i am calling from", -3.0),
    cue("calling you from", -3.0),
    cue("calling on behalf of", -4.0),
    cue("am i speaking with", -2.5),
    cue("am i speaking to", -2.5),
    cue("may i speak with", -2.5),
    cue("may i speak to", -2.5),
    cue("could i speak to", -1.5),
    cue("the reason i'm calling", -1.5),
    cue("the reason for my call", -2.0),
    cue("is now a good time", -3.5),
    cue("is this a good time", -3.5),
    cue("do you have a minute", -2.5),
    cue("do you have a moment", -2.5),
    cue("have i caught you", -3.0),
    cue("take a minute of your time", -3.0),
    cue("thanks for taking my call", -3.0),
    cue("thank you for taking my call", -3.0),
    cue("calling to follow up", -2.0),
    // The one who is called asks who it is.
    cue("你是哪里", -2.5),
    cue("你哪里", -1.5),
    cue("你是哪位", -2.5),
    cue("哪位啊", -2.0),
    cue("怎么有我的号码", -3.0),
    cue("怎么知道我的号码", -3.0),
    cue("who is this", -2.5),
    cue("who's calling", -2.5),
    cue("how did you get my number", -3.0),
];

/// The cues in tokens, made once.
static LEXICON: LazyLock<Vec<Vec<Token>>> =
    LazyLock::new(|| CUES.iter().map(|cue| tokens(cue.phrase)).collect());

/// The direction of a call, as its opening tells it.
pub(super) fn infer(said: &[Said<'_>]) -> Option<InferredDirection> {
    let first = said.iter().map(|one| one.span.start()).min()?;
    let mut counts = vec![0; CUES.len()];
    for one in
        said.iter().filter(|one| one.span.start().since_ms(first) < InferredDirection::OPENING_MS)
    {
        count(&tokens(one.text), &LEXICON, &mut counts);
    }
    let odds: f32 = counts.iter().zip(CUES).filter(|(n, _)| **n > 0).map(|(_, c)| c.weight).sum();
    let direction = if odds > 0.0 { Direction::Inbound } else { Direction::Outbound };
    let confidence = probability(odds.abs().min(ODDS_MAX));
    (odds.abs() >= ODDS_MIN).then_some(InferredDirection { direction, confidence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Span;

    #[track_caller]
    fn check(lines: &[&str], expected: Option<Direction>) {
        let at = |(i, text): (usize, &&'static str)| Said {
            speaker: (i % 2) as u8,
            span: Span::from_ms(i as u64 * 4000, i as u64 * 4000 + 3500).unwrap(),
            text,
        };
        let lines: Vec<&'static str> = lines.iter().map(|l| &*l.to_string().leak()).collect();
        let said: Vec<Said<'_>> = lines.iter().enumerate().map(at).collect();
        assert_eq!(infer(&said).map(|inferred| inferred.direction), expected, "{lines:?}");
    }

    #[test]
    fn the_opening_tells_who_called() {
        let (inbound, outbound) = (Some(Direction::Inbound), Some(Direction::Outbound));
        check(&["您好，云帆物流，请问有什么可以帮您", "我的件三天没动了"], inbound);
        check(&["你好", "我想查一下上个月的账单", "请稍等"], inbound);
        check(&["喂", "您好，我是安居保险的，现在方便接电话吗", "你是哪里"], outbound);
        check(&["good morning, thanks for calling Alder Bank", "hi, i lost my card"], inbound);
        check(&["hello", "hi, i'm calling from Alder Bank, is now a good time"], outbound);
        check(&["hello, garage", "hi, could i book a service for tuesday"], None);
        check(&[], None);
    }

    #[test]
    fn what_is_said_later_tells_nothing() {
        let mut lines = vec!["嗯"; 14];
        lines.push("我给您打电话核对，打扰您了，您现在方便吗");
        check(&lines, None);
    }
}
