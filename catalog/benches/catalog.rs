//! What a catalog costs: memory for each product, and processor time for a change.
//!
//! `cargo bench -p catalog` compares it with the plainest thing that does the same, a
//! `Vec<Arc<Product>>` that is cloned and searched for each change, in the same run, and prints
//! ratios. `cargo bench -p catalog -- 1000000` takes another number of products. Nothing is asserted.
//!
//! Two catalogs: in one every product is another, in one each has six variants that share its
//! texts. Words are drawn from a vocabulary of made-up ones, so no two texts repeat each other.
//! Memory is what the process holds, measured in a process of its own for each.

use std::{
    env, fs,
    io::{self, Write},
    process::Command,
    sync::Arc,
};

use catalog::Catalog;
use commerce::{
    Category, Choice, Currency, Decimal, Details, Image, ItemId, Money, Product, ProductId,
    ProductKind, Taxonomy, Variant, Weight, WeightUnit,
};
use jiff::Timestamp;

const PRODUCTS: u64 = 100_000;
/// Read and changed so many at once.
const PAGE: usize = 100;
/// Changes made for a measurement of the plain list, which is slow.
const PLAIN_CHANGES: u64 = 2_000;
const CHANGES: u64 = 40_000;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["memory", layout, shape, count] => memory(layout, shape, number(count)),
        [count] => compare(number(count)),
        _ => compare(PRODUCTS),
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(PRODUCTS)
}

fn compare(count: u64) -> io::Result<()> {
    let mut out = io::stdout();
    for (shape, words) in [("distinct", "every product another"), ("variants", "six variants each")]
    {
        writeln!(out, "{count} products, {words}")?;
        let plain = child("plain", shape, count)?;
        let compact = child("compact", shape, count)?;
        let variants = if shape == "variants" { 6 } else { 1 };
        for (name, bytes) in [("Vec<Arc<Product>>", plain), ("Catalog", compact)] {
            let (each, of_variant) = (bytes / count, bytes / count / variants);
            writeln!(out, "  {name:<20} {each:>6} bytes a product, {of_variant:>6} a variant")?;
        }
        writeln!(out, "  ratio                {}", ratio(compact, plain))?;
    }
    speed(count, &mut out)
}

/// `a` to `b` with two digits.
fn ratio(a: u64, b: u64) -> String {
    let hundredths = a * 100 / b.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Bytes that a process of its own holds for a catalog.
fn child(layout: &str, shape: &str, count: u64) -> io::Result<u64> {
    let count = count.to_string();
    let output =
        Command::new(env::current_exe()?).args(["memory", layout, shape, &count]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0))
}

fn memory(layout: &str, shape: &str, count: u64) -> io::Result<()> {
    let products = Products::new(shape == "variants");
    let before = resident();
    let mut out = io::stdout();
    if layout == "plain" {
        let all: Vec<Arc<Product>> = (1..=count).map(|id| Arc::new(products.of(id))).collect();
        writeln!(out, "{}", resident() - before)?;
        drop(all);
    } else {
        let catalog = filled(&products, count);
        writeln!(out, "{}", resident() - before)?;
        drop(catalog);
    }
    Ok(())
}

fn filled(products: &Products, count: u64) -> Catalog {
    let catalog = Catalog::new();
    catalog.begin(Timestamp::UNIX_EPOCH);
    let ids: Vec<u64> = (1..=count).collect();
    for page in ids.chunks(PAGE) {
        let page: Vec<Product> = page.iter().map(|id| products.of(*id)).collect();
        catalog.add(&page);
    }
    catalog.finish(true);
    catalog
}

