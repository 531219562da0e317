//! Remarks on rubric files in Chinese.
//!
//! In: a remark's English text. Out: the Chinese one. A table beside the readers, so that they say a thing once;
//! a test reads their sources and misses none. What the YAML parser says has no Chinese and is quoted.

/// English and Chinese; `{}` stands for what differs, in the same order in both.
const TEXTS: &[(&str, &str)] = &[
    ("there is no {} `{}`; did you mean `{}`?", "没有名为 `{1}` 的{0}，是否为 `{2}`？"),
    ("there is no {} `{}`", "没有名为 `{1}` 的{0}"),
    (
        "the rubrics have no criterion `{}`; did you mean `{}`?",
        "评分标准中没有评分项 `{0}`，是否为 `{1}`？",
    ),
    ("the rubrics have no criterion `{}`", "评分标准中没有评分项 `{0}`"),
    ("a map of attributes to what they must be is wanted here", "此处应为“属性: 要求”的映射"),
    ("one of {} is wanted", "应为以下之一：{0}"),
    ("criteria are a list", "criteria 应为列表"),
    ("there are two criteria `{}`", "评分项 `{0}` 重复"),
    ("a rubric needs a criterion", "至少需要一个评分项"),
    ("a criterion needs an `id`", "评分项需要 `id`"),
    ("`{}` needs one of `met` and `violated_by`", "`{0}` 需要 `met` 或 `violated_by` 之一"),
    (
        "beside a weight stands one of `penalty` and `bonus`",
        "有权重时，`penalty` 与 `bonus` 只能有一个",
    ),
    (
        "a bonus that is missed is no failure: its severity is `info`, unless it has a `weight` or a `penalty`",
        "未得到加分不算违规：除非有 `weight` 或 `penalty`，严重程度应为 `info`",
    ),
    (
        "points by the hit need a `violated_by` that has hits; what is missing costs one number",
        "按次扣分需要有命中的 `violated_by`；缺失项只能扣一个固定分值",
    ),
    (
        "points by the hit need a `met` that has hits; otherwise one number is earned",
        "按次加分需要有命中的 `met`；否则只能加一个固定分值",
    ),
    (
        "`severity` is missing: info, minor, major or critical",
        "缺少 `severity`：info、minor、major 或 critical",
    ),
    (
        "`is` is missing: the severity where no condition makes it graver",
        "缺少 `is`：没有条件使其加重时的严重程度",
    ),
    ("`{}` is no graver than `is`", "`{0}` 并不比 `is` 更严重"),
    (
        "`section` is missing: where sections have weights, each criterion is in one",
        "缺少 `section`：分组有权重时，每个评分项都须属于一个分组",
    ),
    ("`per_hit` is missing: points for each hit", "缺少 `per_hit`：每次命中的分值"),
    ("an empty list gives no points", "空列表没有分值"),
    ("{} is a number above zero and up to a million", "{0}应为大于零、不超过一百万的数"),
    ("a title has `zh`, `en` or both", "名称应有 `zh`、`en` 或两者"),
    (
        "a phrase must hold words on each side of a gap and in each alternative",
        "说法中间隔的两侧和每个备选都必须有词",
    ),
    ("`{}` without its opening bracket", "`{0}` 没有对应的左括号"),
    ("alternatives stand in brackets: `(a|b)`", "备选应写在括号内：`(a|b)`"),
    ("`(` is not closed", "`(` 没有闭合"),
    ("`}` without its opening brace", "`}` 没有对应的 `{`"),
    ("more than {} ways to say one phrase; split it", "一个说法的变体超过 {0} 种，请拆分"),
    (
        "`~` stands after the letters that a word begins with: `refund~`",
        "`~` 应写在词首字母之后：`refund~`",
    ),
    ("a gap has 1 to {} tokens, not {}", "间隔应为 1 至 {0} 个词，而非 {1}"),
    ("`{` is not closed", "`{` 没有闭合"),
    ("`{}` names nothing", "`{0}` 没有指向任何内容"),
    ("nothing uses the condition `{}`", "条件 `{0}` 未被使用"),
    ("nothing uses the phrase list `{}`", "说法列表 `{0}` 未被使用"),
    ("no criterion is in `{}`", "分组 `{0}` 中没有评分项"),
    (
        "`{}` has no weight: all sections have one, or none",
        "`{0}` 没有权重：要么所有分组都有，要么都没有",
    ),
    ("a version is a whole number from 1", "版本应为从 1 起的整数"),
    ("a whole number from 1, or `never`", "应为从 1 起的整数，或 `never`"),
    ("`{}`, line {}, column {}: {}", "`{0}` 第 {1} 行第 {2} 列：{3}"),
    ("phrase lists are a map of names to lists", "说法列表应为“名称: 列表”的映射"),
    ("the phrase list `{}` is empty", "说法列表 `{0}` 为空"),
    ("`{}` replaces a shared phrase list", "`{0}` 覆盖了同名的共享说法列表"),
    ("conditions are a map of names to conditions", "conditions 应为“名称: 条件”的映射"),
    ("sections are a map of names to titles", "sections 应为“名称: 标题”的映射"),
    ("`{}` is no language; write `zh` or `en`", "`{0}` 不是语言，请写 `zh` 或 `en`"),
    ("`{}` has no such value to take", "`{0}` 不能取该值"),
    ("`{}` needs a bound: {}", "`{0}` 需要界限：{1}"),
    ("`{}` is written `{}` today", "`{0}` 现在写作 `{1}`"),
    ("`{}` is no share; write `30%`", "`{0}` 不是占比，请写 `30%`"),
    (
        "decibels are a number: `-20` below full scale, or relative `6` above the own average",
        "分贝应为数字：相对满刻度如 `-20`，或高于自身平均值如 `6`",
    ),
    ("likeness is a number from 0 to 1", "相似度应为 0 至 1 的数"),
    ("how far back is told in time, utterances or turns", "回看范围应以时间、语句或轮次表示"),
    (
        "`{}` is no window; write `first 30s`, `last 3 utterances`, `first 2 turns`, `last 20%`, `from 10s to 60s` or `from 3 to 8 utterances`",
        "`{0}` 不是窗口；请写 `first 30s`、`last 3 utterances`、`first 2 turns`、`last 20%`、`from 10s to 60s` 或 `from 3 to 8 utterances`",
    ),
    (
        "`every` asks for a hit at each of them; where none may stand, leave `hit` out",
        "`every` 要求每处都有命中；若不允许出现，请去掉 `hit`",
    ),
    (
        "a measure has no words to count from; write a distance in time, utterances or turns",
        "度量没有词可数，请用时间、语句或轮次表示距离",
    ),
    (
        "`{}` is no distance; write `30s`, `2 turns`, `3 utterances`, `5 words` or `same utterance`",
        "`{0}` 不是距离；请写 `30s`、`2 turns`、`3 utterances`、`5 words` 或 `same utterance`",
    ),
    ("a count is a whole number", "次数应为整数"),
    (
        "`times` is a number from 1, or `{above, below, at_least, at_most, unit}`",
        "`times` 应为从 1 起的数，或 `{above, below, at_least, at_most, unit}`",
    ),
    (
        "`need` is any, all, a number, or `{at_least: 2, within: same utterance}`",
        "`need` 应为 any、all、数字，或 `{at_least: 2, within: same utterance}`",
    ),
    ("here it is `same utterance` or `same turn`", "此处应为 `same utterance` 或 `same turn`"),
    ("phrase lists in a circle at `{}`", "说法列表在 `{0}` 处循环引用"),
    ("`{}` stands here twice", "`{0}` 在此重复"),
    ("`attribute` needs a `name`", "`attribute` 需要 `name`"),
    (
        "`attribute` needs `is`, `present`, or bounds: above, below, at_least, at_most",
        "`attribute` 需要 `is`、`present` 或界限：above、below、at_least、at_most",
    ),
    ("a map is wanted here, with {}", "此处应为映射，可用的键：{0}"),
    ("a text is wanted here, and this one is empty", "此处应为文本，且不能为空"),
    ("a text is wanted here; put `{}` in quotes", "此处应为文本，请给 `{0}` 加引号"),
    ("a text is wanted here", "此处应为文本"),
    ("a number, not below zero, is wanted here", "此处应为不小于零的数"),
    ("a number from 0 to {} is wanted here", "此处应为 0 至 {0} 的数"),
    ("yes or no is wanted here", "此处应为 yes 或 no"),
    ("a duration is wanted here; write `10s` or `300ms`", "此处应为时长，请写 `10s` 或 `300ms`"),
    ("`{}` is no duration; write `10s` or `300ms`", "`{0}` 不是时长，请写 `10s` 或 `300ms`"),
    (
        "`{}` is no duration; write `12`, for seconds, or `800ms`",
        "`{0}` 不是时长，请写 `12`（秒）或 `800ms`",
    ),
    ("an empty list says nothing", "空列表没有意义"),
    ("a text or a list of texts is wanted here", "此处应为文本或文本列表"),
    ("a condition is a name, or an operator with its modifiers", "条件应为名称，或运算符及其修饰"),
    ("conditions in a circle: `{}` needs `{}`", "条件循环引用：`{0}` 需要 `{1}`"),
    (
        "one operator a condition: `{}` stands here already; join them with `all` or `any`",
        "一个条件只能有一个运算符：已有 `{0}`，请用 `all` 或 `any` 组合",
    ),
    ("a condition needs an operator: {}", "条件需要运算符：{0}"),
    ("`{}` has no hits to which a modifier could apply", "`{0}` 没有命中，修饰无从适用"),
    ("`by` says nothing about a `{}`", "`by` 不适用于 `{0}`"),
    ("a `{}` has no words to count from", "`{0}` 没有词可数"),
    ("`{}` says nothing about `{}`", "`{0}` 不适用于 `{1}`"),
    ("`of` is missing: a list of conditions", "缺少 `of`：条件列表"),
    ("there are {} conditions, never {}", "只有 {0} 个条件，不可能达到 {1} 个"),
    ("a list of conditions is wanted here", "此处应为条件列表"),
    ("an empty list decides nothing", "空列表无法判定"),
    ("the key `{}` stands here twice", "键 `{0}` 在此重复"),
    (
        "anchors, aliases and tags are not formatted; name a condition or a phrase list instead",
        "不支持锚点、别名和标签，请改用具名条件或说法列表",
    ),
    ("a rubric file holds one document", "一个评分标准文件只能有一个文档"),
    ("a value is wanted here", "此处应有值"),
    ("a key is a plain text", "键应为普通文本"),
    (
        "formatting would change what this file says; it is left alone",
        "格式化会改变文件含义，已保持原样",
    ),
    ("a list is wanted here", "此处应为列表"),
    ("a language tag: zh or en", "语言标签应为 zh 或 en"),
    ("`direction` is inbound or outbound", "`direction` 应为 inbound 或 outbound"),
    ("`rest` is any or not_applicable", "`rest` 应为 any 或 not_applicable"),
    ("attributes are a map of names to values", "attributes 应为“名称: 值”的映射"),
    ("a dialogue needs `turns`", "对话需要 `turns`"),
    ("`{}` is expected twice", "`{0}` 的预期重复"),
    ("phrasings need a `criterion`", "phrasings 需要 `criterion`"),
    ("`by` is agent, agent2 or customer", "`by` 应为 agent、agent2 或 customer"),
    (
        "phrasings need texts under met, not_met or not_applicable",
        "phrasings 的 met、not_met 或 not_applicable 下需要文本",
    ),
    ("a turn is one of {}", "一轮应为以下之一：{0}"),
    ("one thing a turn: begin the next with its own dash", "一轮只写一件事，下一轮另起一个短横"),
    ("an id must not be empty", "编号不能为空"),
    ("an id has at most {} bytes, this one has {}", "编号最多 {0} 字节，此处为 {1} 字节"),
    ("an id must not hold {} or start with a dot", "编号不能含有 {0}，也不能以点开头"),
    (
        "the next version's number cannot be written here; write it as digits",
        "无法写入下一个版本号，请将版本写成数字",
    ),
    (
        "here the draft alone is the judge; leave `rubrics` out",
        "此处只用草稿评判，请去掉 `rubrics`",
    ),
    ("`{}` is missing", "缺少 `{0}`"),
    ("`{}`: {}", "`{0}`：{1}"),
];

