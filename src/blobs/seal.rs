//! The sealed form of a blob: a clear head, then pieces of 64 KiB, each sealed by AES-256-GCM.
//!
//! In: the blob's own key, and clear or sealed pieces. Out: the other of the two. A piece's nonce holds its
//! number and whether it is the last (the STREAM construction), and each is bound to the blob's name and to
//! the head: a piece that was changed, moved, left out or taken from elsewhere does not open. Any piece can be
//! opened without those before it. No IO.

use aes_gcm::aead::{AeadInOut as _, Buffer};
use aes_gcm::{Aes256Gcm, KeyInit as _};

use super::keys::Secret;
use super::name::BlobName;

/// Clear bytes of a piece; only the last has less.
pub(super) const PIECE: u64 = 1 << PIECE_LOG2;

const PIECE_LOG2: u8 = 16;

/// What sealing adds to a piece.
pub(super) const TAG: u64 = 16;

/// Bytes of the head.
pub(super) const HEAD: u64 = 24;

const MAGIC: &[u8; 6] = b"LTBLOB";

const VERSION: u8 = 1;

/// The head: magic (6), version (1), log2 of the piece (1), clear size (8, big endian), nonce prefix (7), zero (1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Clear bytes in all.
    pub(super) size: u64,
    /// Random for each writing, so that a name written twice under its key repeats no nonce.
    pub(super) prefix: [u8; 7],
}

impl Head {
    /// As it stands in the blob.
    pub(super) fn bytes(&self) -> [u8; HEAD as usize] {
        let mut bytes = [0; HEAD as usize];
        bytes[..6].copy_from_slice(MAGIC);
        (bytes[6], bytes[7]) = (VERSION, PIECE_LOG2);
        bytes[8..16].copy_from_slice(&self.size.to_be_bytes());
        bytes[16..23].copy_from_slice(&self.prefix);
        bytes
    }

    /// Reads a head; else what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let whole: &[u8; HEAD as usize] = bytes.try_into().map_err(|_| "it is cut short")?;
        let (mut size, mut prefix) = ([0; 8], [0; 7]);
        size.copy_from_slice(&whole[8..16]);
        prefix.copy_from_slice(&whole[16..23]);
        let head = Self { size: u64::from_be_bytes(size), prefix };
        match head.bytes() == *whole && head.pieces() <= u64::from(u32::MAX) {
            true => Ok(head),
            false if &whole[..6] == MAGIC && whole[6] > VERSION => {
                Err("it was written by a later version of lingting")
            }
            false => Err("its head is not that of a sealed blob"),
        }
    }

    /// How many pieces; nothing is one empty piece, so that even that is proved.
    pub(super) fn pieces(&self) -> u64 {
        self.size.div_ceil(PIECE).max(1)
    }

    /// Bytes in the store.
    pub(super) fn stored(&self) -> u64 {
        self.size.saturating_add(HEAD + self.pieces() * TAG)
    }
}

/// Seals and opens the pieces of one blob.
pub(super) struct Seal {
    cipher: Aes256Gcm,
    aad: Vec<u8>,
    pub(super) head: Head,
}

impl Seal {
    pub(super) fn new(name: &BlobName, key: &Secret, head: Head) -> Self {
        let aad = [&b"lingting/blob/1"[..], name.digest(), &head.bytes()].concat();
        Self { cipher: Aes256Gcm::new((&**key).into()), aad, head }
    }

    /// Seals a piece where it stands; `index` counts from 0.
    pub(super) fn seal(&self, index: u64, piece: &mut dyn Buffer) {
        let sealed = self.cipher.encrypt_in_place(&self.nonce(index).into(), &self.aad, piece);
        sealed.expect("a piece is not too long for AES-GCM, and its buffer grows");
    }

    /// Opens a piece where it stands; false when it is not the one that was sealed there.
    #[must_use]
    pub(super) fn open(&self, index: u64, piece: &mut dyn Buffer) -> bool {
        self.cipher.decrypt_in_place(&self.nonce(index).into(), &self.aad, piece).is_ok()
    }

    fn nonce(&self, index: u64) -> [u8; 12] {
        let number = u32::try_from(index).expect("a head allows no more pieces than that");
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&self.head.prefix);
        nonce[7..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = u8::from(index + 1 == self.head.pieces());
        nonce
    }
}
