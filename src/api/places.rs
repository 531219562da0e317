//! Places for what stays open: so many a person, and so many in all.
//!
//! In: who asks. Out: a place, given back when it is dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::ApiError;

/// Open streams by person.
type Open = Arc<Mutex<BTreeMap<String, usize>>>;

/// How many there may be, and are.
#[derive(Debug)]
pub(super) struct Places {
    person_max: usize,
    all_max: usize,
    open: Open,
}

impl Places {
    /// None taken.
    pub(super) fn new(person_max: usize, all_max: usize) -> Self {
        Self { person_max, all_max, open: Open::default() }
    }

    /// One more.
    ///
    /// # Errors
    /// [`ApiError::TooMany`].
    pub(super) fn take(&self, person: &str) -> Result<Place, ApiError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.get(person).copied().unwrap_or(0);
        if own >= self.person_max || open.values().sum::<usize>() >= self.all_max {
            return Err(ApiError::TooMany(10));
        }
        *open.entry(person.to_owned()).or_insert(0) += 1;
        Ok(Place { open: Arc::clone(&self.open), person: person.to_owned() })
    }
}

/// Given back when the stream ends, however it ends.
#[derive(Debug)]
pub(super) struct Place {
    open: Open,
    person: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.person) {
            *count -= 1;
        }
        open.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_places_and_all_are_given_back() {
        let places = Places::new(2, 3);
        let ann: Vec<Place> = (0..2).map(|_| places.take("ann").unwrap()).collect();
        assert!(places.take("ann").is_err(), "as many as a person may");
        let bob = places.take("bob").unwrap();
        assert!(places.take("cat").is_err(), "as many as all may");
        drop(ann);
        assert!(places.take("cat").is_ok() && places.take("ann").is_ok());
        drop(bob);
        assert_eq!(places.open.lock().unwrap().len(), 0);
    }
}
