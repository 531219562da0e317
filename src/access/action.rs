//! The table: what can be done, and which role may do it.
//!
//! In: a role and an action. Out: a [`Leave`]. A role says what; the person's scope says to which calls.

use crate::domain::{Role, Scope};

/// How far a role may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Not at all.
    No,
    /// To what their scope covers.
    Scoped,
    /// Only those who see everything: what it touches belongs to no single client or team.
    Whole,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $reads:literal, $leave:ident [$($role:ident)*], $en:literal, $zh:literal;)*) => {
        /// Something that can be done with the service. A closed set; the word stands in the OpenAPI file at each
        /// route (`x-action`), in tokens' scopes and in `docs/access.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// All, in the table's order.
            pub const ALL: &[Action] = &[$(Action::$name,)*];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Action::$name => $word,)* }
            }

            /// Whether it changes nothing.
            pub const fn reads(self) -> bool {
                match self { $(Action::$name => $reads,)* }
            }

            /// What it is, in English and Chinese.
            pub const fn about(self) -> (&'static str, &'static str) {
                match self { $(Action::$name => ($en, $zh),)* }
            }

            /// Whether somebody of that role may do it.
            pub fn leave(self, role: Role) -> Leave {
                let (leave, roles): (Leave, &[Role]) = match self {
                    $(Action::$name => (Leave::$leave, &[$(Role::$role),*]),)*
                };
                if roles.contains(&role) { leave } else { Leave::No }
            }
        }
    };
}

