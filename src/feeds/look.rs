//! What `storebridge check` says of a store's feeds.

use std::sync::Arc;

use commerce::{Finding, Level};
use feed::{PROFILES, Profile, Report, Severity};

use super::{inspect, push};
use crate::{
    Seams,
    catalog::{Seen, beside},
    chain::Chain,
    store::Store,
};

/// How many reasons are told; `storebridge feed validate` has them all.
const REASONS: usize = 3;

/// What readers would say of the products that were seen, and whether feeds get where they go.
pub(crate) async fn look(store: &Store, seen: Option<&Seen>, seams: &Seams) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(seen) = seen {
        if let Err(error) = store.feeds.look(store.connector.as_ref()).await {
            let detail = format!("the store's settings cannot be read: {}", Chain(&error));
            findings.push(Finding { level: Level::Warning, what: "Feed".to_owned(), detail });
        }
        for profile in profiles(store) {
            findings.push(rows(store, seen, profile).await);
        }
    }
    // What is missing beyond the products that were seen cannot be told from what is gone.
    let whole = seen.filter(|seen| seen.is_whole).map(|seen| &seen.snapshot);
    findings.extend(push::look(store, whole, seams).await);
    findings
}

/// For whom the store has feeds brought, or else whoever asks first.
fn profiles(store: &Store) -> Vec<Profile> {
    let config = store.feeds.config();
    let is_brought = |profile: &Profile| match profile {
        Profile::Acp if !config.api.is_empty() => true,
        _ => config.sftp.iter().any(|push| push.profile == *profile),
    };
    let brought: Vec<Profile> = PROFILES.into_iter().filter(is_brought).collect();
    if brought.is_empty() { vec![Profile::OpenAi] } else { brought }
}

async fn rows(store: &Store, seen: &Seen, profile: Profile) -> Finding {
    let (plan, snapshot) = (store.feeds.plan(), Arc::clone(&seen.snapshot));
    let report = beside(move || inspect::report(&plan, &snapshot, profile)).await;
    let level = if report.rows_rejected > 0 { Level::Warning } else { Level::Ok };
    Finding { level, what: format!("Feed {profile}"), detail: told(&report) }
}

/// How many rows are refused, and what to do about the most frequent reasons.
fn told(report: &Report) -> String {
    if report.rows_rejected == 0 {
        return format!("readers take all {} rows", report.rows_read);
    }
    let rule = |id: &str| feed::RULES.iter().find(|rule| rule.id == id);
    let mut reasons: Vec<_> = report
        .rules
        .iter()
        .filter_map(|(id, count)| Some((rule(id)?, *count)))
        .filter(|(rule, _)| report.findings.iter().any(|one| is_refusal(one, rule.id)))
        .collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words = reasons
        .into_iter()
        .take(REASONS)
        .map(|(rule, count)| format!("{} x{count}, {}: {}", rule.id, rule.wants, rule.fix));
    let words: Vec<String> = words.collect();
    let (read, rejected) = (report.rows_read, report.rows_rejected);
    format!("of {read} rows readers refuse {rejected}: {}", words.join("; "))
}

fn is_refusal(finding: &feed::Finding, rule: &str) -> bool {
    finding.rule == rule && finding.severity == Severity::Error
}
