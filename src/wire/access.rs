//! Scopes as JSON: in the store and in the API.
//!
//! In: a [`Scope`], or JSON. Out: the other. A scope that names nothing sees nothing.

use serde::{Deserialize, Serialize};

use crate::domain::{Belongs, Grant, Scope};

/// Which calls somebody sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "service", schema(as = Scope))]
#[serde(deny_unknown_fields)]
pub struct ScopeBody {
    /// Every call there is.
    #[serde(default)]
    pub all: bool,
    /// Else those of any of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantBody>,
}

/// Calls that agree in every fact named here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "service", schema(as = Grant))]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    /// 甲方.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// 乙方.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// 项目.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// 班组.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The agent's staff number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

impl From<&Scope> for ScopeBody {
    fn from(scope: &Scope) -> Self {
        let Scope::Of(grants) = scope else { return Self { all: true, grants: Vec::new() } };
        let body = |Grant(part): &Grant| GrantBody {
            client: part.client.clone(),
            vendor: part.vendor.clone(),
            project: part.project.clone(),
            team: part.team.clone(),
            agent: part.agent.clone(),
        };
        Self { all: false, grants: grants.iter().map(body).collect() }
    }
}

impl From<ScopeBody> for Scope {
    fn from(body: ScopeBody) -> Self {
        if body.all {
            return Scope::All;
        }
        let grant = |GrantBody { client, vendor, project, team, agent }| {
            Grant(Belongs { client, vendor, project, team, agent })
        };
        Scope::Of(body.grants.into_iter().map(grant).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back() {
        let client = Belongs { client: Some("云帆".into()), ..Belongs::default() };
        for scope in [Scope::All, Scope::Of(Vec::new()), Scope::Of(vec![Grant(client)])] {
            let json = serde_json::to_string(&ScopeBody::from(&scope)).unwrap();
            let back: ScopeBody = serde_json::from_str(&json).unwrap();
            assert_eq!(Scope::from(back), scope, "{json}");
        }
        assert!(serde_json::from_str::<ScopeBody>(r#"{"everything":true}"#).is_err());
    }
}