fn speed(count: u64, out: &mut io::Stdout) -> io::Result<()> {
    let products = Products::new(false);
    let started = cpu_nanos();
    for id in 1..=count.min(20_000) {
        std::hint::black_box(products.of(id));
    }
    let making = (cpu_nanos() - started) / count.min(20_000);

    let started = cpu_nanos();
    let catalog = filled(&products, count);
    let filling = ((cpu_nanos() - started) / count).saturating_sub(making).max(1);

    let mut chance = Chance(99);
    let mut changed = |changes: u64| -> Vec<Vec<(ProductId, Option<Product>)>> {
        let ids: Vec<u64> = (0..changes).map(|_| 1 + chance.below(count)).collect();
        let restocked = |id: &u64| {
            let mut product = products.of(*id);
            product.variants[0].quantity = Some(i64::try_from(changes).unwrap_or(0) + 1_000);
            (product.id.clone(), Some(product))
        };
        ids.chunks(PAGE).map(|ids| ids.iter().map(restocked).collect()).collect()
    };
    let (news, plain_news, single) = (changed(CHANGES), changed(PLAIN_CHANGES), changed(500));

    let mut plain: Arc<Vec<Arc<Product>>> =
        Arc::new((1..=count.min(100_000)).map(|id| Arc::new(products.of(id))).collect());
    let started = cpu_nanos();
    for news in plain_news {
        let mut all = plain.as_ref().clone();
        for (id, product) in news {
            let at = all.iter().position(|known| known.id == id);
            if let (Some(at), Some(product)) = (at, product) {
                all[at] = Arc::new(product);
            }
        }
        plain = Arc::new(all);
    }
    let slow = (cpu_nanos() - started) / PLAIN_CHANGES;
    drop(plain);

    let started = cpu_nanos();
    let mut same = news.clone();
    let cloning = (cpu_nanos() - started) / CHANGES;
    let started = cpu_nanos();
    for news in news {
        catalog.patch(&news);
    }
    let fast = (cpu_nanos() - started) / CHANGES;
    same.truncate(100);
    let repeats: u64 = same.iter().map(|news| news.len() as u64).sum();
    // The last of them were not changed since.
    let started = cpu_nanos();
    for news in same {
        catalog.patch(&news);
    }
    let unchanged = (cpu_nanos() - started) / repeats;
    let started = cpu_nanos();
    let one_by_one: Vec<_> = single.into_iter().flatten().collect();
    for one in one_by_one {
        catalog.patch(&[one]);
    }
    let alone = (cpu_nanos() - started) / 500;

    let snapshot = catalog.snapshot().expect("it was filled");
    let started = cpu_nanos();
    for _ in 0..20_000 {
        let id = ProductId::new((1 + Chance(7).below(count)).to_string());
        std::hint::black_box(snapshot.product(&id));
    }
    let hot = (cpu_nanos() - started) / 20_000;
    let mut chance = Chance(8);
    let started = cpu_nanos();
    for _ in 0..20_000 {
        let item = ItemId::new((1 + chance.below(count)).to_string());
        std::hint::black_box(snapshot.product_of(&item));
    }
    let random = (cpu_nanos() - started) / 20_000;
    let started = cpu_nanos();
    for entry in snapshot.iter() {
        std::hint::black_box(entry.read());
    }
    let walk = (cpu_nanos() - started) / count;

    let rate = |nanos: u64| 1_000_000_000 / nanos.max(1);
    writeln!(out, "processor time on one core, every product another")?;
    writeln!(out, "  first reading, packing included   {:>8} products/s", rate(filling))?;
    writeln!(out, "  changes at random, {PAGE} at once    {:>8} products/s", rate(fast))?;
    writeln!(out, "  the same, one at a time           {:>8} products/s", rate(alone))?;
    writeln!(out, "  told again as they were           {:>8} products/s", rate(unchanged))?;
    writeln!(out, "  Vec<Arc<Product>>, {PAGE} at once    {:>8} products/s", rate(slow))?;
    writeln!(out, "  ratio                             {}", ratio(rate(fast), rate(slow)))?;
    writeln!(out, "  lookup, the same one              {hot:>8} ns")?;
    writeln!(out, "  lookup by item, at random         {random:>8} ns")?;
    writeln!(out, "  all in order                      {:>8} products/s", rate(walk))?;
    writeln!(out, "  (cloning the news for the test    {cloning:>8} ns a product, not counted)")
}

/// Bytes of memory that this process holds.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
    kilobytes * 1024
}

/// Time that this thread was on a processor.
fn cpu_nanos() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

