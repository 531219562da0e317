//! Who follows live calls, and how long they may.

use crate::access::TokenScopes;
use crate::api::caller::Via;
use crate::api::fixture::World;
use crate::api::live::floor::Arrival;
use crate::domain::{Belongs, Grant, Role, Scope};
use crate::store::people::person_of;

use super::*;

fn team(name: &str) -> Belongs {
    Belongs { team: Some(name.into()), ..Belongs::default() }
}

#[tokio::test]
async fn who_may_no_longer_read_is_given_nothing_more() {
    let world = World::new().await;
    let (state, store) = (&world.state, &world.state.store);
    let id = world.person("sam", Role::Supervisor, Scope::Of(vec![Grant(team("a"))])).await;
    world.token(&id, &["all"]).await;
    let token = store.tokens_of(&id).await.unwrap().remove(0);
    let via = Via::Token(Arc::new(token.clone()), TokenScopes::parse(&["all"]).unwrap());
    let caller = Caller { via, ..world.caller(&id).await };
    let arrival = |id: &str| Arrival { belongs: team("a"), ..Arrival::of(id) };
    let floor = Arc::clone(&state.ports.floor);
    let (call, _orders) = floor.enter(arrival("c1")).unwrap();
    let watching = |one: Option<&Arc<LiveCall>>| {
        let (send, receive) = mpsc::channel(AHEAD);
        let (changes, one, caller) = (floor.watch(), one.cloned(), caller.clone());
        (Watching { changes, told: None, one, caller, send, due: BTreeMap::new() }, receive)
    };
    let ((mut wall, mut on_wall), (mut page, _on_page)) = (watching(None), watching(Some(&call)));
    assert!(wall.may_still(state).await && page.may_still(state).await);
    assert!(wall.change(Change::Call(Arc::clone(&call))).await && wall.pictures().await);
    assert!(format!("{:?}", on_wall.try_recv().unwrap()).contains("call"));

    // It goes over to another team: gone from the wall, and its page ends.
    assert!(call.set_belongs(team("b")));
    assert!(wall.change(Change::Call(Arc::clone(&call))).await && wall.pictures().await);
    assert!(format!("{:?}", on_wall.try_recv().unwrap()).contains("gone"));
    assert!(on_wall.try_recv().is_err());
    assert!(wall.may_still(state).await && !page.may_still(state).await);
    assert!(!page.wants(&call));

    // A wider grant counts without logging in again; a token that is revoked, or a disabled account, ends it.
    let mut person = person_of(store, &id).await.unwrap().unwrap();
    person.scope = Scope::All;
    let tx = store.begin().await.unwrap();
    tx.change_person(&person).await.unwrap();
    tx.commit().await.unwrap();
    assert!(page.may_still(state).await && page.wants(&call));
    let tx = store.begin().await.unwrap();
    assert!(tx.revoke_token(&token.id, 1).await.unwrap());
    tx.commit().await.unwrap();
    assert!(!wall.may_still(state).await);
}
