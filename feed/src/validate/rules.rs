//! The rules of a feed: what each wants, how bad it is to break it, and what to do.

use serde::Serialize;

use crate::profile::Profile;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A hint.
    Info,
    /// The row goes; the reader drops the value, or the listing suffers.
    Warning,
    /// The reader refuses the row, or it would mislead buyers.
    Error,
    /// Nothing is to be published.
    Fatal,
}

impl Severity {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name in reports.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What it wants.
    pub wants: &'static str,
    /// What to do.
    pub fix: &'static str,
}

use Severity::{Error, Fatal, Info, Warning};

/// All rules that need neither the network nor the store.
pub const RULES: &[Rule] = &[
    rule("F01", Fatal, "the file is UTF-8", "save it as UTF-8"),
    rule(
        "F01m",
        Warning,
        "no byte-order mark stands before the text",
        "save it as UTF-8 without a mark",
    ),
    rule(
        "F02",
        Error,
        "each line is one object",
        "write one JSON object a line, without empty lines",
    ),
    rule(
        "F03",
        Fatal,
        "one header with lower-case names, none of them twice",
        "name each column once, as the profile has it",
    ),
    rule(
        "F04",
        Error,
        "each row has the header's cells, and JSON in cells can be read",
        "quote cells that hold the delimiter, a quote or a line break, and double the quotes in them",
    ),
    rule(
        "F05",
        Warning,
        "the profile knows the column",
        "leave it out, or choose the profile that knows it",
    ),
    rule(
        "F06",
        Fatal,
        "a column and its old name are not both there",
        "keep today's name: for some columns the old one wins",
    ),
    rule(
        "F07",
        Fatal,
        "the file is whole and is what it is taken for",
        "build it anew; a file is published only when it is finished",
    ),
    rule("F08", Warning, "a file has at most 500,000 rows and 500 MB", "split it into shards"),
    rule("F09", Fatal, "at least one row can be used", "see what is wrong with the rows"),
    rule(
        "F10",
        Fatal,
        "at most 20% of the rows that are there are gone",
        "see whether the store was read to its end; if the products are really gone, force the push \
         once or raise guard.lost_percent_max",
    ),
    rule(
        "F11",
        Fatal,
        "at most 5% of the rows that are there, or of all at first, lack a value the reader wants",
        "fill the value in the store or under defaults; to leave those rows out, force the push once \
         or raise guard.incomplete_percent_max",
    ),
    rule("F12", Error, "an item's id stands in one row only", "give each variant an id of its own"),
    rule("F13", Error, "all prices have one currency", "write one feed for each currency"),
    rule(
        "F14",
        Fatal,
        "at most 10% of the items have another id",
        "go back to the ids that were sent before; to change them all the same, force the push once \
         or raise guard.renamed_percent_max",
    ),
    rule(
        "F15",
        Fatal,
        "at most 10% of the prices have changed by half or more",
        "see whether minor and major units are mixed up; if prices are as they should be, force the \
         push once or raise guard.repriced_percent_max",
    ),
    rule(
        "F16",
        Warning,
        "the share of items in stock has not collapsed",
        "see whether the store's stock was read",
    ),
    rule(
        "F17",
        Warning,
        "the catalog that a feed is made of is younger than a day",
        "see why the store cannot be read; nothing older is pushed, unless guard.catalog_age_h_max \
         says otherwise",
    ),
    rule(
        "F17f",
        Fatal,
        "the catalog that a feed is made of is younger than 13 days",
        "see why the store cannot be read: after 14 days readers forget its products",
    ),
    rule(
        "I01",
        Error,
        "an id is there, trimmed, of at most 100 characters",
        "use the platform's id",
    ),
    rule(
        "I02",
        Error,
        "no spreadsheet has touched the id",
        "never open a feed in a spreadsheet and save it",
    ),
    rule("I03", Error, "a group's id is no item's id", "set group_prefix"),
    rule("I03l", Warning, "a group's id has at most 70 characters", "shorten group_prefix"),
    rule(
        "I04",
        Warning,
        "an offer's id stands once and has no price in it",
        "make it of the seller and the item",
    ),
    rule("T01", Error, "a title is there", "name the product"),
    rule("T02", Warning, "a title has at most 150 characters, a description 5,000", "shorten it"),
    rule(
        "T03",
        Warning,
        "a title does not shout, and is not the stock keeping unit",
        "name it as a buyer would",
    ),
    rule("T04", Error, "a description is there", "describe the product"),
    rule("T04t", Info, "a description says more than the title", "describe the product"),
    rule("T05", Warning, "texts are plain", "take tags, entities and short codes out of the text"),
    rule(
        "T06",
        Warning,
        "texts have no control characters and no lost ones",
        "look for a wrong encoding in the store",
    ),
    rule("T07", Warning, "no placeholder stands in for a value", "leave unknown values out"),
    rule(
        "T07r",
        Error,
        "no placeholder stands in for a value the reader wants",
        "fill the value in the store or under defaults",
    ),
    rule(
        "T08",
        Error,
        "a brand is there",
        "set the brand in the store, or defaults.brand where all is of one brand",
    ),
    rule("T08p", Warning, "a brand is a brand, of at most 70 characters", "name who makes it"),
    rule("T09", Error, "the seller is named", "set defaults.seller_name"),
    rule(
        "T09l",
        Warning,
        "the seller's name has at most 70 characters and is the same on all rows",
        "set defaults.seller_name",
    ),
    rule(
        "L01",
        Error,
        "an address is absolute and has no spaces",
        "write it with https:// and encode spaces as %20",
    ),
    rule(
        "L01o",
        Warning,
        "every address is absolute and has no spaces",
        "write it with https:// and encode spaces as %20",
    ),
    rule("L02", Warning, "addresses are https", "serve the store over https"),
    rule("L03", Error, "no address has a user or a password in it", "take it out"),
    rule(
        "L04",
        Error,
        "an address can be reached by everybody",
        "use the public address of the store",
    ),
    rule("L06", Info, "a variant's page is not its group's", "link with the variant selected"),
    rule(
        "L07",
        Error,
        "a picture is there, and not the platform's placeholder",
        "add a picture in the store",
    ),
    rule(
        "L09",
        Warning,
        "more pictures are parted by commas, none twice, the main one not among them",
        "write each picture once",
    ),
    rule("L10", Warning, "a policy's address is not the front page", "link to the policy itself"),
    rule(
        "M01",
        Error,
        "a price is digits, a point where needed, one space and three capitals",
        "write it as 12.34 USD",
    ),
    rule("M02", Error, "its currency is one of ISO 4217", "use the three-letter code"),
    rule("M03", Error, "it has no more decimals than its currency", "round it"),
    rule("M04", Error, "it is above zero", "set the price, or exclude the product"),
    rule(
        "M05",
        Warning,
        "a sale price is above zero, below the price and in its currency",
        "set it, or leave it out",
    ),
    rule("M06", Warning, "a sale begins before it ends", "set the days in the store"),
    rule(
        "M08",
        Warning,
        "a shipping price is plain money in the price's currency",
        "write it as 6.50 USD; 0.00 means free",
    ),
    rule(
        "M09",
        Warning,
        "a shipping tuple has four parts and stands alone",
        "write it as US::Ground:6.50 USD, keeping an empty region's colon",
    ),
    rule(
        "S01",
        Error,
        "availability is one of the profile's words",
        "write in_stock, out_of_stock, backorder or the profile's word for a pre-order",
    ),
    rule(
        "S02",
        Error,
        "a pre-order is spelled as the profile has it",
        "write pre_order for today's contract, preorder for the others",
    ),
    rule("S03", Warning, "what cannot be had now says from when", "set the day in the store"),
    rule(
        "S04",
        Warning,
        "availability agrees with the quantity",
        "see whether the stock is counted in the store",
    ),
    rule(
        "V01",
        Error,
        "a variant has its group, its options and listing_has_variations = true",
        "write all three",
    ),
    rule("V02", Warning, "options are texts with names", "write an object of non-empty texts"),
    rule(
        "V03",
        Warning,
        "all rows of a group have the same options",
        "give each variant a value for each option",
    ),
    rule(
        "V04",
        Error,
        "no two rows of a group have the same options",
        "take one of them out of the store",
    ),
    rule(
        "V05",
        Warning,
        "color, size, material, gender and age group agree with the options",
        "set them once, as options",
    ),
    rule(
        "V06",
        Warning,
        "a group is of one brand and one seller",
        "see whether two products share an id",
    ),
    rule("V06o", Info, "a group has more than one row", "sell it as a simple product"),
    rule("V07", Warning, "color has at most 40 characters, size 20, material 100", "shorten it"),
    rule("V08", Warning, "words are the contract's", "use one of its words, or leave it out"),
    rule(
        "G01",
        Warning,
        "a GTIN has 8, 12, 13 or 14 digits and a right check digit",
        "copy it from the package, or leave it out",
    ),
    rule(
        "G02",
        Info,
        "a GTIN is not of a range that stores and coupons use",
        "copy the maker's number from the package",
    ),
    rule("G03", Warning, "a GTIN stands for one item", "each variant has its own"),
    rule(
        "G04",
        Info,
        "a part number is not the stock keeping unit or the id",
        "copy it from the maker, or leave it out",
    ),
    rule(
        "G05",
        Error,
        "a GTIN or a part number is there, or identifier_exists is no",
        "fill one, or set defaults.identifier_exists = false",
    ),
    rule(
        "D01",
        Warning,
        "sides are positive, two at least, with a known unit",
        "write the object of length, width, height and unit",
    ),
    rule(
        "D02",
        Warning,
        "a weight is positive, with a known unit",
        "write weight and item_weight_unit",
    ),
    rule(
        "P01",
        Error,
        "flags are true or false",
        "write JSON booleans, or the lower-case words in cells",
    ),
    rule(
        "P02",
        Error,
        "what may be bought may be shown",
        "set is_eligible_search = true, or is_eligible_checkout = false",
    ),
    rule(
        "P03",
        Error,
        "what may be bought has a privacy policy and terms",
        "set defaults.seller_privacy_policy and defaults.seller_tos",
    ),
    rule(
        "P04",
        Warning,
        "a return window is positive and stands only where returns are accepted",
        "set accepts_returns = true with it",
    ),
    rule(
        "P05",
        Warning,
        "a rating is 0 to 5 and stands with a whole count",
        "leave both out without reviews",
    ),
    rule(
        "P06",
        Error,
        "target_countries and store_country are there, as two capitals",
        "set both under defaults",
    ),
    rule("P06w", Warning, "countries are two capitals", "write ISO 3166-1 alpha-2"),
    rule("P07", Warning, "ads_metadata is an object of texts", "write texts by name"),
    rule(
        "P09",
        Warning,
        "a value the contract calls required is there",
        "fill it in the store or under defaults",
    ),
    rule("A01", Fatal, "a product is as the protocol's schema has it", "see which member is wrong"),
];

const fn rule(
    id: &'static str,
    severity: Severity,
    wants: &'static str,
    fix: &'static str,
) -> Rule {
    Rule { id, severity, wants, fix }
}

/// The rule of that id.
pub(crate) fn find(id: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.id == id).expect("only rules of the table are broken")
}

/// How bad it is for the readers of a profile.
pub(crate) fn severity(rule: &Rule, profile: Profile) -> Severity {
    match (rule.id, profile) {
        // Google's readers refuse what others only drop.
        ("T02" | "M05" | "S03", Profile::Google) => Error,
        // Only today's contract, and the one before it, want the countries.
        ("P06", Profile::OpenAi2025 | Profile::Google | Profile::Stripe | Profile::Acp) => Warning,
        _ => rule.severity,
    }
}
