//! The rules about what is read, for which no store is needed.

use super::{
    facts::{counts, movements},
    rules::{Exam, Kept, ensure},
};
use rand::Rng;

impl Exam<'_> {
    pub fn is_pure(&self) -> Kept {
        let (documents, _) = self.documents(&mut self.random());
        for bytes in &documents {
            let read = || self.connector.read(&self.document("wms", bytes));
            ensure(read() == read(), || "the same bytes are another batch".to_owned())?;
        }
        Ok(())
    }

    pub fn cut_off_says_nothing_else(&self) -> Kept {
        let mut random = self.random();
        let instants: Vec<usize> = (0..8).collect();
        for facts in [
            movements(&mut random, self.scribe, &instants),
            counts(&mut random, self.scribe, &instants),
        ] {
            if facts.is_empty() {
                continue;
            }
            let bytes = self.scribe.write(&facts);
            let whole = self.connector.read(&self.document("wms", &bytes));
            let whole =
                whole.map_err(|faults| format!("not even the whole is read: {faults:?}"))?;
            for end in 0..bytes.len() {
                let Ok(cut) = self.connector.read(&self.document("wms", &bytes[..end])) else {
                    continue;
                };
                let foreign = cut.items.iter().find(|item| !whole.items.contains(item));
                ensure(foreign.is_none(), || format!("cut off at {end} it says {foreign:?}"))?;
            }
        }
        Ok(())
    }

    pub fn nonsense_is_refused(&self) -> Kept {
        let mut random = self.random();
        let deep = |open: &str| open.repeat(100_000).into_bytes();
        let mut nonsense = vec![
            Vec::new(),
            b"\0".to_vec(),
            b"\xef\xbb\xbf".to_vec(),
            b"\xff\xfe{\0}\0".to_vec(),
            b"null".to_vec(),
            b"PK\x03\x04".to_vec(),
            deep("["),
            deep("{\"a\":"),
            deep("\""),
            vec![b'\n'; 100_000],
            vec![b'a'; 100_000],
        ];
        nonsense.extend((0..300).map(|_| {
            let length = random.random_range(1..400);
            (0..length).map(|_| random.random()).collect()
        }));
        for bytes in nonsense {
            let read = self.connector.read(&self.document("wms", &bytes));
            let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            let Err(faults) = read else { return Err(format!("{begin:?} passes for a document")) };
            ensure(
                !faults.is_empty() && faults.iter().all(|fault| !fault.words.is_empty()),
                || format!("{begin:?} is refused without a word"),
            )?;
        }
        // One byte that is another may still be a document, and must be none that is worse than this.
        let facts = movements(&mut random, self.scribe, &[1, 2, 3, 4, 5, 6]);
        let bytes = self.scribe.write(&facts);
        for _ in 0..500 {
            let mut changed = bytes.clone();
            let at = random.random_range(0..changed.len());
            changed[at] = random.random();
            let read = self.connector.read(&self.document("wms", &changed));
            let rows = read.map_or(0, |batch| batch.rows());
            ensure(rows <= facts.len(), || {
                format!("byte {at} makes {rows} rows of {}", facts.len())
            })?;
        }
        Ok(())
    }
}
