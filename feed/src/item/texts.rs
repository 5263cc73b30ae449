//! What it is called, what is written and shown of it.

use std::{collections::HashSet, sync::Arc};

use commerce::{Image, Product, Taxonomy};
use percent_encoding::NON_ALPHANUMERIC;

use super::{
    Item,
    known::{UNKNOWN, link, text},
};
use crate::{
    scan::has_any,
    settings::parse_link,
    text::{Text, clean},
    value::{Cell, Gap, Map, Value},
};

/// Most characters of a title, and of a description.
const TITLE: usize = 150;
const DESCRIPTION: usize = 5_000;
/// Most reviews and questions of one row.
const VOICES: usize = 20;

/// Names in the contract.
const QUESTION: Text<'static> = Text::plain("q");
const ANSWER: Text<'static> = Text::plain("a");
const HEADING: Text<'static> = Text::plain("title");
const CONTENT: Text<'static> = Text::plain("content");
const RATING: Text<'static> = Text::plain("rating");
/// What ratings are between.
const MIN_RATING: (Text<'static>, Text<'static>) = (Text::plain("minRating"), Text::plain("1"));
const MAX_RATING: (Text<'static>, Text<'static>) = (Text::plain("maxRating"), Text::plain("5"));

impl<'a> Item<'a> {
    pub(super) fn title(&self) -> Cell<'a> {
        shortened(&self.variant.title, TITLE, "variant.title")
    }

    pub(super) fn description(&self) -> Cell<'a> {
        let own = self.variant.description.as_deref().filter(|text| !is_blank(text));
        match own {
            Some(own) => shortened(own, DESCRIPTION, "variant.description"),
            None if is_blank(&self.product.description) => {
                match shortened(&self.variant.title, DESCRIPTION, "variant.title") {
                    Cell::Filled(value, _) => Cell::derived(value, "the title, for want of a text"),
                    empty @ Cell::Empty(_) => empty,
                }
            }
            None => shortened(&self.product.description, DESCRIPTION, "product.description"),
        }
    }

    pub(super) fn url(&self) -> Cell<'a> {
        match link(Some(&self.variant.url), "variant.url") {
            Cell::Empty(Gap::Unknown) => link(Some(&self.product.url), "product.url"),
            cell => cell,
        }
    }

    /// The most telling path of the store's own or Shopify's taxonomy.
    pub(super) fn product_category(&self) -> Cell<'a> {
        let mut categories = self.product.categories.iter();
        match categories.find(|one| one.taxonomy != Taxonomy::Google && !one.path.is_empty()) {
            Some(category) => {
                Cell::platform(Value::Text(joined(&category.path)), "product.categories")
            }
            None => text(self.product.product_type.as_deref(), "product.product_type"),
        }
    }

    pub(super) fn google_category(&self) -> Cell<'a> {
        let mut categories = self.product.categories.iter();
        match categories.find(|one| one.taxonomy == Taxonomy::Google && !one.path.is_empty()) {
            Some(category) => {
                Cell::platform(Value::Text(joined(&category.path)), "product.categories")
            }
            None => UNKNOWN,
        }
    }

    pub(super) fn image_url(&self) -> Cell<'a> {
        match &self.variant.image {
            Some(image) => link(Some(&image.url), "variant.image"),
            None => link(self.product.images.first().map(|one| &one.url), "product.images[0]"),
        }
    }

    /// The product's other pictures, without those that show a sibling.
    pub(super) fn additional_image_urls(&self) -> Cell<'a> {
        let mut urls: Vec<Text<'a>> = Vec::with_capacity(self.product.images.len());
        let links = self.other_images().filter_map(|image| parse_link(&image.url));
        urls.extend(links.map(without_commas));
        if urls.is_empty() {
            return UNKNOWN;
        }
        Cell::platform(Value::Texts(urls), "product.images")
    }

    /// The pictures beside the main one, whatever their addresses.
    pub(crate) fn other_images(&self) -> impl Iterator<Item = &'a Image> {
        let product = self.product;
        let main = self.variant.image.as_ref().or(product.images.first());
        let siblings = self.siblings.clone();
        product.images.iter().filter(move |image| {
            main.is_none_or(|main| main.url != image.url) && !siblings.are_shown_by(image)
        })
    }

    /// What buyers ask, and before it what an agent has to know to order it.
    pub(super) fn questions(&self) -> Cell<'a> {
        let pair = |question: Text<'a>, answer: Text<'a>| -> Map<'a> {
            vec![(QUESTION, question), (ANSWER, answer)]
        };
        let asked = self.product.questions.iter().take(VOICES);
        let asked = asked.map(|one| pair(clean(&one.question), clean(&one.answer)));
        let ordering =
            self.how_to_order().map(|how| pair(Text::plain("How is it ordered?"), how.into()));
        maps(ordering.into_iter().chain(asked).collect(), "product.questions")
    }

    /// An item whose options are not all settled is ordered with the buyer's choices behind its id,
    /// encoded as in a query: `31?Size=M`.
    fn how_to_order(&self) -> Option<String> {
        let open = self.variant.options.iter().filter(|choice| choice.value.is_none());
        let names: Vec<&str> = open.map(|choice| choice.name.as_str()).collect();
        if names.is_empty() {
            return None;
        }
        let item = self.variant.item.as_str();
        let mark = if item.contains('?') { '&' } else { '?' };
        let choices = names.iter().map(|name| {
            format!("{}=VALUE", percent_encoding::utf8_percent_encode(name, NON_ALPHANUMERIC))
        });
        let choices = choices.collect::<Vec<_>>().join("&");
        let names = names.join(" and ");
        Some(format!(
            "{names} is left open: ask the buyer, and order {item}{mark}{choices} with what the \
             buyer says in place of VALUE."
        ))
    }

    pub(super) fn reviews(&self) -> Cell<'a> {
        let entries = self.product.reviews.iter().take(VOICES).map(|review| {
            let mut entry: Map<'a> = Vec::with_capacity(5);
            if let Some(title) = &review.title {
                entry.push((HEADING, clean(title)));
            }
            entry.push((CONTENT, clean(&review.text)));
            if let Some(rating) = review.rating {
                entry.push(MIN_RATING);
                entry.push(MAX_RATING);
                entry.push((RATING, digits(rating)));
            }
            entry
        });
        maps(entries.collect(), "product.reviews")
    }
}

