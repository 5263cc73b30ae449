//! `storebridge feed validate`, `preview`, `explain`, `fields`: what a feed says, why, and whether
//! its readers take it. Nothing is changed anywhere.

use std::{fs, io::Write, path::PathBuf, sync::Arc};

use ::catalog::Snapshot;
use anyhow::{Context, bail};
use commerce::{Product, ProductId};
use feed::{
    CONCEPTS, Feed, Format, Packing, Plan, Profile, READ_BYTES_MAX, Report, Writer, explain,
    preview, validate,
};
use http::Request;
use serde_json::json;
use url::Url;

use crate::{
    Seams, catalog,
    config::{self, Config},
    real_world,
    store::Store,
};

/// What is to be validated.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A file.
    File(PathBuf),
    /// What is served at an address.
    Url(Url),
    /// What configured stores would be fed: one of them, or all.
    Stores(Box<Config>, Option<String>),
}

/// How a report is written.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// As one line of JSON for each report.
    pub json: bool,
    /// Whether warnings are errors.
    pub strict: bool,
}

/// Validates by the rules of each profile, and tells what to exit with: 0 clean, 1 warnings where
/// they count, 2 errors, 3 not to be published.
pub async fn run_validate(
    subject: Subject,
    profiles: &[Profile],
    manner: Manner,
    out: &mut impl Write,
) -> anyhow::Result<u8> {
    let mut worst = 0;
    let mut tell = |name: &str, report: &Report| -> anyhow::Result<()> {
        if manner.json {
            let mut line = serde_json::to_value(report)?;
            line["subject"] = name.into();
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{name}\n{report}")?;
        }
        worst = worst.max(report.exit_code(manner.strict));
        Ok(())
    };
    match subject {
        Subject::File(path) => {
            let bytes = read(&path)?;
            for profile in profiles {
                tell(&path.display().to_string(), &validate(&bytes, *profile))?;
            }
        }
        Subject::Url(url) => {
            let bytes = fetch(&url).await?;
            for profile in profiles {
                tell(url.as_str(), &validate(&bytes, *profile))?;
            }
        }
        Subject::Stores(config, id) => {
            let seams = real_world()?;
            for store in chosen(&config, id.as_deref())? {
                let store = Store::alone(store, &seams);
                let products = whole(&store, &seams).await?;
                for profile in profiles {
                    tell(&store.id, &report(&store.feeds.plan(), &products, *profile))?;
                }
            }
        }
    }
    Ok(worst)
}

/// Writes the first rows of a store's feed, and to `aside` what has none.
pub async fn run_preview(
    config: &Config,
    store: Option<&str>,
    profile: Profile,
    format: Option<Format>,
    rows: u32,
    (out, aside): (&mut impl Write, &mut impl Write),
) -> anyhow::Result<()> {
    let seams = real_world()?;
    let store = Store::alone(one(config, store)?, &seams);
    store.feeds.look(store.connector.as_ref()).await?;
    let writer = writer(&store, profile, format)?;
    let (mut products, mut from, mut found) = (Vec::new(), None, 0);
    loop {
        let page = store.connector.products(from.as_ref()).await?;
        found += page.products.iter().map(|product| writer.segment(product).rows).sum::<u32>();
        products.extend(page.products);
        from = page.next;
        if from.is_none() || found >= rows {
            break;
        }
    }
    products.sort_by(|one: &Product, other| feed::order(&one.id, &other.id));
    let preview = preview(&writer, &products, rows);
    out.write_all(preview.text.as_bytes())?;
    writeln!(aside, "{} rows of {profile} as {}", preview.rows, preview.format)?;
    for (_, left_out) in &preview.left_out {
        writeln!(aside, "  {} has none: {}", left_out.item.as_str(), left_out.reason)?;
    }
    Ok(())
}

/// Says of every field of a product where its value came from, or why it is missing.
pub async fn run_explain(
    config: &Config,
    store: Option<&str>,
    product: &str,
    profile: Profile,
    manner: Manner,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let seams = real_world()?;
    let store = Store::alone(one(config, store)?, &seams);
    store.feeds.look(store.connector.as_ref()).await?;
    let found = store.connector.product(&ProductId::new(product)).await?;
    let found = found.with_context(|| {
        format!("the store {} has no product or variant {product:?}; write its id", store.id)
    })?;
    let explanation = explain(&store.feeds.plan(), profile, &found);
    if manner.json {
        writeln!(out, "{}", serde_json::to_string(&explanation)?)?;
    } else {
        write!(out, "{explanation}")?;
    }
    Ok(())
}

