//! Lists by position, so that nothing is passed over that is there from beginning to end.
//!
//! Every window begins on the last entry of the one before. Where it does not, something before it
//! has gone and everything behind has moved up: then the stretch between is read again. A window
//! may hold fewer entries than it covers, because the store leaves out what it cannot load.

use std::sync::atomic::{AtomicUsize, Ordering};

use commerce::{ConnectorError, Cursor, Effect};
use futures_util::future::try_join_all;
use tracing::warn;

use super::{
    PAGE,
    wire::{Shown, shown},
};
use crate::WooCommerce;

/// What a store is asked for at once at the least, however slow it is.
const WINDOW_MIN: usize = 12;
/// So many products of a stretch may be left out; where more cannot be read, it is the list.
const LEFT_OUT_MAX: usize = 5;
/// What a list is never longer than, whatever its headers say.
const POSITIONS_MAX: usize = 10_000_000;

/// Which list.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    /// What its calls are called.
    pub(super) name: &'static str,
    /// What it is narrowed down to, such as `&modified_after=…`.
    pub(super) query: &'a str,
    /// The members wanted.
    pub(super) fields: &'a str,
}

/// How far a list has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Entries before this one have been seen.
    position: usize,
    /// The last entry seen.
    last: u64,
    /// How long the list is, where the store has said so.
    total: Option<usize>,
}

impl Place {
    /// The beginning, or where a cursor points to.
    pub(super) fn at(cursor: Option<&Cursor>) -> Self {
        let mut parts = cursor.map_or("", Cursor::as_str).split('/').map(str::parse::<u64>);
        let mut next = || parts.next().and_then(Result::ok);
        let (position, last, total) = (next(), next(), next());
        let size = |number: Option<u64>| number.and_then(|number| usize::try_from(number).ok());
        Self { position: size(position).unwrap_or(0), last: last.unwrap_or(0), total: size(total) }
    }

    fn cursor(self) -> Cursor {
        let total = self.total.map_or_else(String::new, |total| total.to_string());
        Cursor::new(format!("{}/{}/{total}", self.position, self.last))
    }
}

/// Some neighbors of a list.
pub(super) struct Stretch {
    /// By id, none twice.
    pub(super) entries: Vec<Shown>,
    /// Where the next one begins; `None` at the end.
    pub(super) next: Option<Cursor>,
    /// How long the list is, where the store says so.
    pub(super) total: Option<u64>,
}

struct Window {
    entries: Vec<Shown>,
    total: Option<usize>,
}

impl WooCommerce {
    /// The next stretch of a list: as many windows at once as the store does well with.
    pub(super) async fn stretch(
        &self,
        list: List<'_>,
        place: Place,
    ) -> Result<Stretch, ConnectorError> {
        self.reading.left_out.store(0, Ordering::Relaxed);
        let size = self.reading.window.size();
        let ahead = place.total.map_or(1, |total| {
            total.saturating_sub(place.position).div_ceil(size - 1).clamp(1, self.catalog_calls)
        });
        // Each begins on the last entry of the one before it.
        let first = place.position.saturating_sub(1);
        let starts: Vec<usize> = (0..ahead).map(|nth| first + nth * (size - 1)).collect();
        let windows =
            try_join_all(starts.iter().map(|start| self.window(list, *start, size))).await?;

        let (mut entries, mut seen) = (Vec::new(), place.last);
        let (mut total, mut is_short) = (place.total, false);
        for (start, window) in starts.iter().zip(windows) {
            let has_moved = seen != 0 && window.entries.first().is_some_and(|one| one.id > seen);
            if has_moved {
                let from = start.saturating_sub(size - 1);
                take(&mut entries, &mut seen, self.window(list, from, size).await?.entries);
            }
            is_short = window.entries.len() < size;
            // One that says less than there is to see is wrong.
            total = window.total.filter(|total| *total >= start + window.entries.len());
            take(&mut entries, &mut seen, window.entries);
        }
        if entries.is_empty() && !is_short {
            return Err(ConnectorError::Unreadable {
                call: list.name,
                effect: Effect::None,
                source: "the store shows the same page again; something in front of it takes the \
                         offset away"
                    .into(),
            });
        }
        let position = starts.last().map_or(0, |start| start + size);
        // Without a count only a stretch without anything new is the end.
        let is_behind = entries.is_empty() || total.is_some_and(|total| position >= total);
        let ended = (is_short && is_behind) || position > POSITIONS_MAX;
        let next = Place { position, last: seen, total };
        Ok(Stretch {
            entries,
            next: (!ended).then(|| next.cursor()),
            total: total.and_then(|total| u64::try_from(total).ok()),
        })
    }

    /// One window. A store that answers but not with all of this is asked for half of it, then for
    /// the other half; down to the one product whose plugin dies.
    async fn window(
        &self,
        list: List<'_>,
        start: usize,
        size: usize,
    ) -> Result<Window, ConnectorError> {
        let List { name, query, fields } = list;
        let path = format!(
            "/products?per_page={size}&offset={start}&orderby=id&order=asc{query}&_fields={fields}"
        );
        let (error, is_too_much) = match self.client.get_answer(name, &path).await {
            Ok(answer) => match shown(name, &answer) {
                Ok(entries) => {
                    let total = answer.header("x-wp-total").and_then(|total| total.parse().ok());
                    return Ok(Window { entries, total });
                }
                Err(error) => (error, true),
            },
            Err(error) => {
                let is_too_much = is_too_much(&error);
                (error, is_too_much)
            }
        };
        if !is_too_much || !self.answers(list).await {
            return Err(error);
        }
        let half = self.reading.window.halve(size);
        if half == size {
            if self.reading.left_out.fetch_add(1, Ordering::Relaxed) >= LEFT_OUT_MAX {
                return Err(error);
            }
            warn!(position = start, %error, "a product cannot be read; it is left out");
            return Ok(Window { entries: Vec::new(), total: None });
        }
        let mut first = Box::pin(self.window(list, start, half)).await?;
        let rest = Box::pin(self.window(list, start + half, size - half)).await?;
        first.entries.extend(rest.entries);
        Ok(Window { total: first.total.or(rest.total), ..first })
    }

    /// Whether the store answers at all.
    async fn answers(&self, list: List<'_>) -> bool {
        self.client.get_answer(list.name, "/products?per_page=1&_fields=id").await.is_ok()
    }
}

/// Whether it may have been more than the store could make, or more than we take. A store that
/// names a time to come back is busy and not unable.
const fn is_too_much(error: &ConnectorError) -> bool {
    matches!(error, ConnectorError::Unavailable { retry_after: None, .. })
}

/// Adds what has not been seen yet.
fn take(entries: &mut Vec<Shown>, seen: &mut u64, found: Vec<Shown>) {
    for one in found {
        if one.id > *seen {
            *seen = one.id;
            entries.push(one);
        }
    }
}

/// How many entries the store makes in time; learned.
pub(crate) struct WindowSize(AtomicUsize);

impl WindowSize {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(PAGE))
    }

    fn size(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Half of a window; from now on none is larger, within reason.
    fn halve(&self, size: usize) -> usize {
        let half = size.div_ceil(2);
        self.0.fetch_min(half.max(WINDOW_MIN), Ordering::Relaxed);
        half
    }
}