/// The same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }

    /// Few are drawn often, most seldom.
    fn word<'a>(&mut self, words: &'a [String]) -> &'a str {
        let length = words.len() as u64;
        let (one, other) = (self.below(length), self.below(length));
        let at = one * other / length * (1 + self.below(length)) / length;
        usize::try_from(at).ok().and_then(|at| words.get(at)).map_or("", String::as_str)
    }
}

/// Makes products, the same one for the same id.
struct Products {
    vocabulary: Vec<String>,
    has_variants: bool,
}

impl Products {
    fn new(has_variants: bool) -> Self {
        const SYLLABLES: [&str; 24] = [
            "ba", "con", "de", "ex", "fi", "gra", "hol", "in", "jo", "ka", "lum", "mer", "no",
            "or", "pre", "qui", "ra", "sen", "ti", "un", "ver", "wa", "yel", "zo",
        ];
        let mut chance = Chance(2_026);
        let syllable =
            |chance: &mut Chance| SYLLABLES[usize::try_from(chance.below(24)).unwrap_or(0)];
        let vocabulary = (0..4_000)
            .map(|_| (0..=chance.below(4)).map(|_| syllable(&mut chance)).collect())
            .collect();
        Self { vocabulary, has_variants }
    }

    fn text(&self, chance: &mut Chance, words: u64) -> String {
        let words: Vec<&str> = (0..words).map(|_| chance.word(&self.vocabulary)).collect();
        words.join(" ")
    }

    fn of(&self, id: u64) -> Product {
        let mut chance = Chance(id.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            chance.below(2);
        }
        let title = self.text(&mut chance, 5);
        let slug = title.replace(' ', "-");
        let sentences: Vec<String> = (0..8)
            .map(|_| {
                let words = 8 + chance.below(12);
                self.text(&mut chance, words)
            })
            .collect();
        let url = format!("https://shop.example/product/{slug}/");
        let images = (0..4).map(|nth| {
            Image::new(format!(
                "https://shop.example/wp-content/uploads/2026/11/{slug}-{nth}-{id}.jpg"
            ))
        });
        let place = chance.below(60);
        let path = vec!["Home".to_owned(), format!("Range {}", place / 8), format!("Kind {place}")];
        let price = 500 + i64::try_from(chance.below(50_000)).unwrap_or(0);
        let details = Details {
            weight: Some(Weight {
                value: Decimal::new(i64::try_from(chance.below(5_000)).unwrap_or(1), 3),
                unit: WeightUnit::Kilogram,
            }),
            ..Details::default()
        };
        let variant = |item: u64, nth: u64| Variant {
            sku: Some(format!("SKU-{id}-{nth}")),
            gtin: Some(format!("{:013}", 4_000_000_000_000 + item)),
            quantity: Some(i64::try_from(item % 40).unwrap_or(0)),
            url: if nth == 0 { url.clone() } else { format!("{url}?attribute_pa_size={nth}") },
            options: (nth > 0)
                .then(|| Choice { name: "Size".to_owned(), value: Some(nth.to_string()) })
                .into_iter()
                .collect(),
            ..Variant::new(
                ItemId::new(item.to_string()),
                if nth == 0 { title.clone() } else { format!("{title} - {nth}") },
                Money::new(price, Currency::EUR),
            )
        };
        let variants = if self.has_variants {
            (1..=6).map(|nth| variant(10_000_000 + id * 6 + nth, nth)).collect()
        } else {
            vec![variant(id, 0)]
        };
        let html: Vec<String> = sentences.iter().map(|text| format!("<p>{text}</p>")).collect();
        Product {
            description: sentences.join("\n"),
            description_html: Some(html.join("\n")),
            url: url.clone(),
            images: images.collect(),
            brand: Some(format!("Brand {}", chance.below(200))),
            categories: vec![Category { path, taxonomy: Taxonomy::Store }],
            tags: vec![chance.word(&self.vocabulary).to_owned()],
            details,
            updated_at: Timestamp::from_second(1_790_000_000 + i64::try_from(id).unwrap_or(0)).ok(),
            variants,
            ..Product::new(ProductId::new(id.to_string()), ProductKind::Simple, title)
        }
    }
}
