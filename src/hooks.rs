//! `storebridge hooks`: having stores tell of changes by themselves.

use std::io::Write;

use commerce::{Hook, HookState, HookTarget};

use crate::{config::Config, real_world, session::Sealer, store::Store};

/// What to do about a store's hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Say what there is.
    List,
    /// Make what is missing and mend what is off.
    Repair,
    /// Take all of ours away.
    Remove,
}

/// Does it for every store and writes what was found. `false` if something is not as it should be.
pub async fn run(config: &Config, action: Action, out: &mut impl Write) -> anyhow::Result<bool> {
    let seams = real_world()?;
    let sealer = Sealer::new(&config.server.session_key);
    let mut is_well = true;
    for store in &config.stores {
        let wired = Store::alone(store, &seams);
        let target = target(config.server.public_url.as_str(), &sealer, &wired);
        writeln!(out, "{} ({}) to {}", store.name, store.id, target.url)?;
        let found = match action {
            Action::List => wired.connector.hooks(&target).await,
            Action::Repair => wired.connector.repair_hooks(&target).await,
            Action::Remove => {
                let removed = wired.connector.remove_hooks(&target).await;
                match removed {
                    Ok(count) => writeln!(out, "  {count} removed")?,
                    Err(error) => {
                        is_well = false;
                        writeln!(out, "  FAILED   {error}. Run `storebridge check`")?;
                    }
                }
                continue;
            }
        };
        match found {
            Ok(hooks) => {
                for hook in &hooks {
                    writeln!(out, "  {:<9}{}", word(hook, action), hook.topic)?;
                    is_well &= action == Action::Repair || hook.state == HookState::Active;
                }
            }
            Err(error) => {
                is_well = false;
                writeln!(out, "  FAILED   {error}. Run `storebridge check`")?;
            }
        }
    }
    if !is_well && action == Action::List {
        writeln!(out, "Run `storebridge hooks install` to have the store tell of changes.")?;
    }
    Ok(is_well)
}

/// Where a store's hooks come in.
pub(crate) fn target(public_url: &str, sealer: &Sealer, store: &Store) -> HookTarget {
    let base = public_url.trim_end_matches('/');
    HookTarget {
        url: format!("{base}/hooks/{}/{}", store.id, store.platform),
        secret: sealer.hook_secret(&store.id),
    }
}

/// Mends hooks that were made once and do not tell any more; leaves a store alone that has none.
pub(crate) async fn look_after(
    store: &Store,
    target: &HookTarget,
) -> Result<(), commerce::ConnectorError> {
    let hooks = store.connector.hooks(target).await?;
    let silent = |hook: &Hook| hook.state != HookState::Active;
    let is_used = hooks.iter().any(|hook| hook.state != HookState::Missing);
    if is_used && hooks.iter().any(silent) {
        let topics: Vec<&str> =
            hooks.iter().filter(|hook| silent(hook)).map(|hook| hook.topic.as_str()).collect();
        tracing::warn!(store.id = store.id, ?topics, "hooks were silent and are mended");
        store.connector.repair_hooks(target).await?;
    }
    Ok(())
}

const fn word(hook: &Hook, action: Action) -> &'static str {
    match (hook.state, action) {
        (HookState::Active, _) => "active",
        (HookState::Off, Action::Repair) => "mended",
        (HookState::Missing, Action::Repair) => "made",
        (HookState::Off, _) => "OFF",
        (HookState::Missing, _) => "MISSING",
    }
}
