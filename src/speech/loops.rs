//! Loops: recognisers that lose their way repeat the same run of tokens.

/// Whether the same run of items comes three times in a row, over eight items or more in all.
///
/// Eight, because people do say "好好好" and "no, no, no"; nobody says eight words that way.
pub fn looped<T: PartialEq>(items: &[T]) -> bool {
    (1..=items.len() / 3).any(|period| {
        let needed = 8usize.div_ceil(period).max(3) * period;
        let mut run = period;
        needed <= items.len()
            && items.windows(period + 1).any(|pair| {
                run = if pair[0] == pair[period] { run + 1 } else { period };
                run >= needed
            })
    })
}

#[cfg(test)]
mod tests {
    use super::looped;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let items: Vec<char> = text.chars().collect();
        assert_eq!(looped(&items), expected, "{text}");
    }

    #[test]
    fn loops_are_long_repetitions() {
        check("好好好", false);
        check("好好好好好好好好", true);
        check("谢谢谢谢谢谢谢谢", true);
        check("没有没有没有", false);
        check("没有没有没有没有", true);
        check("我知道我知道我知道", true);
        check("我知道了我知道吧我知道", false);
        check("", false);
        check("一二三四五六七八九十一二三四五六七八九十", false);
    }
}
