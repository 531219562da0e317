//! Help in Chinese: the command as clap built it, with its texts replaced.
//!
//! In: the English command and a language. Out: the command to show. A test holds the table complete.

use std::ffi::OsString;

use clap::Command;

use crate::report::UiLanguage;

/// The language: `--lang`, else the locale's (`LC_ALL`, `LC_MESSAGES`, `LANG`).
pub(super) fn language(
    arguments: &[OsString],
    variable: impl Fn(&str) -> Option<String>,
) -> UiLanguage {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let after = words.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1]);
    let joined = || words.iter().find_map(|word| word.strip_prefix("--lang="));
    let locale = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(&variable)
            .find(|value| !value.is_empty())
            .unwrap_or_default()
    };
    let wanted = after.or_else(joined).map_or_else(locale, str::to_owned);
    if wanted.starts_with("zh") { UiLanguage::Zh } else { UiLanguage::En }
}

/// The command in a language.
pub(super) fn command(command: Command, language: UiLanguage) -> Command {
    match language {
        UiLanguage::En => command,
        UiLanguage::Zh => chinese(command, ""),
    }
}

fn chinese(command: Command, path: &str) -> Command {
    let mut command = match text(path) {
        Some(about) => command.about(about),
        None => command,
    };
    command = command.mut_args(|arg| match text(&key(path, arg.get_id().as_str())) {
        Some(help) => arg.help(help),
        None => arg,
    });
    command.mut_subcommands(|sub| {
        let path = key(path, sub.get_name());
        chinese(sub, &path)
    })
}

fn key(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn text(key: &str) -> Option<&'static str> {
    let last = key.rsplit('.').next().unwrap_or(key);
    let shared = SHARED.iter().find(|(name, _)| *name == last);
    TEXTS.iter().find(|(name, _)| *name == key).or(shared).map(|(_, text)| *text)
}

const SHARED: &[(&str, &str)] = &[
    ("store", "存储的 URL [默认：配置文件所写]"),
    ("config", "配置文件（TOML）[默认：无，全部用默认值]"),
    ("data", "数据文件夹 [默认：配置文件所写，否则用户数据文件夹下的 lingting/service]"),
    ("lang", "消息和页面的语言 [默认：系统语言]"),
    ("help", "显示帮助"),
    ("version", "显示版本"),
];

