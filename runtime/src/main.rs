//! The one binary, `parlance`: see `parlance --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    parlance::cli::main()
}
