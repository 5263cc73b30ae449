//! An export's lines: a product, and below it what hangs on it, each with the id of its parent.
//!
//! They are read a stretch at a time. The last product of a stretch may go on in the next one, so the
//! next one begins with it. Where a part does not stand below its product, the product is named and
//! has to be read by itself.

use std::collections::BTreeSet;

use serde::{Deserialize, de::DeserializeOwned};
use tracing::warn;

use super::{
    bulk::Export,
    wire::{Medium, Metafield, Shown, ShownVariant},
};
use crate::id::Kind;

/// Whole products of a stretch.
#[derive(Debug, Default)]
pub(super) struct Families {
    /// In the order of the export.
    pub(super) products: Vec<Shown>,
    /// Numbers of products, or of variants, of which a part stood elsewhere.
    pub(super) strays: BTreeSet<u64>,
    /// How many products the whole export has.
    pub(super) total: u64,
    /// Where the next stretch begins; `None` after the last.
    pub(super) next: Option<Export>,
}

/// What a stretch of lines holds.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    pub(super) products: Vec<Shown>,
    pub(super) strays: BTreeSet<u64>,
    /// Products that began in it and are whole, those that cannot be read included.
    pub(super) roots: u64,
    /// How many bytes of it are done with.
    pub(super) used: usize,
}

/// What every line has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    id: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default, rename = "__parentId")]
    parent: Option<std::borrow::Cow<'a, str>>,
}

/// The product that lines are being added to.
struct Open {
    start: usize,
    shown: Shown,
}

impl Stretch {
    /// Reads the whole lines of a stretch; `is_last` if nothing follows it.
    pub(super) fn read(bytes: &[u8], is_last: bool) -> Self {
        let (mut stretch, mut open, mut at) = (Self::default(), None::<Open>, 0);
        while at < bytes.len() {
            let rest = &bytes[at..];
            let length = match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if is_last => rest.len(),
                None => break,
            };
            stretch.line(&rest[..length], at, &mut open);
            at += length;
        }
        match open {
            Some(open) if !is_last => stretch.used = open.start,
            open => {
                stretch.close(open);
                stretch.used = at;
            }
        }
        stretch
    }

    fn line(&mut self, line: &[u8], at: usize, open: &mut Option<Open>) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let Some(head) = decoded::<Head<'_>>(line) else { return };
        let id = head.id.as_deref().unwrap_or_default();
        let Some(parent) = head.parent.as_deref() else {
            self.close(open.take());
            // What cannot be read has only its id here.
            let shown =
                owned(line).unwrap_or_else(|| Shown { id: id.to_owned(), ..Shown::default() });
            *open = Some(Open { start: at, shown });
            return;
        };
        let is_placed = open.as_mut().is_some_and(|open| open.take(id, parent, line));
        let stray = Kind::Product.number(parent).or_else(|| Kind::ProductVariant.number(parent));
        if let Some(stray) = stray.filter(|_| !is_placed) {
            self.strays.insert(stray);
        }
    }

    fn close(&mut self, open: Option<Open>) {
        let Some(Open { shown, .. }) = open else { return };
        self.roots += 1;
        // An export of ids has no more than that.
        let is_bare = shown.title.is_empty() && shown.variants.nodes.is_empty();
        match shown.number().filter(|_| is_bare) {
            Some(number) => {
                self.strays.insert(number);
            }
            None => self.products.push(shown),
        }
    }
}

impl Open {
    /// Adds a line to the product, if it belongs there.
    fn take(&mut self, id: &str, parent: &str, line: &[u8]) -> bool {
        let kind = id.strip_prefix("gid://shopify/").and_then(|rest| rest.split('/').next());
        if parent == self.shown.id {
            match kind {
                Some("ProductVariant") => {
                    self.shown.variants.nodes.extend(owned::<ShownVariant>(line));
                }
                Some("Metafield") => self.shown.metafields.nodes.extend(owned::<Metafield>(line)),
                _ => self.shown.media.nodes.extend(owned::<Medium>(line)),
            }
            return true;
        }
        let variants = &mut self.shown.variants.nodes;
        let variant = variants.iter_mut().rev().find(|variant| variant.id == parent);
        if let Some(variant) = variant {
            variant.media.nodes.extend(owned::<Medium>(line));
            return true;
        }
        false
    }
}

fn decoded<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Option<T> {
    serde_json::from_slice(line)
        .inspect_err(|error| warn!(%error, "a line of an export cannot be read"))
        .ok()
}

fn owned<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    decoded(line)
}

#[cfg(test)]
mod tests {
    use super::Stretch;

    const LINES: &str = concat!(
        r#"{"id":"gid://shopify/Product/1","title":"One"}"#,
        "\n",
        r#"{"id":"gid://shopify/ProductVariant/11","price":"1.00","__parentId":"gid://shopify/Product/1"}"#,
        "\n",
        r#"{"id":"gid://shopify/MediaImage/111","__parentId":"gid://shopify/ProductVariant/11"}"#,
        "\n",
        r#"{"id":"gid://shopify/Metafield/12","namespace":"custom","key":"brand","value":"Grün","__parentId":"gid://shopify/Product/1"}"#,
        "\n",
        r#"{"id":"gid://shopify/Product/2","title":"Zwei"}"#,
        "\n",
        r#"{"id":"gid://shopify/ProductVariant/21","__parentId":"gid://shopify/Product/2"}"#,
        "\n",
    );

    #[test]
    fn children_belong_to_the_product_above_them() {
        let whole = Stretch::read(LINES.as_bytes(), true);
        assert_eq!((whole.products.len(), whole.roots, whole.used), (2, 2, LINES.len()));
        let one = &whole.products[0];
        assert_eq!(one.variants.nodes.len(), 1);
        assert_eq!(one.variants.nodes[0].media.nodes.len(), 1);
        assert_eq!(one.metafields.nodes[0].value, "Grün");
        assert!(whole.strays.is_empty());
    }

    /// Wherever a stretch is cut, the next one begins with a product.
    #[test]
    fn a_stretch_may_be_cut_anywhere() {
        let second = LINES.find(r#"{"id":"gid://shopify/Product/2"#).unwrap();
        for cut in 0..LINES.len() {
            let stretch = Stretch::read(&LINES.as_bytes()[..cut], false);
            let seen = LINES.as_bytes()[..cut].windows(3).filter(|w| w == b"Zwe").count();
            assert!(matches!(stretch.used, 0) || stretch.used == second, "{cut}");
            assert_eq!(stretch.products.len(), usize::from(stretch.used == second), "{cut}");
            assert!(stretch.strays.is_empty(), "{cut}: {seen}");
            let rest = Stretch::read(&LINES.as_bytes()[stretch.used..], true);
            assert_eq!(stretch.roots + rest.roots, 2, "{cut}");
        }
    }

    #[test]
    fn what_stands_elsewhere_is_named() {
        let mut lines: Vec<&str> = LINES.lines().collect();
        lines.swap(1, 4);
        let astray = Stretch::read(lines.join("\n").as_bytes(), true);
        assert_eq!(
            astray.strays.into_iter().collect::<Vec<_>>(),
            [1, 11],
            "a variant, its picture"
        );
        let broken = LINES.replace(r#""title":"One"}"#, r#""title":7}"#);
        let read = Stretch::read(broken.as_bytes(), true);
        assert_eq!((read.roots, read.products.len()), (2, 2));
        assert!(read.products[0].title.is_empty(), "what cannot be read has only its id");
    }
}
