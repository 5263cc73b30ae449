//! The command line: arguments in, exit code out.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};
use storebridge::config::{Config, ConfigError};

mod command;

/// Lets AI agents buy from your store over the Agentic Commerce Protocol.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve agents in front of the configured stores.
    #[command(after_help = "Example:\n  storebridge serve --config storebridge.toml")]
    Serve {
        /// The configuration; config/storebridge.example.toml explains every key.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Talk to every configured store and to Stripe, and say what works and what to do.
    #[command(after_help = "Examples:\n  storebridge check --config storebridge.toml           \
        change nothing anywhere\n  storebridge check --write --config storebridge.toml   make an \
        order and cancel it\n  storebridge check --stripe --config storebridge.toml  try tokens \
        out with test money\n\nExits with 1 if something does not work.")]
    Check {
        /// Try a purchase out too, up to where money would move: an order is made and canceled.
        #[arg(long)]
        write: bool,
        /// Try out in Stripe's sandbox how payment tokens behave, and say which configuration
        /// follows. Needs a test key; refuses a live one.
        #[arg(long)]
        stripe: bool,
        /// The configuration; config/storebridge.example.toml explains every key.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Have the configured stores tell of changes by themselves.
    #[command(after_help = "Examples:\n  storebridge hooks install --config storebridge.toml   \
        make or mend them\n  storebridge hooks list --config storebridge.toml      do they work?\n  \
        storebridge hooks remove --config storebridge.toml    take them away\n\n\
        The store has to reach public_url. `serve` looks after them once they are installed.")]
    Hooks {
        /// What to do.
        #[arg(value_enum)]
        action: HookAction,
        /// The configuration; config/storebridge.example.toml explains every key.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// See what a store's feed says, why, and whether its readers take it.
    #[command(subcommand)]
    Feed(command::FeedCommand),
    /// Look for purchases that have died on the way, and bring store and Stripe to agree.
    #[command(
        after_help = "Examples:\n  storebridge reconcile --dry-run --config storebridge.toml  \
        say what is not as it should be\n  storebridge reconcile --config storebridge.toml            \
        repair it\n\n`serve` does the same by itself every few minutes. Exits with 1 if something \
        could not be repaired."
    )]
    Reconcile {
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
        /// The configuration; config/storebridge.example.toml explains every key.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Try everything with an emulated store and an emulated Stripe, without any account.
    #[cfg(feature = "demo")]
    #[command(
        after_help = "Examples:\n  storebridge demo            serve, and print what to try\n  \
        storebridge demo --buy      play the agent too: from the feed to an order of each kind\n  \
        storebridge demo --json     one line for scripts, then serve\n  \
        storebridge demo --platform shopify --buy   the same before a Shopify store"
    )]
    Demo {
        /// Where to listen; port 0 takes any free one.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
        listen: std::net::SocketAddr,
        /// Which platform the emulated store runs on.
        #[arg(long, value_enum, default_value_t = storebridge::demo::Kind::Woocommerce)]
        platform: storebridge::demo::Kind,
        /// Print one line of JSON instead of words.
        #[arg(long, conflicts_with = "buy")]
        json: bool,
        /// Buy one thing of each kind, show an order as the store sees it, and end.
        #[arg(long)]
        buy: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum HookAction {
    /// Make what is missing and mend what is off.
    Install,
    /// Say what there is.
    List,
    /// The same as install.
    Repair,
    /// Take all of ours away.
    Remove,
}

const EXAMPLES: &str = "Examples:
  storebridge demo                              everything at once, no account needed
  storebridge check --config storebridge.toml   does my store work?
  storebridge serve --config storebridge.toml   serve agents
  storebridge hooks install --config storebridge.toml   have the store tell of changes
  storebridge feed validate --config storebridge.toml   do readers take my feed?
  storebridge reconcile --config storebridge.toml       end what has died on the way";

/// A configuration that cannot be used (`EX_CONFIG` of sysexits.h).
const EXIT_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(arguments.command)));
    match ended {
        Ok(code) => code,
        // Whoever read our words has gone; there is nobody left to tell.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing to be done if standard error is gone too.
            let _told = writeln!(io::stderr(), "storebridge: {error:#}");
            let config = error.downcast_ref::<ConfigError>().is_some();
            if config { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { config } => {
            let config = Config::load(&config)?;
            storebridge::telemetry::log("info");
            storebridge::serve(config, storebridge::shutdown::signal()?).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { write, stripe, config } => {
            let config = Config::load(&config)?;
            storebridge::telemetry::log("off");
            let extent = storebridge::check::Extent { write, stripe };
            let works = storebridge::check::run(&config, extent, &mut io::stdout()).await?;
            Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Hooks { action, config } => {
            let config = Config::load(&config)?;
            storebridge::telemetry::log("off");
            let action = match action {
                HookAction::Install | HookAction::Repair => storebridge::hooks::Action::Repair,
                HookAction::List => storebridge::hooks::Action::List,
                HookAction::Remove => storebridge::hooks::Action::Remove,
            };
            let is_well = storebridge::hooks::run(&config, action, &mut io::stdout()).await?;
            Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Feed(command) => command::run(command).await,
        Command::Reconcile { dry_run, config } => {
            let config = Config::load(&config)?;
            // How far it is stands in the log where no terminal has a bar for it.
            storebridge::telemetry::log("error,storebridge::progress=info");
            let is_well = storebridge::reconcile::run(&config, !dry_run, &mut io::stdout()).await?;
            Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        #[cfg(feature = "demo")]
        Command::Demo { listen, platform, json, buy } => {
            storebridge::telemetry::log("warn");
            let words = match (json, buy) {
                (true, _) => storebridge::demo::Words::Json,
                (false, true) => storebridge::demo::Words::Buy,
                (false, false) => storebridge::demo::Words::Walk,
            };
            storebridge::demo::run(listen, platform, words, storebridge::shutdown::signal()?)
                .await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
