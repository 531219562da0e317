//! `lingting keys`: the master keys that seal audio, clear texts and secrets at rest.
//!
//! In: the configuration's key file. Out: what is sealed by which key, a new key, or everything wrapped by the newest.
//! No key is ever shown.

use std::collections::BTreeMap;

use clap::Subcommand;

use super::args::ServiceArgs;
use super::say::Say;
use super::serve::{Trouble, load, wait};
use crate::app::config::Config;
use crate::blobs::{Blobs, Keys, Rotation};
use crate::store::audit::Deed;
use crate::store::{Store, now_us};
use crate::webhooks::{is_stale, seal_anew};

#[derive(Debug, clap::Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    action: KeysAction,
}

#[derive(Debug, Subcommand)]
enum KeysAction {
    /// Say which keys there are, and how much is sealed by each
    Status(ServiceArgs),
    /// Make the key file, or put a new key at its end: the one in use from the next start on
    Add(KeysAddArgs),
    /// Wrap everything by the newest key; may be stopped and run again
    Rotate(KeysRotateArgs),
}

#[derive(Debug, clap::Args)]
struct KeysAddArgs {
    /// The key's name, such as 2026-11
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    service: ServiceArgs,
}

#[derive(Debug, clap::Args)]
struct KeysRotateArgs {
    /// Only count
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    service: ServiceArgs,
}

pub(super) fn run(args: &KeysArgs, say: Say) -> bool {
    let done = match &args.action {
        KeysAction::Status(service) => status(service, say),
        KeysAction::Add(add) => new_key(add, say),
        KeysAction::Rotate(rotate) => wrap_all(rotate, say),
    };
    done.map_or_else(|error| say.failed(&error), |()| true)
}

fn new_key(args: &KeysAddArgs, say: Say) -> Result<(), Trouble> {
    let config = load(&args.service)?;
    let path = config.blobs.key_file.as_deref().ok_or(Trouble::NoKeyFile)?;
    let made = if path.exists() { Keys::add(path, &args.id) } else { Keys::create(path, &args.id) };
    made.map_err(crate::blobs::BlobError::from)?;
    let text = say.either(
        "added; copy the key file elsewhere, restart the service, then run `lingting keys rotate`",
        "已添加；请另存密钥文件副本，重启服务，然后执行 `lingting keys rotate`",
    );
    say.line(&format!("{}: {text}", path.display()));
    Ok(())
}

/// Opens blobs that have a key file.
fn sealing(config: &Config) -> Result<Blobs, Trouble> {
    if config.blobs.key_file.is_none() {
        return Err(Trouble::NoKeyFile);
    }
    Ok(Blobs::open(&config.blobs)?)
}

async fn counted(blobs: &Blobs, dry: bool) -> Result<Rotation, Trouble> {
    let bar = indicatif::ProgressBar::new_spinner();
    let told = |so_far: &Rotation| bar.set_position(so_far.by_key.values().sum());
    let rotation = blobs.rotate(dry, told).await?;
    bar.finish_and_clear();
    Ok(rotation)
}

fn status(service: &ServiceArgs, say: Say) -> Result<(), Trouble> {
    let config = load(service)?;
    let blobs = sealing(&config)?;
    let (rotation, secrets) = wait(async {
        let store = Store::open(&config.store).await?;
        let hooks = store.webhooks("", u32::MAX).await?;
        store.close().await?;
        let mut secrets: BTreeMap<String, u64> = BTreeMap::new();
        for text in
            hooks.iter().flat_map(|hook| [&hook.url, &hook.secret]).filter(|t| !t.is_empty())
        {
            let key = Blobs::key_of_text(text).unwrap_or("-").to_owned();
            *secrets.entry(key).or_default() += 1;
        }
        Ok((counted(&blobs, true).await?, secrets))
    })?;
    let ids = blobs.key_ids();
    let known = |key: &str| ids.contains(&key);
    let strange: Vec<&str> = rotation
        .by_key
        .keys()
        .chain(secrets.keys())
        .map(String::as_str)
        .filter(|key| !known(key))
        .collect();
    for id in ids.iter().copied().chain(strange) {
        let active =
            if ids.last() == Some(&id) { say.either("  in use", "  使用中") } else { "" };
        let (of_blobs, of_secrets) = (rotation.by_key.get(id), secrets.get(id));
        let (blob_word, secret_word) =
            (say.either("blobs", "个文件"), say.either("secrets", "个密文"));
        let (n, m) = (of_blobs.unwrap_or(&0), of_secrets.unwrap_or(&0));
        say.line(&format!("{id}: {n} {blob_word}, {m} {secret_word}{active}"));
    }
    told(&rotation, say)
}

fn wrap_all(args: &KeysRotateArgs, say: Say) -> Result<(), Trouble> {
    let config = load(&args.service)?;
    let blobs = sealing(&config)?;
    let (rotation, secrets) = wait(async {
        let store = Store::open(&config.store).await?;
        let secrets = if args.dry_run {
            let hooks = store.webhooks("", u32::MAX).await?;
            hooks.iter().filter(|hook| is_stale(&blobs, hook)).count() as u64
        } else {
            seal_anew(&store, &blobs).await?
        };
        let rotation = counted(&blobs, args.dry_run).await?;
        if !args.dry_run {
            let key = blobs.key_ids().last().copied().unwrap_or_default();
            let Rotation { rewrapped, failed, .. } = &rotation;
            let detail = serde_json::json!({
                "key": key, "blobs": rewrapped, "failed": failed, "webhooks": secrets,
            });
            let detail = detail.to_string();
            let deed = Deed { actor: "cli", action: "keys.rotate", object: "", detail: &detail };
            store.audit(now_us(), &deed).await?;
        }
        store.close().await?;
        Ok((rotation, secrets))
    })?;
    let what = match args.dry_run {
        true => say.either("would be wrapped by the newest key", "将改用最新密钥"),
        false => say.either("now wrapped by the newest key", "已改用最新密钥"),
    };
    let (of_blobs, hooks) = (say.either("blobs", "个文件"), say.either("webhooks", "个回调"));
    say.line(&format!("{what}: {} {of_blobs}, {secrets} {hooks}", rotation.rewrapped));
    told(&rotation, say)
}

/// Names what does not open; it is an error, because its key must not go.
fn told(rotation: &Rotation, say: Say) -> Result<(), Trouble> {
    for (name, why) in &rotation.named {
        say.line(&format!("{name}: {why}"));
    }
    match rotation.failed {
        0 => Ok(()),
        failed => Err(Trouble::KeysFailed(failed)),
    }
}