/// The pictures of a product's variants: found once for all of them.
#[derive(Clone, Debug)]
pub(crate) struct Siblings<'a>(Option<Arc<HashSet<&'a str>>>);

impl<'a> Siblings<'a> {
    pub(crate) fn of(product: &'a Product) -> Self {
        // One that has none knows its own picture.
        Self((product.variants.len() > 1).then(|| {
            let pictures = product.variants.iter().filter_map(|one| one.image.as_ref());
            Arc::new(pictures.map(|image| image.url.as_str()).collect())
        }))
    }

    fn are_shown_by(&self, image: &Image) -> bool {
        self.0.as_ref().is_some_and(|pictures| pictures.contains(image.url.as_str()))
    }
}

/// Most ratings have one digit.
fn digits(rating: u8) -> Text<'static> {
    const DIGITS: &str = "0123456789";
    let at = usize::from(rating);
    DIGITS.get(at..=at).map_or_else(|| rating.to_string().into(), Text::from)
}

fn maps<'a>(maps: Vec<Map<'a>>, place: &'static str) -> Cell<'a> {
    if maps.is_empty() { UNKNOWN } else { Cell::platform(Value::Maps(maps), place) }
}

/// A path from broad to narrow, as all readers want it.
pub(crate) fn joined(path: &[String]) -> Text<'_> {
    match path {
        [only] => clean(only),
        path => {
            let mut joined = String::with_capacity(path.iter().map(|step| step.len() + 3).sum());
            for (at, step) in path.iter().enumerate() {
                joined.push_str(if at > 0 { " > " } else { "" });
                joined.push_str(&clean(step));
            }
            joined.into()
        }
    }
}

fn shortened<'a>(text: &'a str, most: usize, place: &'static str) -> Cell<'a> {
    let clean = clean(text);
    if clean.is_empty() {
        return UNKNOWN;
    }
    // Fewer bytes than characters there are never.
    if clean.len() <= most {
        return Cell::platform(Value::Text(clean), place);
    }
    Cell::platform(Value::Text(clean.part(|text| cut(text, most))), place)
}

/// Whether there is nothing to read in it.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// At most so many characters, ending with a whole word.
fn cut(text: &str, most: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most) else { return text };
    let head = &text[..end];
    if text[end..].starts_with(char::is_whitespace) {
        return head.trim_end();
    }
    // A word longer than half of all is no word.
    let word = head.rfind(char::is_whitespace).filter(|at| *at > end / 2);
    head[..word.unwrap_or(end)].trim_end()
}

/// A comma would part the list in a delimited file.
fn without_commas(url: Text<'_>) -> Text<'_> {
    if has_any(url.as_bytes(), |byte| byte == b',') { url.replace(',', "%2C").into() } else { url }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn texts_end_with_a_whole_word() {
        assert_eq!(cut("Linen shirt, sand", 11), "Linen shirt,".trim_end_matches(','));
        assert_eq!(cut("Linen shirt", 8), "Linen");
        assert_eq!(cut("Donaudampfschiff", 5), "Donau");
        assert_eq!(cut("Größe M", 5), "Größe");
        assert_eq!(cut("short", 10), "short");
    }
}
