//! What feeds are called: `openai.jsonl.gz`, and the second of three parts of it
//! `openai.2-of-3.jsonl.gz`.

use std::fmt;

use feed::{Filter, parse_suffix, suffix};

use super::{Shard, Wanted};

/// The feed of that file name; `None` if none is called so.
pub(crate) fn parse(name: &str, filter: Filter) -> Option<Wanted> {
    let (profile, rest) = name.split_once('.')?;
    let profile = profile.parse().ok()?;
    let (shard, suffix) = match rest.split_once('.') {
        Some((part, suffix)) if part.contains("-of-") => (Some(parse_shard(part)?), suffix),
        _ => (None, rest),
    };
    let (format, packing) = parse_suffix(suffix).ok()?;
    Some(Wanted { profile, format, packing, filter, shard })
}

fn parse_shard(part: &str) -> Option<Shard> {
    let (nth, of) = part.split_once("-of-")?;
    let shard = Shard { nth: nth.parse().ok()?, of: of.parse().ok()? };
    // A number has one spelling.
    (part == shard.to_string()).then_some(shard)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.nth, self.of)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.profile)?;
        if let Some(shard) = self.shard {
            write!(f, ".{shard}")?;
        }
        write!(f, ".{}", suffix(self.format, self.packing))
    }
}

#[cfg(test)]
mod tests {
    use feed::{Filter, Format, Packing, Profile};

    use super::{Shard, parse};

    #[test]
    fn names_round_trip_and_nothing_else_is_one() {
        let named = |name: &str| parse(name, Filter::default());
        for name in ["openai.jsonl", "openai-2025.csv.gz", "acp.2-of-13.json.zst"] {
            assert_eq!(named(name).unwrap().to_string(), name);
        }
        let part = named("google.1-of-2.tsv.gz").unwrap();
        let told = (part.profile, part.format, part.packing, part.shard);
        let shard = Some(Shard { nth: 1, of: 2 });
        assert_eq!(told, (Profile::Google, Format::Tsv, Packing::Gzip, shard));
        for name in
            ["", "openai", "openai.", ".jsonl", "openai.doc", "shop.jsonl", "openai.01-of-2.csv"]
        {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
