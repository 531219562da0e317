//! `lingting serve`: recordings arrive by themselves, nothing is lost, everything can be found.
//!
//! In: a configuration. Out: a process that watches, analyses, stores and answers until it is told to
//! stop. What is decided about a call is decided in [`crate::session`]; what is remembered, in
//! [`crate::store`]; here threads, clocks and followers of the event log are held together.

mod analyst;
mod facts;
mod worker;
