//! `storebridge check`: what works, what does not, and what the owner should do.

use std::io::Write;

use commerce::{Finding, Hook, HookState, Level};

use crate::{
    catalog::look, config::Config, feeds, hooks, real_world, session::Sealer, store::Store,
};

/// How far a check goes beyond looking.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Whether each store gets an order that is canceled again.
    pub write: bool,
    /// Whether each processor is tried out with test money.
    pub stripe: bool,
}

/// Talks to every store and its processor, writes a readable report, and says whether
/// everything works. Changes nothing anywhere beyond its extent.
pub async fn run(config: &Config, extent: Extent, out: &mut impl Write) -> anyhow::Result<bool> {
    let seams = real_world()?;
    let sealer = Sealer::new(&config.server.session_key);
    let mut worst = Level::Ok;
    for store in &config.stores {
        let wired = Store::alone(store, &seams);
        writeln!(out, "{} ({})", store.name, store.id)?;
        let target = hooks::target(config.server.public_url.as_str(), &sealer, &wired);
        let (platform, hooks, processor) = tokio::join!(
            wired.connector.check(),
            wired.connector.hooks(&target),
            wired.processor.check(),
        );
        let is_reachable = platform.iter().all(|finding| finding.level < Level::Failure);
        let (catalog, seen) = if is_reachable {
            let (finding, seen) = look(wired.connector.as_ref(), seams.clock.now()).await;
            (Some(finding), seen)
        } else {
            (None, None)
        };
        let hooks = hooks.map(|hooks| look_at_hooks(&hooks)).ok();
        let mut findings: Vec<Finding> = platform.into_iter().chain(catalog).chain(hooks).collect();
        findings.extend(feeds::look(&wired, seen.as_ref(), &seams).await);
        if extent.write {
            findings.extend(wired.connector.rehearse().await);
        }
        findings.extend(processor);
        if extent.stripe {
            findings.extend(wired.processor.rehearse().await);
        }
        for finding in &findings {
            worst = worst.max(finding.level);
            print(finding, out)?;
        }
    }
    let verdict = match worst {
        Level::Ok => "Everything works.",
        Level::Warning => "It works; see what could be better above.",
        Level::Failure => "Something does not work; see what to do above.",
    };
    writeln!(out, "{verdict}")?;
    Ok(worst < Level::Failure)
}

/// A store works without hooks; its catalog is fresh a minute later.
fn look_at_hooks(hooks: &[Hook]) -> Finding {
    let count = |state| hooks.iter().filter(|hook| hook.state == state).count();
    let (level, detail) = match (count(HookState::Off), count(HookState::Missing)) {
        (0, 0) => (Level::Ok, "the store tells of its changes"),
        (0, _) => (
            Level::Warning,
            "the store does not tell of all its changes, so it is asked for them: run `storebridge \
             hooks install`",
        ),
        _ => (Level::Warning, "some are switched off: run `storebridge hooks repair`"),
    };
    Finding { level, what: "Hooks".to_owned(), detail: detail.to_owned() }
}

fn print(finding: &Finding, out: &mut impl Write) -> std::io::Result<()> {
    let mark = match finding.level {
        Level::Ok => "ok     ",
        Level::Warning => "warning",
        Level::Failure => "FAILED ",
    };
    writeln!(out, "  {mark}  {}: {}", finding.what, finding.detail)
}
