//! Rows: rkyv values under a key, in tables.

use std::marker::PhantomData;

use rkyv::api::high::{HighDeserializer, HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Error;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use crate::key::Key;

/// A value that can be a row. Holds no hash-ordered collection: the same value gives the same bytes.
pub trait Row: Sized + Archive<Archived: 'static> {
    /// Writes the row.
    ///
    /// # Errors
    /// When memory runs out.
    fn encode(&self) -> Result<AlignedVec, Error>;

    /// Looks at a stored row in place, after checking that it is one.
    ///
    /// # Errors
    /// When the bytes are no such row.
    fn access(bytes: &[u8]) -> Result<&Self::Archived, Error>;

    /// Takes a stored row out.
    ///
    /// # Errors
    /// When the bytes are no such row.
    fn decode(bytes: &[u8]) -> Result<Self, Error>;
}

impl<R> Row for R
where
    R: Archive<Archived: 'static>
        + for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Error>>,
    R::Archived:
        for<'a> CheckBytes<HighValidator<'a, Error>> + Deserialize<R, HighDeserializer<Error>>,
{
    fn encode(&self) -> Result<AlignedVec, Error> {
        rkyv::to_bytes(self)
    }

    fn access(bytes: &[u8]) -> Result<&Self::Archived, Error> {
        rkyv::access(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        rkyv::from_bytes(bytes)
    }
}

/// A table of rows of one type. Its name is the first part of every key in it.
#[derive(Debug)]
pub struct Table<R> {
    name: &'static str,
    row: PhantomData<fn() -> R>,
}

impl<R> Table<R> {
    /// Names a table.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            row: PhantomData,
        }
    }

    pub(crate) fn key(&self, key: &Key) -> Vec<u8> {
        let mut full = Vec::with_capacity(self.name.len() + 1 + key.as_bytes().len());
        full.extend_from_slice(self.name.as_bytes());
        full.push(0);
        full.extend_from_slice(key.as_bytes());
        full
    }

    /// The table's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Bytes of a full key that are not part of the key in the table.
    pub(crate) fn prefix_length(&self) -> usize {
        self.name.len() + 1
    }
}
