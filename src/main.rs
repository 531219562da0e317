//! The `lingting` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lingting::cli::run(std::env::args_os())
}