const TEXTS: &[(&str, &str)] = &[
    ("", "聆听：客服中心通话质检与语音分析，运行在您自己的机器上"),
    ("analyze", "把录音变成转写、评分表和报告"),
    ("analyze.paths", "录音或聊天记录文件，或存放它们的文件夹"),
    ("analyze.out", "报告输出文件夹"),
    ("analyze.engine", "识别引擎"),
    ("analyze.model", "Whisper 模型：名称（见 `models list`）或路径"),
    ("analyze.beam", "解码方式：1 最快，5 最准"),
    ("analyze.rubrics", "评分标准文件，可多次给出 [默认：内置评分标准]"),
    ("analyze.jobs", "同时处理的通话数 [默认：CPU 核数的三倍]"),
    (
        "analyze.pii",
        "JSON 报告中的个人信息：mask 隐去（原文另存为仅本人可读的文件）、keep 保留、drop 隐去且不留原文；网页和表格始终隐去",
    ),
    ("analyze.redact_audio", "在报告旁写出个人信息已静音的音频，网页只播放它"),
    ("analyze.force", "已完成的也重新分析"),
    ("analyze.json", "以 JSON 输出结果"),
    ("analyze.models", "模型文件夹 [默认：用户数据文件夹下的 lingting/models]"),
    ("models", "列出、获取、校验和转换模型"),
    ("models.models", "模型文件夹 [默认：用户数据文件夹下的 lingting/models]"),
    ("models.list", "有哪些模型，哪些已在本机"),
    ("models.pull", "获取模型 [默认：分析所需的全部]"),
    ("models.pull.names", "名称，见 `models list`"),
    ("models.verify", "用 SHA-256 校验本机的模型"),
    ("models.verify.names", "名称 [默认：本机已有的全部]"),
    ("models.convert", "把 CTranslate2 模型转换为 whisper.cpp 模型"),
    ("models.convert.from", "CTranslate2 Whisper 模型文件夹"),
    ("models.convert.to", "要写入的文件"),
    ("models.convert.quant", "权重的数值格式"),
    ("rubric", "检查、查看、比较、解释和整理评分标准"),
    ("rubric.check", "指出评分标准文件的问题，精确到行和列"),
    ("rubric.check.files", "评分标准文件 [默认：内置评分标准]"),
    ("rubric.show", "用文字说明评分标准：分组、权重、每项的判定条件"),
    ("rubric.show.rubric", "评分标准文件，或内置评分标准的标识 [默认：列出内置评分标准]"),
    ("rubric.show.json", "输出 JSON"),
    ("rubric.diff", "比较两个版本：判定有何不同"),
    ("rubric.diff.old", "旧版本：文件，或内置评分标准的标识"),
    ("rubric.diff.new", "新版本"),
    ("rubric.diff.json", "输出 JSON"),
    ("rubric.explain", "说明一通电话为何如此判定：每个条件的取值和依据"),
    ("rubric.explain.call", "一通电话的报告（`analyze` 的输出）"),
    (
        "rubric.explain.rubrics",
        "评分标准文件，或内置评分标准的标识，可多次给出 [默认：内置评分标准]",
    ),
    ("rubric.explain.criteria", "只说明这些评分项，可多次给出 [默认：违规或待定的]"),
    ("rubric.explain.all", "说明所有评分项，包括已达标的"),
    ("rubric.explain.at", "按通话进行到第几秒时的情形，其后视为尚未发生"),
    ("rubric.explain.json", "输出 JSON"),
    ("rubric.fmt", "把评分标准文件整理成规范格式，保留注释"),
    ("rubric.fmt.files", "评分标准文件或词表文件"),
    ("rubric.fmt.check", "不写入；有文件格式不规范时返回失败"),
    ("rubric.backtest", "不用录音，重新评判以往通话，并说明会有哪些变化"),
    ("rubric.backtest.new", "要试用的评分标准文件 [默认：内置评分标准]"),
    ("rubric.backtest.against", "报告文件夹，由 `analyze --out` 写成"),
    ("rubric.backtest.versus", "用来对比的评分标准文件 [默认：报告中已有的评分表]"),
    (
        "rubric.backtest.labels",
        "人工判定：每通话一个 <call_id>.json 的文件夹，或 call_id,criterion,verdict 三列的 CSV",
    ),
    ("rubric.backtest.samples", "每种变化列出的通话数"),
    ("rubric.backtest.json", "以 JSON 输出结果"),
    ("rubric.test", "用对话检验评分标准：按原文，也可模拟听错"),
    ("rubric.test.files", "评分标准文件，或对话文件（名称.tests.yaml）[默认：内置评分标准]"),
    ("rubric.test.only", "只检验名称含此文字的对话"),
    ("rubric.test.misses", "列出漏听与误报：说了什么、听成什么、最接近的是什么"),
    ("rubric.test.corrupt", "听错的字所占比例，0 到 1：报告还能听出多少"),
    ("rubric.test.seed", "模拟错误的随机种子"),
    ("rubric.test.repeat", "每段对话听错的次数"),
    ("rubric.test.json", "以 JSON 输出结果"),
    ("doctor", "检查本机缺少什么，以及如何补上"),
    ("doctor.models", "模型文件夹 [默认：用户数据文件夹下的 lingting/models]"),
    ("serve", "运行服务：收录音、分析、存储、搜索、复核"),
    ("serve.listen", "监听地址和端口 [默认：配置文件所写，否则 127.0.0.1:8600]"),
    ("rebuild", "重建由存储派生的数据"),
    ("rebuild.what", "重建什么：search 搜索索引，lake 开放数据"),
    ("backup", "把服务的数据库和音频复制到一个文件夹，服务可继续运行"),
    ("backup.to", "空的或不存在的文件夹"),
    ("restore", "把备份恢复到空的数据文件夹"),
    ("restore.from", "`lingting backup` 写成的文件夹"),
    ("config", "检查服务配置"),
    ("sql", "用 SQL 查询开放数据"),
    (
        "sql.statement",
        "一条查询语句，如 `SELECT verdict, count(*) FROM calls GROUP BY verdict`；`SHOW TABLES` 列出数据表",
    ),
    ("sql.form", "结果形式：table 表格、csv、json"),
    ("sql.rows", "最多显示的行数"),
    ("sql.seconds", "最长用时（秒）"),
    ("sql.memory_mb", "最多使用的内存（MB），超出部分暂存到磁盘"),
    ("keys", "主密钥：查看各密钥封存的内容、新增密钥、全部改用最新密钥"),
    ("keys.status", "列出各密钥及其封存的内容数量"),
    ("keys.add", "新建密钥文件，或在其末尾新增密钥；下次启动起使用"),
    ("keys.add.id", "密钥名称，如 2026-11"),
    ("keys.rotate", "全部改用最新密钥封存；可中断后重新执行"),
    ("keys.rotate.dry_run", "只统计，不改动"),
    ("retention", "按规则删除到期的数据并出具证明；保全的数据不删除"),
    ("retention.list", "列出规则和保全"),
    ("retention.add", "新增规则，输出其标识"),
    ("retention.add.name", "规则名称"),
    ("retention.add.after_days", "通话开始后的天数"),
    ("retention.add.goes", "删除什么：audio 录音、clear-text 录音和原文、all 全部"),
    ("retention.add.of", "仅限列为此值的通话，如 client=甲方名称，可多次给出"),
    ("retention.end", "停用规则"),
    ("retention.end.id", "标识，见 `retention list`"),
    ("retention.hold", "保全：无论规则如何都不删除，输出其标识"),
    ("retention.hold.reason", "原因"),
    ("retention.hold.of", "仅限列为此值的通话，如 client=甲方名称，可多次给出"),
    ("retention.release", "解除保全"),
    ("retention.release.id", "标识，见 `retention list`"),
    ("retention.release.reason", "解除的原因"),
    ("retention.run", "删除到期的数据"),
    ("retention.run.dry_run", "只列出将删除的，不删除"),
    ("config.check", "读取配置，指出问题，显示生效的值"),
    ("simulate", "把录音作为实时通话播放给运行中的服务，并测量服务听到了什么、晚了多少"),
    ("simulate.paths", "录音文件，或存放录音的文件夹"),
    (
        "simulate.to",
        "播放到哪里：ws(s)://HOST:PORT/live/media-stream/SOURCE/TOKEN，或 sip:HOST:PORT;transport=tcp|udp",
    ),
    ("simulate.at_once", "同时进行的通话数；开始时间均匀错开"),
    ("simulate.calls", "通话总数；录音用完后从头再来 [默认：每个录音一通]"),
    ("simulate.looped", "反复播放，直到 --calls、--for 或 Ctrl-C"),
    ("simulate.lasts", "播放多久，之后挂断所有通话，如 90s、10m、2h"),
    ("simulate.speed", "播放速度；1 为实际速度"),
    ("simulate.codec", "音频编码；媒体流（ws）只用 ulaw"),
    ("simulate.loss", "随机丢失的帧所占比例，如 5%"),
    ("simulate.jitter", "每帧随机晚到的最长时间，如 200ms"),
    ("simulate.reorder", "允许帧乱序"),
    ("simulate.drift", "发送方时钟的偏快程度，如 200ppm；偏慢为负"),
    ("simulate.seed", "丢失和抖动的随机种子"),
    ("simulate.watch", "跟踪该服务听到的内容并测量延迟，如 http://127.0.0.1:8600"),
    ("simulate.token_env", "存放服务 API 令牌的环境变量"),
    ("simulate.deadline", "延迟超过多少算超时"),
    ("simulate.chirp", "在每路音频第 5 秒放入一段扫频音，供旁听测量延迟"),
    ("simulate.listen", "旁听第一通电话的人数；用扫频音测量从口到耳的延迟"),
    ("simulate.json", "以 JSON 输出结果"),
    ("user", "新增、修改和列出服务的账号"),
    ("user.add", "新增账号；未用 --password-stdin 时生成密码并显示一次"),
    ("user.add.login", "登录用户名"),
    ("user.add.name", "显示名称"),
    (
        "user.add.role",
        "reviewer 质检员、supervisor 主管、agent 坐席、client 甲方、vendor_manager 乙方、administrator 管理员、auditor 审计",
    ),
    ("user.add.all", "可见全部通话"),
    ("user.add.grants", "可见同时符合各项的通话，如 client=甲,team=乙；可多次给出"),
    ("user.add.password_stdin", "从标准输入读取密码"),
    ("user.passwd", "设置密码；该账号的所有会话随即结束"),
    ("user.passwd.login", "登录用户名"),
    ("user.passwd.password_stdin", "从标准输入读取密码"),
    ("user.disable", "停用账号；其会话和令牌立即失效"),
    ("user.disable.login", "登录用户名"),
    ("user.enable", "重新启用账号"),
    ("user.enable.login", "登录用户名"),
    ("user.list", "列出账号"),
    ("token", "新建、吊销和列出 API 令牌"),
    ("token.new", "为账号新建令牌；密钥只显示一次"),
    ("token.new.login", "登录用户名"),
    ("token.new.name", "用途"),
    ("token.new.scopes", "用途范围：`read`、`all` 或 docs/access.md 中的操作，以逗号分隔"),
    ("token.new.days", "多少天后失效 [默认：永不]"),
    ("token.revoke", "永久吊销令牌"),
    ("token.revoke.id", "令牌编号，见 `token list`"),
    ("token.list", "列出账号的令牌"),
    ("token.list.login", "登录用户名"),
    ("audit", "校验服务的审计日志"),
    ("audit.verify", "指出哪些记录被改动、移动或删除"),
    ("audit.verify.head", "另行留存的末条：可发现日志尾部是否被截去"),
    ("audit.head", "输出日志的末条，供另行留存"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Args;
    use clap::CommandFactory;

    fn missing(command: &Command, path: &str, out: &mut Vec<String>) {
        if text(path).is_none() {
            out.push(path.to_owned());
        }
        for arg in command.get_arguments() {
            let key = key(path, arg.get_id().as_str());
            if text(&key).is_none() {
                out.push(key);
            }
        }
        for sub in command.get_subcommands() {
            missing(sub, &key(path, sub.get_name()), out);
        }
    }

    #[test]
    fn every_command_and_option_has_chinese_help() {
        let mut out = Vec::new();
        missing(&Args::command(), "", &mut out);
        assert_eq!(out, Vec::<String>::new());
        let help = command(Args::command(), UiLanguage::Zh).render_help().to_string();
        assert!(help.contains("把录音变成转写"), "{help}");
    }

    #[test]
    fn the_flag_wins_over_the_locale() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let chinese = |name: &str| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned());
        assert_eq!(language(&words(&["lingting"]), chinese), UiLanguage::Zh);
        assert_eq!(language(&words(&["lingting", "--lang", "en"]), chinese), UiLanguage::En);
        assert_eq!(language(&words(&["lingting", "--lang=zh"]), |_| None), UiLanguage::Zh);
        assert_eq!(language(&words(&["lingting"]), |_| None), UiLanguage::En);
    }
}
