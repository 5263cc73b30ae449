//! How far a reading is: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    sync::LazyLock,
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::time::Instant;
use tracing::info;

/// At most one line in this time.
const LINES_EVERY: Duration = Duration::from_secs(5);

/// All bars of this process, below the log.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Standard error, above the bars.
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// How far one reading is.
pub(super) struct Progress {
    store: String,
    bar: Option<ProgressBar>,
    started: Instant,
    told: Instant,
    products: u64,
}

impl Progress {
    pub(super) fn new(store: &str) -> Self {
        let now = Instant::now();
        let bar = io::stderr().is_terminal().then(|| BARS.add(bar(store)));
        Self { store: store.to_owned(), bar, started: now, told: now, products: 0 }
    }

    /// So many more, of so many.
    pub(super) fn add(&mut self, products: usize, total: Option<u64>) {
        self.products += u64::try_from(products).unwrap_or(0);
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_length(total.max(self.products));
            }
            bar.set_position(self.products);
        } else if self.told.elapsed() >= LINES_EVERY {
            self.told = Instant::now();
            self.tell(total);
        }
    }

    /// All have been read; says how many that are.
    pub(super) fn end(&self) -> u64 {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            BARS.remove(bar);
        }
        self.products
    }

    fn tell(&self, total: Option<u64>) {
        let pace = Pace::of(self.products, total, self.started.elapsed());
        info!(
            store.id = self.store,
            products = self.products,
            total,
            per_second = pace.per_second,
            left_s = pace.left_s,
            "reading the catalog"
        );
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
        let left_s = left.and_then(|left| left.saturating_mul(millis).checked_div(done * 1_000));
        Self { per_second: done.saturating_mul(1_000) / millis, left_s }
    }
}

fn bar(store: &str) -> ProgressBar {
    const TEMPLATE: &str =
        "{prefix} {wide_bar} {human_pos} of {human_len} products, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(TEMPLATE);
    let bar = ProgressBar::no_length().with_prefix(store.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;

    #[test]
    fn the_pace_says_how_long_yet() {
        let pace = |done, total, millis| Pace::of(done, total, Duration::from_millis(millis));
        let expected = |per_second, left_s| Pace { per_second, left_s };
        assert_eq!(pace(1_000, Some(2_000), 2_500), expected(400, Some(2)));
        assert_eq!(pace(0, Some(2_000), 1), expected(0, None));
        assert_eq!(pace(100, None, 1_000), expected(100, None));
        assert_eq!(pace(100, Some(50), 1_000), expected(100, None), "a total that is wrong");
    }
}
