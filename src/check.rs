//! `storebridge check`: what works, what does not, and what the owner should do.

use std::io::Write;

use commerce::{Finding, Level};

use crate::{config::Config, real_world, store::Store};

/// Talks to every store and its processor, writes a readable report, and says whether
/// everything works. Changes nothing anywhere.
pub async fn run(config: &Config, out: &mut impl Write) -> anyhow::Result<bool> {
    let seams = real_world()?;
    let mut worst = Level::Ok;
    for store in &config.stores {
        let wired = Store::new(store, &seams.transport, &seams.chance, &seams.clock);
        writeln!(out, "{} ({})", store.name, store.id)?;
        let (platform, processor) = tokio::join!(wired.connector.check(), wired.stripe.check());
        for finding in platform.iter().chain(&processor) {
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

fn print(finding: &Finding, out: &mut impl Write) -> std::io::Result<()> {
    let mark = match finding.level {
        Level::Ok => "ok     ",
        Level::Warning => "warning",
        Level::Failure => "FAILED ",
    };
    writeln!(out, "  {mark}  {}: {}", finding.what, finding.detail)
}
