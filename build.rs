//! Looks for what other programs made before: the CTranslate2 library that `scripts/setup` fetched (and tells the
//! linker and the loader where it lies), and the pages that `scripts/web` built.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LINGTING_NATIVE");
    pages();
    if env::var_os("CARGO_FEATURE_CT2").is_none() {
        return;
    }
    println!("cargo::rerun-if-env-changed=XDG_DATA_HOME");
    println!("cargo::rerun-if-env-changed=HOME");
    let folder = native_folder();
    let library = folder.join("libctranslate2.so");
    println!("cargo::rerun-if-changed={}", library.display());
    if !library.exists() {
        println!(
            "cargo::error=feature `ct2` needs libctranslate2.so, which is not in {}: run scripts/setup, \
             or build with --no-default-features",
            folder.display()
        );
        return;
    }
    println!("cargo::rustc-link-search=native={}", folder.display());
    one_row();
    // A shipped binary looks beside itself first, a built one where it was linked.
    for place in ["$ORIGIN/../lib/lingting", &folder.display().to_string()] {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{place}");
    }
}

/// CTranslate2's product of one row, quicker. As an object it stands in every program before the library.
#[cfg(feature = "ct2")]
fn one_row() {
    println!("cargo::rerun-if-changed=native/one_row.cpp");
    let mut build = cc::Build::new();
    // GCC says so of its own header.
    build.cpp(true).std("c++17").opt_level(3).flag_if_supported("-Wno-maybe-uninitialized");
    for object in build.file("native/one_row.cpp").compile_intermediates() {
        println!("cargo::rustc-link-arg={}", object.display());
    }
}

#[cfg(not(feature = "ct2"))]
fn one_row() {}

fn pages() {
    println!("cargo::rerun-if-changed=web/dist/index.html");
    if env::var_os("CARGO_FEATURE_WEB").is_some() && !Path::new("web/dist/index.html").exists() {
        println!(
            "cargo::error=feature `web` needs the built web app in web/dist: run scripts/web, or build without it: \
             --no-default-features --features whisper,ct2,onnx,opus,service,analytics,oidc"
        );
    }
}

/// `$LINGTING_NATIVE`, else the user's data folder.
fn native_folder() -> PathBuf {
    if let Some(folder) = env::var_os("LINGTING_NATIVE") {
        return PathBuf::from(folder);
    }
    let data =
        env::var_os("XDG_DATA_HOME").filter(|v| Path::new(v).is_absolute()).map(PathBuf::from);
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".local/share");
    data.unwrap_or_else(home).join("lingting/native")
}