/// Words for what there is none of, and for what points are.
const NOUNS: &[(&str, &str)] = &[
    ("answer to a failure", "致命项处理方式"),
    ("choice of hit", "命中选择"),
    ("condition", "条件"),
    ("direction", "呼叫方向"),
    ("entity", "实体"),
    ("file of phrase lists", "共享说法文件"),
    ("guard", "保护条件"),
    ("key", "键"),
    ("kind of turn", "轮次类型"),
    ("operator or modifier", "运算符或修饰"),
    ("party", "说话方"),
    ("phrase list", "说法列表"),
    ("section", "分组"),
    ("severity", "严重程度"),
    ("unit", "单位"),
    ("value to take", "取值方式"),
    ("verdict", "判定"),
    ("voice", "声音"),
    ("way to match", "匹配方式"),
    ("a weight", "权重"),
    ("a penalty", "扣分"),
    ("a bonus", "加分"),
    ("points", "分值"),
];

/// A remark in Chinese.
pub fn in_chinese(message: &str) -> String {
    known(message).unwrap_or_else(|| format!("YAML 格式有误：{message}"))
}

/// What a remark suggests to write instead.
pub fn suggestion(message: &str) -> Option<&str> {
    message.rsplit_once("did you mean `")?.1.strip_suffix("`?")
}

