//! Looks for what other programs made before: the CTranslate2 library that `scripts/setup` fetched (and tells the
//! linker and the loader where it lies), and the pages that `scripts/web` built.

use std::env;
use std::path::{Path, PathBuf};
#[cfg(feature = "ct2")]
use std::process::Command;

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
    quicker();
    // A shipped binary looks beside itself first, a built one where it was linked.
    for place in ["$ORIGIN/../lib/lingting", &folder.display().to_string()] {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{place}");
    }
}

/// What is quicker here than in CTranslate2. As objects they stand in every program before the library.
#[cfg(feature = "ct2")]
fn quicker() {
    println!("cargo::rerun-if-changed=native");
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").opt_level(3).include(headers());
    // GCC says so of its own header; definitions keep the library's parameters.
    for flag in ["-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-unused-parameter"] {
        build.flag_if_supported(flag);
    }
    build.files(
        ["products", "attention", "median", "memory", "windows"]
            .map(|name| format!("native/{name}.cpp")),
    );
    for object in build.compile_intermediates() {
        println!("cargo::rustc-link-arg={}", object.display());
    }
    // What they call, for programs that have nothing else from there.
    let standard = if cfg!(target_os = "macos") { "c++" } else { "stdc++" };
    println!("cargo::rustc-link-arg=-lctranslate2");
    println!("cargo::rustc-link-arg=-l{standard}");
}

#[cfg(not(feature = "ct2"))]
fn quicker() {}

/// CTranslate2's headers, of the release that is linked: they come with the crate that binds it.
#[cfg(feature = "ct2")]
fn headers() -> PathBuf {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let asked =
        ["metadata", "--format-version=1", "--locked", "--no-default-features", "--features=ct2"];
    let platform = format!("--filter-platform={}", env::var("TARGET").unwrap_or_default());
    let told = Command::new(cargo).args(asked).arg(platform).output();
    let told = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    let manifest = told.ok().and_then(|told| {
        told.split('"')
            .find(|part| part.ends_with("Cargo.toml") && part.contains("/ct2rs-"))
            .map(PathBuf::from)
    });
    let folder = manifest.and_then(|manifest| Some(manifest.parent()?.join("CTranslate2/include")));
    folder.filter(|folder| folder.is_dir()).unwrap_or_else(|| {
        println!("cargo::error=feature `ct2` needs the headers of CTranslate2, which the package ct2rs brings: run cargo fetch");
        PathBuf::new()
    })
}

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
