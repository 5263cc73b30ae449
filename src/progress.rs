//! How far long work is: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    sync::LazyLock,
    time::Duration,
};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
use tokio::time::Instant;
use tracing::info;

/// At most one line in this time.
const LINES_EVERY: Duration = Duration::from_secs(5);

/// All bars of this process, below the log.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Where words go while there are bars: above them.
pub(crate) struct Above<W>(pub(crate) W);

impl<W: Write> Write for Above<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// A catalog is read, product by product.
    Reading,
    /// A feed is put on a server, byte by byte; its rows are there with the last one of a file.
    Putting,
    /// Products are brought to an agent, and beside them their bytes are counted.
    Bringing,
    /// Sessions are looked at, and beside them those counted that were not as they should be.
    Looking,
}

/// How far one piece of work is.
pub(crate) struct Progress {
    work: Work,
    store: String,
    /// Where it goes, if anywhere.
    to: Option<String>,
    bar: Option<ProgressBar>,
    started: Instant,
    told: Instant,
    done: u64,
    beside: u64,
}

impl Work {
    const fn words(self) -> &'static str {
        match self {
            Self::Reading => "reading the catalog",
            Self::Putting => "putting the feed",
            Self::Bringing => "bringing products",
            Self::Looking => "looking at sessions",
        }
    }

    /// What is counted.
    const fn unit(self) -> &'static str {
        match self {
            Self::Reading | Self::Bringing => "products",
            Self::Putting => "bytes",
            Self::Looking => "sessions",
        }
    }

    /// What is counted beside it, in words.
    fn beside(self, count: u64) -> String {
        match self {
            Self::Reading => String::new(),
            Self::Putting => format!("{count} rows there"),
            Self::Bringing => format!("{} sent", HumanBytes(count)),
            Self::Looking => format!("{count} not as they should be"),
        }
    }
}

impl Progress {
    pub(crate) fn new(work: Work, store: &str) -> Self {
        let now = Instant::now();
        let bar = io::stderr().is_terminal().then(|| BARS.add(bar(work, store)));
        let (store, to) = (store.to_owned(), None);
        Self { work, store, to, bar, started: now, told: now, done: 0, beside: 0 }
    }

    /// Says where it goes too.
    pub(crate) fn to(mut self, reader: &str) -> Self {
        self.to = Some(reader.to_owned());
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("{} to {reader}", self.store));
        }
        self
    }

    /// So much more, of so much.
    pub(crate) fn add(&mut self, done: u64, total: Option<u64>) {
        self.done += done;
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_length(total.max(self.done));
            }
            bar.set_position(self.done);
        } else if self.is_due() {
            self.tell(total);
        }
    }

    /// So many more of what is counted beside it.
    pub(crate) fn add_beside(&mut self, count: u64) {
        self.beside += count;
        if let Some(bar) = &self.bar {
            bar.set_message(self.work.beside(self.beside));
        }
    }

    /// All is done; says how much that is.
    pub(crate) fn end(&self) -> u64 {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            BARS.remove(bar);
        }
        self.done
    }

    /// Whether a line may be written again.
    fn is_due(&mut self) -> bool {
        let is_due = self.told.elapsed() >= LINES_EVERY;
        if is_due {
            self.told = Instant::now();
        }
        is_due
    }

    fn tell(&self, total: Option<u64>) {
        let pace = Pace::of(self.done, total, self.started.elapsed());
        info!(
            store.id = self.store,
            to = self.to,
            done = self.done,
            total,
            unit = self.work.unit(),
            per_second = pace.per_second,
            left_s = pace.left_s,
            beside = self.work.beside(self.beside),
            "{}",
            self.work.words()
        );
    }
}

impl Drop for Progress {
    /// Work that failed leaves no bar behind.
    fn drop(&mut self) {
        self.end();
    }
}

/// How fast, and how long yet.
#[derive(Debug, PartialEq, Eq)]
struct Pace {
    per_second: u64,
    left_s: Option<u64>,
}

impl Pace {
    fn of(done: u64, total: Option<u64>, elapsed: Duration) -> Self {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let left = total.and_then(|total| total.checked_sub(done));
        let left_s = left
            .and_then(|left| left.saturating_mul(millis).checked_div(done.saturating_mul(1_000)));
        Self { per_second: done.saturating_mul(1_000) / millis, left_s }
    }
}

fn bar(work: Work, store: &str) -> ProgressBar {
    let bar = ProgressBar::no_length().with_prefix(store.to_owned());
    match ProgressStyle::with_template(&template(work)) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn template(work: Work) -> String {
    let counted = match work {
        Work::Putting => "{bytes} of {total_bytes}, {bytes_per_sec}".to_owned(),
        _ => format!("{{human_pos}} of {{human_len}} {}, {{per_sec}}", work.unit()),
    };
    format!("{{prefix}} {{wide_bar}} {counted}, {{eta}} left {{msg}}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use indicatif::ProgressStyle;
    use tokio::time::advance;

    use super::{Pace, Progress, Work, template};

    #[test]
    fn the_pace_says_how_long_yet() {
        let pace = |done, total, millis| Pace::of(done, total, Duration::from_millis(millis));
        let expected = |per_second, left_s| Pace { per_second, left_s };
        assert_eq!(pace(1_000, Some(2_000), 2_500), expected(400, Some(2)));
        assert_eq!(pace(0, Some(2_000), 1), expected(0, None));
        assert_eq!(pace(100, None, 1_000), expected(100, None));
        assert_eq!(pace(100, Some(50), 1_000), expected(100, None), "a total that is wrong");
    }

    /// However much is done, and however fast.
    #[tokio::test(start_paused = true)]
    async fn lines_come_every_five_seconds_at_most() {
        let mut progress = Progress::new(Work::Putting, "shop");
        let mut lines = 0;
        for _ in 0..6_000 {
            advance(Duration::from_millis(10)).await;
            lines += u32::from(progress.is_due());
        }
        assert_eq!(lines, 12, "in a minute");
    }

    #[test]
    fn every_bar_is_one() {
        for work in [Work::Reading, Work::Putting, Work::Bringing, Work::Looking] {
            assert!(ProgressStyle::with_template(&template(work)).is_ok(), "{work:?}");
        }
    }

    #[test]
    fn what_is_counted_beside_is_said() {
        let told = |work: Work| work.beside(2_048);
        assert_eq!(told(Work::Bringing), "2.00 KiB sent");
        assert_eq!(told(Work::Putting), "2048 rows there");
        assert_eq!(told(Work::Looking), "2048 not as they should be");
    }
}
