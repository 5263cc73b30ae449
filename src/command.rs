//! `storebridge feed`: its arguments, and what they ask for.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use feed::{Format, PREVIEW_ROWS, Profile};
use storebridge::{
    config::Config,
    feeds::{
        inspect::{self, Manner, Subject},
        push,
    },
};
use url::Url;

/// What to do about feeds.
#[derive(Subcommand)]
pub(crate) enum FeedCommand {
    /// Say whether the readers of a feed would take it, row by row.
    #[command(after_help = VALIDATE)]
    Validate {
        #[command(flatten)]
        of: Of,
        /// A feed in a file, packed or not, in any format.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "store"])]
        file: Option<PathBuf>,
        /// A feed that is served somewhere.
        #[arg(long, value_name = "URL", conflicts_with = "store")]
        url: Option<Url>,
        /// By whose rules; may be given several times.
        #[arg(long, value_name = "PROFILE", default_value = "openai")]
        profile: Vec<Profile>,
        /// Write one line of JSON for each report.
        #[arg(long)]
        json: bool,
        /// Exit with 1 for warnings.
        #[arg(long)]
        strict: bool,
    },
    /// Write the first rows of a store's feed, and say what has none.
    #[command(after_help = "Example:\n  storebridge feed preview --config storebridge.toml \
        > sample.jsonl   the 100 rows that readers ask for first")]
    Preview {
        #[command(flatten)]
        of: Of,
        /// For whose readers.
        #[arg(long, value_name = "PROFILE", default_value = "openai")]
        profile: Profile,
        /// How rows are written: json, jsonl, csv, tsv or xml.
        #[arg(long, value_name = "FORMAT")]
        format: Option<Format>,
        /// How many.
        #[arg(long, value_name = "ROWS", default_value_t = PREVIEW_ROWS)]
        rows: u32,
    },
    /// Say of every field of a product where its value comes from, or why it is missing.
    #[command(after_help = "Example:\n  storebridge feed explain 4711 --config storebridge.toml")]
    Explain {
        /// The id of a product, or of a variant.
        product: String,
        #[command(flatten)]
        of: Of,
        /// For whose readers.
        #[arg(long, value_name = "PROFILE", default_value = "openai")]
        profile: Profile,
        /// Write JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring every feed where the configuration says: onto SFTP servers, and to agents.
    #[command(
        after_help = "Example:\n  storebridge feed push --config storebridge.toml\n\n`serve` does \
        the same by itself. Nothing goes that would empty a reader's catalog: what is there is read \
        first and compared.\n\nExits with 1 if something failed, with 3 if it was stopped."
    )]
    Push {
        #[command(flatten)]
        of: Of,
        /// Push although the feed is very different from the one that is there. An empty one never
        /// goes.
        #[arg(long)]
        force: bool,
    },
    /// List every field: what holds for it, and what each profile calls it.
    #[command(after_help = "Example:\n  storebridge feed fields | less\n\nR is required, C \
        conditional, r recommended, o optional, S works after the reader has set it up.")]
    Fields {
        /// Write one line of JSON for each field.
        #[arg(long)]
        json: bool,
    },
}

/// Which store.
#[derive(Args)]
pub(crate) struct Of {
    /// The configuration; config/storebridge.example.toml explains every key.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The id of a configured store, where there are several.
    #[arg(long, value_name = "ID")]
    store: Option<String>,
}

const VALIDATE: &str = "Examples:
  storebridge feed validate --config storebridge.toml     what each store would be fed
  storebridge feed validate --file feed.csv.gz --profile google
  storebridge feed validate --url https://shop.example/feed.jsonl --json

Exits with 0 if all is well, 1 for warnings under --strict, 2 for errors, 3 if nothing should be
published.";

/// Does it.
pub(crate) async fn run(command: FeedCommand) -> anyhow::Result<ExitCode> {
    let (mut out, mut aside) = (io::stdout(), io::stderr());
    // On a terminal a bar says how far it is; elsewhere lines do.
    storebridge::telemetry::log(if aside.is_terminal() { "warn" } else { "info" });
    match command {
        FeedCommand::Validate { of, file, url, profile, json, strict } => {
            let subject = match (file, url) {
                (Some(file), _) => Subject::File(file),
                (None, Some(url)) => Subject::Url(url),
                (None, None) => Subject::Stores(Box::new(of.config()?), of.store),
            };
            let manner = Manner { json, strict };
            let code = inspect::run_validate(subject, &profile, manner, &mut out).await?;
            return Ok(ExitCode::from(code));
        }
        FeedCommand::Preview { of, profile, format, rows } => {
            let (config, store) = (of.config()?, of.store.as_deref());
            let to = (&mut out, &mut aside);
            inspect::run_preview(&config, store, profile, format, rows, to).await?;
        }
        FeedCommand::Explain { product, of, profile, json } => {
            let (config, store) = (of.config()?, of.store.as_deref());
            let manner = Manner { json, strict: false };
            inspect::run_explain(&config, store, &product, profile, manner, &mut out).await?;
        }
        FeedCommand::Push { of, force } => {
            let (config, store) = (of.config()?, of.store.as_deref());
            let code = push::run(&config, store, force, &mut out).await?;
            return Ok(ExitCode::from(code));
        }
        FeedCommand::Fields { json } => inspect::run_fields(json, &mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

impl Of {
    fn config(&self) -> anyhow::Result<Config> {
        let path = self.config.as_deref().context(
            "say with --config which store is meant; or name a feed with --file or --url",
        )?;
        Config::load(path)
    }
}
