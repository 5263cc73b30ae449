//! The whole catalog in every profile and format, byte by byte.
//!
//! `UPDATE_GOLDEN=1 cargo nextest run -p feed golden` writes the files anew; the change shows in
//! the diff.

use std::path::{Path, PathBuf};

use feed::{FORMATS, Feed, Format, PROFILES, Packing, Profile, Writer};

use crate::catalog::{plan, products};

pub(crate) fn whole(profile: Profile, format: Format, packing: Packing) -> Vec<u8> {
    let writer = Writer::new(plan(), profile, format).unwrap();
    let products = products();
    let segments = products.iter().map(|product| writer.segment(product));
    let feed = Feed::build(&writer, packing, segments);
    feed.pieces().flatten().collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test asks for new files")]
pub(crate) fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}

/// Compares with the file, or writes it.
pub(crate) fn check_file(path: &Path, bytes: &[u8]) {
    if is_update() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        return;
    }
    let golden = std::fs::read(path).unwrap_or_default();
    let first = golden.iter().zip(bytes).position(|(old, new)| old != new);
    assert!(
        golden == bytes,
        "{} differs from byte {first:?} on; UPDATE_GOLDEN=1 writes it anew",
        path.display()
    );
}

#[test]
fn every_profile_in_every_format() {
    for profile in PROFILES {
        for format in FORMATS.into_iter().filter(|format| profile.takes(*format)) {
            let path = folder().join(format!("{profile}.{format}"));
            check_file(&path, &whole(profile, format, Packing::None));
        }
    }
}