fn known(message: &str) -> Option<String> {
    TEXTS.iter().find_map(|(english, chinese)| {
        let holes = holes(message, english)?;
        // Filled from the last on, since what is put in may hold braces itself.
        let mut out = (*chinese).to_owned();
        for (ix, hole) in holes.iter().enumerate().rev() {
            let noun = NOUNS.iter().find(|(english, _)| english == hole);
            let said = noun.map(|(_, chinese)| (*chinese).to_owned()).or_else(|| known(hole));
            out = out.replace(&format!("{{{ix}}}"), said.as_deref().unwrap_or(hole));
        }
        Some(out)
    })
}

/// What stands in a message where the pattern has `{}`.
fn holes<'m>(message: &'m str, pattern: &str) -> Option<Vec<&'m str>> {
    let mut parts = pattern.split("{}");
    let mut rest = message.strip_prefix(parts.next()?)?;
    let parts: Vec<&str> = parts.collect();
    let mut out = Vec::new();
    for (ix, part) in parts.iter().enumerate() {
        let at = match ix + 1 == parts.len() {
            true => rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part))?,
            false => rest.find(part)?,
        };
        out.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    (rest.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_put_into_chinese() {
        for (english, chinese) in [
            (
                "there is no condition `complant`; did you mean `complaint`?",
                "没有名为 `complant` 的条件，是否为 `complaint`？",
            ),
            ("there is no way to match `x`", "没有名为 `x` 的匹配方式"),
            ("`title` is missing", "缺少 `title`"),
            ("`a{1}b`: `(` is not closed", "`a{1}b`：`(` 没有闭合"),
            (
                "a weight is a number above zero and up to a million",
                "权重应为大于零、不超过一百万的数",
            ),
            ("while parsing", "YAML 格式有误：while parsing"),
        ] {
            assert_eq!(in_chinese(english), chinese);
        }
        assert_eq!(suggestion("there is no key `a`; did you mean `b`?"), Some("b"));
        assert_eq!(suggestion("there is no key `a`"), None);
    }

    /// Texts of the readers that are no remarks.
    const OTHER: &[&str] = &[
        "; did you mean",
        "{lead}",
        " at line ",
        "duplicate mapping key",
        "a YAML value",
        "not empty",
        "take: average",
        "same utterance",
        "same turn",
        "` needs `",
        "a stream has a start",
        "a plain word is an id",
        "line {}",
        "{criterion}: {text}",
        "{}: {value}",
        "phrases are numbered",
        "{}:{line}:{column}",
        "a section's",
        "it holds",
    ];

    #[test]
    fn no_remark_is_without_chinese() {
        let literal = regex::Regex::new(r#""((?:[^"\\]|\\.|\\\n\s*)*)""#).unwrap();
        let hole = regex::Regex::new(r"\{[a-z_A-Z:?]*\}").unwrap();
        let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rubric");
        let mut seen = 0;
        for folder in ["file", "format", "dialogue"] {
            for entry in std::fs::read_dir(src.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                let skip = ["tests.rs", "chinese.rs", "source.rs"];
                let own =
                    |end: &&str| path.ends_with(end) && (folder == "file" || *end == "tests.rs");
                if skip.iter().any(own) {
                    continue;
                }
                let code = text.split("#[cfg(test)]").next().unwrap();
                let code: Vec<&str> =
                    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let code = code.join("\n").replace("'\"'", "' '");
                for found in literal.captures_iter(&code) {
                    let found = found[1].replace("\\\n", "").replace("  ", "");
                    if !found.trim().contains(' ')
                        || found.contains('\n')
                        || OTHER.iter().any(|other| found.contains(other))
                    {
                        continue;
                    }
                    let message = found.replace("{hint}", "").replace("{{", "{").replace("}}", "}");
                    let message = hole.replace_all(&message, "x");
                    let noun = NOUNS.iter().any(|(english, _)| *english == message);
                    assert!(
                        noun || known(&message).is_some(),
                        "{}: say in `TEXTS` what this is in Chinese: {found}",
                        path.display()
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 80, "{seen}");
    }
}
