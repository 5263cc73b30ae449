//! The registry as a table in `docs/feed.md`, and how much of each profile the invented catalog
//! fills. `UPDATE_GOLDEN=1` writes both anew.

use std::{
    collections::BTreeSet,
    fmt::Write,
    path::{Path, PathBuf},
};

use feed::{CONCEPTS, Concept, Means, NATIVE, PROFILES, Profile, explain};

use crate::{
    catalog::{plan, products},
    golden::{check_file, is_update},
};

const BEGIN: &str = "<!-- begin: written by a test -->\n";
const END: &str = "<!-- end -->\n";

fn doc() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/feed.md")
}

#[test]
fn the_counts_are_those_of_the_contracts() {
    let count = |profile: Profile| profile.columns().len();
    assert_eq!(count(Profile::OpenAi), 53);
    assert_eq!(count(Profile::OpenAiExtended), 81);
    assert_eq!(count(Profile::OpenAi2025), 71);
    assert_eq!(count(Profile::Google), 37);
    let native: BTreeSet<Concept> = [Profile::OpenAi, Profile::OpenAiExtended, Profile::OpenAi2025]
        .into_iter()
        .flat_map(Profile::columns)
        .map(|column| column.concept)
        .collect();
    assert_eq!(NATIVE, 86);
    // `shipping_price` of the second generation is in none of the others but today's.
    assert_eq!(native.into_iter().collect::<Vec<_>>(), CONCEPTS[..NATIVE]);
    for profile in PROFILES {
        let names: BTreeSet<&str> = profile.columns().iter().map(|column| column.name).collect();
        assert_eq!(names.len(), count(profile), "{profile} names a column twice");
    }
    let keys: BTreeSet<&str> = CONCEPTS.iter().map(|concept| concept.key()).collect();
    assert_eq!(keys.len(), CONCEPTS.len());
}

/// Every concept that a platform can know is filled somewhere in the invented catalog, and with
/// the configuration beside it every column of every profile is.
#[test]
fn every_column_can_be_filled() {
    for profile in PROFILES {
        let empty: Vec<&str> = profile
            .columns()
            .iter()
            .map(|column| column.name)
            .filter(|column| !filled(profile).contains(column))
            .collect();
        let expected: &[&str] = match profile {
            // One price for the market says it, so the tuple is empty.
            Profile::OpenAi => &["shipping"],
            // A shirt has three options, of which one is neither color nor size.
            Profile::OpenAiExtended | Profile::OpenAi2025 => &[
                "Custom_variant2_category",
                "Custom_variant2_option",
                "Custom_variant3_category",
                "Custom_variant3_option",
            ],
            Profile::Google | Profile::Stripe => {
                &["custom_label_1", "custom_label_2", "custom_label_3", "custom_label_4"]
            }
            Profile::Acp => &[],
        };
        assert_eq!(empty, expected, "{profile}");
    }
}

fn filled(profile: Profile) -> BTreeSet<&'static str> {
    let products = products();
    let explained = products.iter().map(|product| explain(&plan(), profile, product));
    explained
        .flat_map(|one| one.items)
        .flat_map(|item| item.fields)
        .filter(|field| field.value.is_some())
        .map(|field| field.column)
        .collect()
}

#[test]
fn the_documentation_has_the_table() {
    let text = std::fs::read_to_string(doc()).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    check_file(&doc(), format!("{before}{BEGIN}{}{END}{after}", table()).as_bytes());
    assert!(is_update() || text.contains("| `item_id` |"));
}

fn table() -> String {
    let mut table = String::new();
    let mut line = |text: &str| writeln!(table, "{text}").unwrap();
    line(
        "| Profile | Columns | Without configuration, WooCommerce | Shopify | Filled in the test catalog |",
    );
    line("|---|---:|---:|---:|---:|");
    for profile in PROFILES {
        let columns = profile.columns();
        let known = |means: fn(Concept) -> Means| {
            let is_known = |means| matches!(means, Means::Automatic | Means::Derived);
            columns.iter().filter(|column| is_known(means(column.concept))).count()
        };
        line(&format!(
            "| `{profile}` | {} | {} | {} | {} |",
            columns.len(),
            known(Concept::on_woocommerce),
            known(Concept::on_shopify),
            filled(profile).len()
        ));
    }
    line("");
    line("| Field | Rule | Woo | Shopify | openai | extended | 2025 | google | stripe | acp |");
    line("|---|---|:-:|:-:|---|---|---|---|---|---|");
    for (at, concept) in CONCEPTS.iter().enumerate() {
        if at == NATIVE {
            line("| *beyond the native contract* | | | | | | | | | |");
        }
        let cells: Vec<String> = PROFILES
            .into_iter()
            .map(|profile| match profile.column(*concept) {
                Some(column) if column.name == concept.key() => column.need.letter().to_string(),
                Some(column) => format!("{} `{}`", column.need.letter(), column.name),
                None => String::new(),
            })
            .collect();
        line(&format!(
            "| `{concept}` | {} | {} | {} | {} |",
            concept.rule(),
            concept.on_woocommerce().letter(),
            concept.on_shopify().letter(),
            cells.join(" | ")
        ));
    }
    table
}

#[test]
fn the_documented_configuration_is_one() {
    let text = std::fs::read_to_string(doc()).unwrap();
    let sample = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let settings = toml::from_str(sample).unwrap();
    assert!(feed::Plan::new(&settings, commerce::Storefront::default()).is_ok());
}

#[test]
fn the_documentation_has_the_rules() {
    const BEGIN: &str = "<!-- begin rules: written by a test -->\n";
    const END: &str = "<!-- end rules -->\n";
    let mut table =
        "| Rule | Severity | What it wants | What to do |\n|---|---|---|---|\n".to_owned();
    for rule in feed::RULES {
        let severity = rule.severity.name();
        writeln!(table, "| {} | {severity} | {} | {} |", rule.id, rule.wants, rule.fix).unwrap();
    }
    let text = std::fs::read_to_string(doc()).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    check_file(&doc(), format!("{before}{BEGIN}{table}{END}{after}").as_bytes());
}