actions! {
    /// Own account: who am I, log out, own password, own tokens.
    OwnAccount = "own", false, Scoped [Reviewer Supervisor Agent Client VendorManager Administrator Auditor],
        "own account, password and tokens", "本人的账号、密码和令牌";
    /// Calls, their masked reports and scorecards.
    CallsRead = "calls.read", true, Scoped [Reviewer Supervisor Agent Client VendorManager Administrator Auditor],
        "see calls, masked transcripts and scorecards; search them", "查看和搜索通话、脱敏转写及评分";
    /// Redacted audio.
    AudioPlay = "audio.play", true, Scoped [Reviewer Supervisor Agent Client VendorManager Auditor],
        "hear calls, personal data muted", "收听已脱敏的录音";
    /// Clear texts and original audio, with a reason, on record.
    Reveal = "reveal", true, Scoped [Reviewer Supervisor Client],
        "hear and read the original, giving a reason", "说明理由后收听、阅读原文";
    /// Tables and files of many calls.
    Export = "export", true, Scoped [Reviewer Supervisor Client VendorManager Auditor],
        "export lists of calls and findings", "导出通话和评分列表";
    /// Agree, overturn, not assessable, comment.
    Decide = "decide", false, Scoped [Reviewer Supervisor],
        "decide on findings", "复核评分项";
    /// Assign calls to reviewers.
    Assign = "assign", false, Scoped [Reviewer Supervisor],
        "assign calls for review", "分派复核任务";
    /// Send recordings in.
    Upload = "upload", false, Scoped [Supervisor VendorManager Administrator],
        "send recordings and chat logs in", "上传录音和聊天记录";
    /// What became of every file.
    LedgerRead = "ledger.read", true, Whole [Supervisor Administrator Auditor],
        "see what became of every file", "查看每个文件的处理情况";
    /// Try a file again, let one go.
    LedgerWrite = "ledger.write", false, Whole [Administrator],
        "try files again", "重新处理文件";
    /// Read rubrics.
    RubricsRead = "rubrics.read", true, Scoped [Reviewer Supervisor Agent Client VendorManager Administrator Auditor],
        "read rubrics", "查看评分标准";
    /// Publish rubrics.
    RubricsWrite = "rubrics.write", false, Whole [Administrator],
        "publish rubrics", "发布评分标准";
    /// Figures over many calls.
    StatsRead = "stats.read", true, Scoped [Reviewer Supervisor Client VendorManager Administrator Auditor],
        "see figures over many calls", "查看统计数据";
    /// Saved searches.
    SearchSave = "searches", false, Scoped [Reviewer Supervisor Client VendorManager Administrator],
        "keep searches", "保存搜索";
    /// What happens, as it happens.
    EventsFollow = "events", true, Scoped [Reviewer Supervisor Agent Client VendorManager Administrator Auditor],
        "follow events as they happen", "实时接收事件";
    /// Clients, vendors, projects, teams, queues, agents by name.
    UnitsRead = "units.read", true, Scoped [Reviewer Supervisor Agent Client VendorManager Administrator Auditor],
        "see names of clients, vendors, projects, teams, queues and agents", "查看甲方、乙方、项目、班组、技能组和坐席名称";
    /// Name them.
    UnitsWrite = "units.write", false, Scoped [Administrator],
        "name clients, vendors, projects, teams, queues and agents", "维护甲方、乙方、项目、班组、技能组和坐席名称";
    /// Accounts, as far as the own scope covers theirs.
    PeopleRead = "people.read", true, Scoped [Administrator Auditor],
        "see accounts", "查看账号";
    /// Make, change and disable accounts.
    PeopleWrite = "people.write", false, Scoped [Administrator],
        "make, change and disable accounts; revoke their tokens", "新增、修改、停用账号，吊销其令牌";
    /// The audit log.
    AuditRead = "audit.read", true, Whole [Administrator Auditor],
        "read and verify the audit log", "查看和校验审计日志";
    /// Webhooks and their deliveries.
    WebhooksRead = "webhooks.read", true, Scoped [Administrator Auditor],
        "see webhooks and what they sent", "查看回调及其发送记录";
    /// Make, change and re-send.
    WebhooksWrite = "webhooks.write", false, Scoped [Administrator],
        "make and change webhooks; send again", "新增、修改回调，重新发送";
    /// Holds, retention, deletion.
    Retention = "retention", false, Whole [Administrator],
        "set retention and holds; delete calls", "设置保留期限和保全，删除通话";
    /// SQL over the open data: no scope can be kept there.
    OpenData = "open_data", true, Whole [Supervisor Administrator Auditor],
        "query the open data", "查询开放数据";
    /// The service's own figures.
    MetricsRead = "metrics", true, Whole [Supervisor Administrator Auditor],
        "read the service's figures (Prometheus)", "读取服务运行指标（Prometheus）";
    /// The wall of calls that go on, and what is said in them.
    LiveRead = "live.read", true, Scoped [Supervisor Client VendorManager Administrator],
        "see calls that go on and what is said in them", "查看正在进行的通话及实时转写";
    /// Hear calls that go on.
    LiveListen = "live.listen", true, Scoped [Supervisor],
        "listen in to calls that go on, giving a reason", "说明理由后监听通话";
    /// Speak to the agent.
    LiveCoach = "live.coach", false, Scoped [Supervisor],
        "coach an agent during a call, unheard by the customer", "通话中密语辅导坐席";
    /// Speak to both.
    LiveBarge = "live.barge", false, Scoped [Supervisor],
        "barge into a call", "强插通话";
    /// Pause and resume recording.
    LivePause = "live.pause", false, Scoped [Supervisor],
        "pause the recording of a call, for card data", "暂停和恢复录音（卡号等）";
    /// Take alerts on, say whether they were right.
    AlertsSettle = "alerts.settle", false, Scoped [Supervisor],
        "acknowledge alerts and say whether they were right", "确认告警并反馈是否准确";
    /// When alerts are told.
    AlertsPolicy = "alerts.policy", false, Whole [Administrator],
        "set when alerts are told", "设置告警规则";
    /// Settings of the service.
    Settings = "settings", false, Whole [Administrator],
        "see and change settings", "查看和修改系统设置";
}

impl Action {
    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == word)
    }

    /// Whether somebody of that role and scope may do it to something of their own.
    pub fn allows(self, role: Role, scope: &Scope) -> bool {
        match self.leave(role) {
            Leave::No => false,
            Leave::Scoped => true,
            Leave::Whole => *scope == Scope::All,
        }
    }
}

