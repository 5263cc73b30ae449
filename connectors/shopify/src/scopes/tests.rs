//! The least scopes, worked out of every document, every hook and the table that comes with the schema.

use std::collections::BTreeMap;

use apollo_compiler::{ExecutableDocument, executable::Selection};

use super::{Granted, SCOPES};
use crate::{
    hooks::TOPICS,
    operation::tests::{asset, documents, schema},
};

/// Of each need one has to be granted.
type Needs = BTreeMap<String, Vec<String>>;

/// `Type` or `Type.field`, and the scopes of which one is enough.
fn table() -> Needs {
    let text = asset("access_2026-10.tsv.gz");
    let rows = text.lines().map(|line| {
        let mut cells = line.split('\t');
        let (name, scopes) = (cells.next().unwrap(), cells.next().unwrap_or_default());
        (name.to_owned(), scopes.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    });
    let mut table: Needs = rows.filter(|(_, scopes)| !scopes.is_empty()).collect();
    // The documentation knows what the table leaves out.
    for (name, scope) in
        [("Mutation.refundCreate", "write_orders"), ("QueryRoot.deliveryProfiles", "read_shipping")]
    {
        table.insert(name.to_owned(), vec![scope.to_owned()]);
    }
    table
}

fn walk(
    document: &ExecutableDocument,
    set: &apollo_compiler::executable::SelectionSet,
    table: &Needs,
    found: &mut Needs,
) {
    for selection in &set.selections {
        let below = match selection {
            Selection::Field(field) => {
                let inner = field.ty().inner_named_type().as_str();
                let kinds = [
                    format!("{}.{}", set.ty, field.name),
                    inner.trim_end_matches("Connection").to_owned(),
                ];
                for kind in kinds {
                    if let Some(scopes) = table.get(&kind) {
                        found.insert(kind, scopes.clone());
                    }
                }
                &field.selection_set
            }
            Selection::InlineFragment(fragment) => {
                let kind = fragment.selection_set.ty.to_string();
                if let Some(scopes) = table.get(&kind) {
                    found.insert(kind, scopes.clone());
                }
                &fragment.selection_set
            }
            Selection::FragmentSpread(spread) => {
                &document.fragments[&spread.fragment_name].selection_set
            }
        };
        walk(document, below, table, found);
    }
}

/// What everything we ask for needs, by who needs it.
fn needs() -> BTreeMap<String, Needs> {
    let (schema, table) = (schema(), table());
    let mut needs = BTreeMap::new();
    for (name, text) in documents() {
        let document = ExecutableDocument::parse_and_validate(&schema, &text, &name);
        let document = document.unwrap_or_else(|error| panic!("{name}: {}", error.errors));
        let mut found = Needs::new();
        for operation in document.operations.iter() {
            walk(&document, &operation.selection_set, &table, &mut found);
        }
        needs.insert(name, found);
    }
    for topic in &TOPICS {
        let scopes = topic.scope.map(|scope| vec![scope.to_owned()]);
        let own = scopes.map(|scopes| (topic.name.to_owned(), scopes));
        needs.insert(topic.name.to_owned(), own.into_iter().collect());
    }
    needs
}

fn unmet(needs: &BTreeMap<String, Needs>, granted: &Granted) -> Vec<String> {
    let mut unmet = Vec::new();
    for (who, own) in needs {
        for (what, scopes) in own {
            if !scopes.iter().any(|scope| granted.hold(scope)) {
                unmet.push(format!("{who}: {what} needs one of {scopes:?}"));
            }
        }
    }
    unmet
}

#[test]
fn the_scopes_are_enough_and_none_is_too_many() {
    let needs = needs();
    let all = || SCOPES.iter().map(|scope| scope.name.to_owned());
    assert_eq!(unmet(&needs, &Granted(all().collect())), Vec::<String>::new());
    for scope in &SCOPES {
        let others = all().filter(|name| name != scope.name).collect();
        assert!(!unmet(&needs, &Granted(others)).is_empty(), "{} is not needed", scope.name);
    }
}

#[test]
fn every_topic_is_one_of_the_schemas() {
    let schema = schema();
    let known = &schema.get_enum("WebhookSubscriptionTopic").unwrap().values;
    for topic in &TOPICS {
        assert!(known.contains_key(topic.name), "{}", topic.name);
        assert_eq!(topic.word.replace('/', "_").to_uppercase(), topic.name);
        assert!(topic.scope.is_none_or(|scope| scope.starts_with("read_")), "{}", topic.name);
    }
    let names: std::collections::BTreeSet<_> = TOPICS.iter().map(|topic| topic.name).collect();
    assert_eq!(names.len(), TOPICS.len(), "each once");
}

#[test]
fn a_scope_to_write_is_one_to_read() {
    let granted = Granted(["write_orders".to_owned()].into());
    assert!(granted.hold("read_orders") && granted.hold("write_orders"));
    assert!(!granted.hold("read_products") && !granted.hold("write_products"));
}
