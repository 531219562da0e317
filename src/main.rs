//! The `lingting` command.

fn main() {}