/// Lists every field with what each profile calls it.
pub fn run_fields(json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    for concept in CONCEPTS {
        let columns = feed::PROFILES.into_iter().filter_map(|profile| {
            let column = profile.column(*concept)?;
            Some((profile, column))
        });
        if json {
            let columns: serde_json::Map<_, _> = columns
                .map(|(profile, column)| {
                    let told = json!({ "column": column.name, "need": column.need.letter() });
                    (profile.name().to_owned(), told)
                })
                .collect();
            let line = json!({
                "field": concept.key(),
                "rule": concept.rule(),
                "woocommerce": concept.on_woocommerce().letter(),
                "shopify": concept.on_shopify().letter(),
                "profiles": columns,
            });
            writeln!(out, "{line}")?;
        } else {
            let names: Vec<String> = columns
                .map(|(profile, column)| {
                    let other = if column.name == concept.key() { "" } else { column.name };
                    format!("{profile} {} {other}", column.need.letter()).trim_end().to_owned()
                })
                .collect();
            writeln!(out, "{:<28}{}", concept.key(), concept.rule())?;
            writeln!(out, "{:<28}{}", "", names.join(", "))?;
        }
    }
    Ok(())
}

/// What readers of a profile would say of a store's feed, rows that have been left out among it.
pub(super) fn report(plan: &Arc<Plan>, products: &Snapshot, profile: Profile) -> Report {
    let writer = Writer::new(Arc::clone(plan), profile, usual(profile));
    let writer = writer.expect("a format of the profile");
    let mut left_out = Vec::new();
    let shown = products.iter().filter(|entry| entry.exclusion().is_none());
    let segments = shown.map(|entry| {
        let mut segment = writer.segment(&entry.read());
        left_out.append(&mut segment.left_out);
        segment
    });
    let feed = Feed::build(&writer, Packing::None, segments);
    let bytes = feed.pieces().collect::<Vec<_>>().concat();
    let mut report = validate(&bytes, profile);
    for one in &left_out {
        report.add_left_out(one);
    }
    report
}

/// A store's catalog, read whole.
pub(super) async fn whole(store: &Store, seams: &Seams) -> anyhow::Result<Arc<Snapshot>> {
    store.feeds.look(store.connector.as_ref()).await?;
    let read = catalog::read_whole(store, seams.clock.as_ref()).await;
    read.with_context(|| format!("the catalog of {} cannot be read", store.id))
}

fn writer(store: &Store, profile: Profile, format: Option<Format>) -> anyhow::Result<Writer> {
    Ok(Writer::new(store.feeds.plan(), profile, format.unwrap_or(usual(profile)))?)
}

/// A format that the profile's readers take: lines where they do.
fn usual(profile: Profile) -> Format {
    if profile.takes(Format::Jsonl) { Format::Jsonl } else { Format::Csv }
}

/// The store of that id, or all.
pub(super) fn chosen<'c>(
    config: &'c Config,
    id: Option<&str>,
) -> anyhow::Result<Vec<&'c config::Store>> {
    let chosen: Vec<_> =
        config.stores.iter().filter(|store| id.is_none_or(|id| store.id == id)).collect();
    if chosen.is_empty() {
        let ids: Vec<&str> = config.stores.iter().map(|store| store.id.as_str()).collect();
        bail!("there is no store {:?}; there are: {}", id.unwrap_or_default(), ids.join(", "));
    }
    Ok(chosen)
}

fn one<'c>(config: &'c Config, id: Option<&str>) -> anyhow::Result<&'c config::Store> {
    match chosen(config, id)?.as_slice() {
        [only] => Ok(only),
        _ => bail!("there are several stores; say which with --store"),
    }
}

fn read(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let about = || format!("cannot read {}", path.display());
    let length = fs::metadata(path).with_context(about)?.len();
    if length > READ_BYTES_MAX {
        bail!("{} has {length} bytes; {READ_BYTES_MAX} are read at most", path.display());
    }
    fs::read(path).with_context(about)
}

async fn fetch(url: &Url) -> anyhow::Result<bytes::Bytes> {
    let request = Request::get(url.as_str()).body(bytes::Bytes::new())?;
    let most = usize::try_from(READ_BYTES_MAX)?;
    let answer = real_world()?.transport.send(request, most).await;
    let answer = answer.with_context(|| format!("cannot read {url}"))?;
    if !answer.status().is_success() {
        bail!("{url} answers {}; a feed is served with 200", answer.status());
    }
    Ok(answer.into_body())
}
