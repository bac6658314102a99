//! How many streams a node keeps open, all in all and for one address.

use crate::config;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The places of a node. Cheap to clone.
#[derive(Clone)]
pub struct Places {
    taken: Arc<Mutex<Taken>>,
    most: usize,
    most_per_address: usize,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Where there is no place.
#[derive(Debug, PartialEq, Eq)]
pub enum Full {
    /// On the node.
    Node,
    /// For the address.
    Address,
}

/// A place, given back when it is dropped.
pub struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    /// As many as the settings say.
    pub fn new(limits: &config::Live) -> Self {
        Self {
            taken: Arc::default(),
            most: limits.max_streams,
            most_per_address: limits.max_streams_per_address,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for an address, as limits count them.
    pub fn take(&self, address: IpAddr) -> Result<Place, Full> {
        let mut taken = self.taken();
        if taken.all >= self.most {
            return Err(Full::Node);
        }
        let own = taken.by_address.entry(address).or_default();
        if *own >= self.most_per_address {
            return Err(Full::Address);
        }
        *own += 1;
        taken.all += 1;
        drop(taken);
        Ok(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(own) = taken.by_address.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_is_had_again_when_it_was_given_back() {
        let places = Places::new(&config::Live { max_streams: 3, max_streams_per_address: 2 });
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let first = places.take(one).unwrap();
        let _second = places.take(one).unwrap();
        assert_eq!(places.take(one).err(), Some(Full::Address));
        let _third = places.take(other).unwrap();
        assert_eq!(places.take(other).err(), Some(Full::Node));
        drop(first);
        assert!(places.take(other).is_ok());
        assert!(places.take(one).is_ok());
        assert_eq!(places.taken().all, 2);
    }
}