/// Words that stand for many actions in a token's scopes.
const ALL: &str = "all";
const READ: &str = "read";

/// What a token may be used for: never more than its person may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenScopes(Vec<String>);

impl TokenScopes {
    /// Reads scopes: words of actions, `read` for all that change nothing, `all`. `Err` names the first
    /// that is none; no scope at all is `Err("")`.
    ///
    /// # Errors
    /// The word that is no scope.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Self, String> {
        let known = |word: &str| word == ALL || word == READ || Action::parse(word).is_some();
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_owned()).collect();
        match words.iter().find(|word| !known(word)) {
            Some(bad) => Err(bad.clone()),
            None if words.is_empty() => Err(String::new()),
            None => Ok(Self(words)),
        }
    }

    /// The words.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether the token may be used for it.
    pub fn allow(&self, action: Action) -> bool {
        self.0.iter().any(|word| match word.as_str() {
            ALL => true,
            READ => action.reads(),
            word => word == action.as_str(),
        })
    }
}

/// Whether a scope is one that somebody of that role may have: an agent's grants each name the agent, a
/// client's the client, a vendor manager's the vendor. `Err` tells which fact is missing.
///
/// # Errors
/// The name of the fact that every grant must name.
pub fn fits(role: Role, scope: &Scope) -> Result<(), &'static str> {
    let fact = match role {
        Role::Agent => "agent",
        Role::Client => "client",
        Role::VendorManager => "vendor",
        _ => return Ok(()),
    };
    let Scope::Of(grants) = scope else { return Err(fact) };
    let named = |grant: &crate::domain::Grant| grant.named().any(|(name, _)| name == fact);
    if grants.iter().all(named) { Ok(()) } else { Err(fact) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Belongs, Grant};

    #[test]
    fn words_are_one_each_and_read_back() {
        let mut words: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        for action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(*action));
            assert!(![ALL, READ].contains(&action.as_str()));
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Action::ALL.len());
    }

    #[test]
    fn an_auditor_changes_nothing_and_an_agent_reads_only() {
        for action in Action::ALL.iter().filter(|action| **action != Action::OwnAccount) {
            for role in [Role::Auditor, Role::Agent] {
                let may = action.leave(role) != Leave::No;
                assert!(!may || action.reads(), "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn what_belongs_to_nobody_needs_sight_of_everything() {
        let part =
            Scope::Of(vec![Grant(Belongs { client: Some("A".into()), ..Belongs::default() })]);
        for (action, role, scope, may) in [
            (Action::AuditRead, Role::Auditor, &Scope::All, true),
            (Action::AuditRead, Role::Auditor, &part, false),
            (Action::AuditRead, Role::Reviewer, &Scope::All, false),
            (Action::CallsRead, Role::Client, &part, true),
        ] {
            assert_eq!(action.allows(role, scope), may, "{action:?} {role:?}");
        }
    }

    #[test]
    fn a_token_may_what_its_words_say() {
        let scopes = TokenScopes::parse(&["read", "decide"]).unwrap();
        assert!(scopes.allow(Action::CallsRead) && scopes.allow(Action::Decide));
        assert!(!scopes.allow(Action::PeopleWrite));
        assert_eq!(TokenScopes::parse(&["calls.read", "root"]), Err("root".into()));
        assert_eq!(TokenScopes::parse::<&str>(&[]), Err(String::new()));
    }

    #[test]
    fn a_client_is_never_given_everything() {
        let client =
            Scope::Of(vec![Grant(Belongs { client: Some("A".into()), ..Belongs::default() })]);
        for (role, scope, fit) in [
            (Role::Client, &Scope::All, Err("client")),
            (Role::Client, &client, Ok(())),
            (Role::Agent, &client, Err("agent")),
            (Role::VendorManager, &client, Err("vendor")),
            (Role::Reviewer, &Scope::All, Ok(())),
            (Role::Reviewer, &client, Ok(())),
            (Role::Agent, &Scope::Of(Vec::new()), Ok(())),
        ] {
            assert_eq!(fits(role, scope), fit, "{role:?}");
        }
    }
}
