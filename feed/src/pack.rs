//! Packing and unpacking. The same bytes always pack to the same bytes: no time, no name, no system
//! is written into a header.

use std::io::{self, Read};

use flate2::{Compress, Compression, Crc, FlushCompress, Status, read::MultiGzDecoder};

use crate::format::Packing;

/// Level of gzip: the highest of which a full build stays well within its 3 s (`benches/feed`).
/// Level 3 takes 2.8 to 3.2 s for 3 % fewer bytes, level 1 saves half a second for 30 % more.
const GZIP_LEVEL: u32 = 2;
const ZSTD_LEVEL: i32 = 3;
/// Magic, deflate, no flags, no time, no hint, no system.
const GZIP_HEAD: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];

/// Packs blocks, each by itself.
pub(crate) enum Packer {
    None,
    Gzip(Compress),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Packer {
    pub(crate) fn new(packing: Packing) -> Self {
        match packing {
            Packing::None => Self::None,
            // Its columns are made of the whole feed.
            #[cfg(feature = "parquet")]
            Packing::Parquet => Self::None,
            Packing::Gzip => Self::Gzip(Compress::new(Compression::new(GZIP_LEVEL), false)),
            Packing::Zstd => {
                Self::Zstd(zstd::bulk::Compressor::new(ZSTD_LEVEL).expect("memory for a context"))
            }
        }
    }

    pub(crate) fn pack(&mut self, raw: &[u8]) -> Vec<u8> {
        match self {
            Self::None => raw.to_vec(),
            Self::Gzip(deflate) => gzip(deflate, raw),
            Self::Zstd(zstd) => zstd.compress(raw).expect("memory for a frame"),
        }
    }
}

fn gzip(deflate: &mut Compress, raw: &[u8]) -> Vec<u8> {
    deflate.reset();
    let mut out = Vec::with_capacity(raw.len() / 4 + 64);
    out.extend_from_slice(&GZIP_HEAD);
    loop {
        let read = usize::try_from(deflate.total_in()).unwrap_or(raw.len());
        let status = deflate.compress_vec(&raw[read..], &mut out, FlushCompress::Finish);
        match status.expect("a fresh stream") {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError => out.reserve(out.capacity()),
        }
    }
    let mut crc = Crc::new();
    crc.update(raw);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&crc.amount().to_le_bytes());
    out.shrink_to_fit();
    out
}

/// Unpacks a whole file, whatever it is packed as, up to so many bytes.
pub(crate) fn unpack(bytes: &[u8], most: u64) -> io::Result<Vec<u8>> {
    match packing(bytes) {
        Packing::None => Ok(bytes.to_vec()),
        Packing::Gzip => read_all(MultiGzDecoder::new(bytes), most),
        Packing::Zstd => read_all(zstd::stream::read::Decoder::new(bytes)?, most),
        #[cfg(feature = "parquet")]
        Packing::Parquet => crate::columnar::unpack(bytes, most),
    }
}

/// How a file is packed, by its first bytes.
pub(crate) fn packing(bytes: &[u8]) -> Packing {
    #[cfg(feature = "parquet")]
    if bytes.starts_with(crate::columnar::MAGIC) && bytes.ends_with(crate::columnar::MAGIC) {
        return Packing::Parquet;
    }
    match bytes {
        [0x1F, 0x8B, ..] => Packing::Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Packing::Zstd,
        _ => Packing::None,
    }
}

fn read_all(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    from.take(most + 1).read_to_end(&mut out)?;
    if out.len() as u64 > most {
        return Err(io::Error::other(format!("it unpacks to more than {most} bytes")));
    }
    Ok(out)
}
