//! Operations: documents of `operations/`, each with its name and what it costs.

use upstream::Kind;

/// One GraphQL operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// What it is called in spans, metrics and errors, such as `draft.read`.
    pub(crate) name: &'static str,
    /// The document.
    pub(crate) text: &'static str,
    /// Points it costs at most with the variables that we send, by Shopify's formula. What the store
    /// says it costs takes its place.
    pub(crate) points: u32,
    /// Whether a repeat is harmless.
    pub(crate) kind: Kind,
    /// Whether it may change something.
    pub(crate) is_write: bool,
}

impl Operation {
    /// Changes nothing.
    pub(crate) const fn read(name: &'static str, text: &'static str, points: u32) -> Self {
        Self { name, text, points, kind: Kind::Repeatable, is_write: false }
    }

    /// Sets absolute values, or is recognized by its key: may be repeated.
    pub(crate) const fn write(name: &'static str, text: &'static str, points: u32) -> Self {
        Self { name, text, points, kind: Kind::Repeatable, is_write: true }
    }

    /// Would happen twice if it were repeated: sent once.
    pub(crate) const fn write_once(name: &'static str, text: &'static str, points: u32) -> Self {
        Self { name, text, points, kind: Kind::Once, is_write: true }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{collections::BTreeMap, fs, io::Read, path::Path};

    use apollo_compiler::{ExecutableDocument, Schema, validation::Valid};
    use flate2::read::GzDecoder;

    /// One of the files that come with the emulators.
    pub(crate) fn asset(name: &str) -> String {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/emulators/assets/shopify");
        let mut text = String::new();
        GzDecoder::new(&*fs::read(folder.join(name)).unwrap()).read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn schema() -> Valid<Schema> {
        Schema::parse_and_validate(asset("admin_2026-10.graphql.gz"), "admin.graphql").unwrap()
    }

    /// Every document, with the fragments that it names.
    pub(crate) fn documents() -> BTreeMap<String, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/operations");
        let fragments = texts(&folder.join("fragments"));
        let mut documents = texts(&folder);
        assert!(documents.len() > 30, "the documents are there");
        for whole in documents.values_mut() {
            loop {
                let missing = fragments.values().find(|fragment| {
                    let named = fragment.split_whitespace().nth(1).unwrap();
                    whole.contains(&format!("...{named}")) && !whole.contains(fragment.as_str())
                });
                let Some(missing) = missing else { break };
                whole.push_str(missing);
            }
        }
        documents
    }

    fn texts(folder: &Path) -> BTreeMap<String, String> {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "graphql"));
        files
            .map(|path| {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(&path).unwrap())
            })
            .collect()
    }

    /// By Shopify's own schema.
    #[test]
    fn every_document_is_valid() {
        let schema = schema();
        for (name, text) in documents() {
            if let Err(errors) = ExecutableDocument::parse_and_validate(&schema, &text, &name) {
                panic!("{name}: {}", errors.errors);
            }
        }
    }

    /// What is taken from the budget before the store has said what a call costs.
    #[test]
    fn points_are_what_the_formula_says() {
        use crate::{
            catalog, change, check, commit, draft, hooks, notes, offers, place, rates, refund,
            sale, scopes, shop, storefront, sweep,
        };

        // As many rows as a cart has, and fewer; as many metafields as are always read.
        let variables = serde_json::json!({ "lines": 12, "fields": 18, "priced": true });
        let own = [
            &change::OPEN_DRAFT,
            &change::PRICE_DRAFT,
            &change::WRITE_DRAFT,
            &commit::HELD_STOCK,
            &draft::DELIVERY_OPTIONS,
            &draft::READ_DRAFT,
            &notes::KEEP_TOLD,
            &notes::READ_ATTRIBUTES,
            &notes::WRITE_ATTRIBUTES,
            &offers::LOOK,
            &offers::OFFERS,
            &place::LOOK_TO_PLACE,
            &place::MARK_PAID,
            &place::PLACE_ORDER,
            &place::STAMP_ORDER,
            &rates::READ_PLACES,
            &refund::BOOK_REFUND,
            &refund::REFUNDABLE,
            &sale::LIST_DRAFTS,
            &sale::ORDERS_SINCE,
            &sale::ORDER_OF_DRAFT,
            &sale::READ_ORDER,
            &shop::READ_SHOP,
            &sweep::DELETE_DRAFT,
            &hooks::LIST,
            &hooks::CREATE,
            &hooks::UPDATE,
            &hooks::DELETE,
            &scopes::READ,
            &storefront::POLICIES,
            &storefront::PICKUPS,
        ];
        for operation in own.into_iter().chain(catalog::OPERATIONS).chain(check::OPERATIONS) {
            let nothing = serde_json::Value::Null;
            let (most, _) =
                emulators::shopify::weigh(operation.text, &variables, &nothing).unwrap();
            assert_eq!(u64::from(operation.points), most, "{}", operation.name);
        }
    }
}
