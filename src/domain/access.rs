//! Who may do what, and which calls they see: roles and scopes.
//!
//! A role says what may be done; a scope says to which calls. Both are asked for every row and every
//! byte of audio; `docs/access.md` is the table of who may do what.

/// What a person is to the call centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 质检员: settles findings.
    Reviewer,
    /// 主管: watches a floor.
    Supervisor,
    /// 坐席: sees their own calls.
    Agent,
    /// 甲方: spot-checks the vendor.
    Client,
    /// 乙方: answers for the vendor's people.
    VendorManager,
    /// Runs the system.
    Administrator,
    /// Reads everything, the audit log too, and changes nothing.
    Auditor,
}

impl Role {
    /// All roles, in the order of the access table.
    pub const ALL: [Role; 7] = [
        Role::Reviewer,
        Role::Supervisor,
        Role::Agent,
        Role::Client,
        Role::VendorManager,
        Role::Administrator,
        Role::Auditor,
    ];

    /// The word used in the API and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Reviewer => "reviewer",
            Role::Supervisor => "supervisor",
            Role::Agent => "agent",
            Role::Client => "client",
            Role::VendorManager => "vendor_manager",
            Role::Administrator => "administrator",
            Role::Auditor => "auditor",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// What a call belongs to: the facts by which a scope lets it be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Belongs {
    /// 甲方.
    pub client: Option<String>,
    /// 乙方.
    pub vendor: Option<String>,
    /// 项目.
    pub project: Option<String>,
    /// 班组.
    pub team: Option<String>,
    /// The agent's staff number.
    pub agent: Option<String>,
}

/// A part of the calls: those that agree in every fact the grant names. A call of which a named fact
/// is not known is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant(pub Belongs);

impl Grant {
    /// The facts that are named, with the names of the store's columns.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Belongs { client, vendor, project, team, agent } = &self.0;
        let all = [
            ("client", client),
            ("vendor", vendor),
            ("project", project),
            ("team", team),
            ("agent", agent),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// Which calls somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every one.
    All,
    /// Those of any of these grants; of none, none. A grant that names nothing counts for nothing: who
    /// is to see all is told so by [`Scope::All`] and not by an oversight.
    Of(Vec<Grant>),
}

impl Scope {
    /// Whether the call is in it.
    pub fn sees(&self, call: &Belongs) -> bool {
        let Scope::Of(grants) = self else { return true };
        let fact = |name| match name {
            "client" => call.client.as_deref(),
            "vendor" => call.vendor.as_deref(),
            "project" => call.project.as_deref(),
            "team" => call.team.as_deref(),
            _ => call.agent.as_deref(),
        };
        grants.iter().any(|grant| {
            let mut named = grant.named().peekable();
            named.peek().is_some() && named.all(|(name, value)| fact(name) == Some(value))
        })
    }

    /// Whether whoever has this scope sees all that whoever has the other one sees. What sees nothing is
    /// nobody's part: only who sees everything covers it.
    pub fn covers(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::All, _) => true,
            (Scope::Of(_), Scope::All) => false,
            // What agrees in all facts of a grant is seen if those facts alone are seen.
            (Scope::Of(_), Scope::Of(grants)) => {
                let counts = |grant: &&Grant| grant.named().next().is_some();
                let mut grants = grants.iter().filter(counts).peekable();
                grants.peek().is_some() && grants.all(|grant| self.sees(&grant.0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(client: Option<&str>, team: Option<&str>) -> Belongs {
        Belongs {
            client: client.map(str::to_owned),
            team: team.map(str::to_owned),
            ..Belongs::default()
        }
    }

    #[test]
    fn a_scope_sees_what_agrees_in_every_named_fact() {
        let scope = Scope::Of(vec![Grant(of(Some("A"), None)), Grant(of(Some("B"), Some("1")))]);
        for (call, seen) in [
            (of(Some("A"), None), true),
            (of(Some("A"), Some("9")), true),
            (of(Some("B"), Some("1")), true),
            (of(Some("B"), Some("2")), false),
            (of(Some("B"), None), false),
            (of(None, Some("1")), false),
        ] {
            assert_eq!(scope.sees(&call), seen, "{call:?}");
            assert!(Scope::All.sees(&call));
            assert!(!Scope::Of(Vec::new()).sees(&call));
            assert!(!Scope::Of(vec![Grant::default()]).sees(&call));
        }
    }

    #[test]
    fn a_scope_covers_what_it_sees_all_of() {
        let part = |grants: &[(Option<&str>, Option<&str>)]| {
            Scope::Of(grants.iter().map(|(client, team)| Grant(of(*client, *team))).collect())
        };
        let a = part(&[(Some("A"), None)]);
        for (scope, other, covers) in [
            (&Scope::All, &Scope::All, true),
            (&Scope::All, &a, true),
            (&a, &Scope::All, false),
            (&a, &part(&[(Some("A"), Some("1"))]), true),
            (&part(&[(Some("A"), Some("1"))]), &a, false),
            (&a, &part(&[(Some("A"), Some("1")), (Some("B"), None)]), false),
            (&a, &part(&[(None, Some("1"))]), false),
            (&a, &part(&[]), false),
            (&Scope::All, &part(&[]), true),
        ] {
            assert_eq!(scope.covers(other), covers, "{scope:?} {other:?}");
        }
    }

    #[test]
    fn roles_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
