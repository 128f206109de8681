//! What is written in TypeScript: the client with what is generated of it, the npm side of
//! slotstall, the suite of the venue, the page, and their tests.

use std::fs;
use std::path::PathBuf;

use crate::command::{built_path, root, run};
use crate::node::{install, node, package};
use crate::sbpf;

/// Folders of the workspace in package.json.
const CLIENT: &str = "clients/ts";
const SLOTSTALL: &str = "clients/slotstall";
const SUITE: &str = "tests/ts";
const PAGE: &str = "clients/web";

const COMPILER: &str = "typescript/bin/tsc";
const VITE: &str = "vite/bin/vite.js";
const VITEST: &str = "vitest/vitest.mjs";
const MOCHA: &str = "mocha/bin/mocha.js";

/// Writes what is generated of the client, or checks that the committed files are that.
///
/// # Errors
/// When the rules do not compile, or with `check` when a file has drifted.
pub fn generate(check: bool) -> Result<(), String> {
    install()?;
    crate::setup::install_compiler_of_debian()?;
    let mut generator = node(CLIENT)?;
    generator.arg("scripts/generate.js").arg(rules()?);
    run(generator.args(check.then_some("--check")))
}

/// Compiles everything in TypeScript as it is published, then its tests, and runs them.
///
/// # Errors
/// When a file does not compile or a test fails.
pub fn test() -> Result<(), String> {
    install()?;
    test_client()?;
    test_slotstall()?;
    test_suite()?;
    test_page()
}

/// Compiles the client and its tests; the script that trades on a validator.
///
/// # Errors
/// When Node cannot be installed, or a file does not compile.
pub fn build() -> Result<PathBuf, String> {
    install()?;
    for project in ["tsconfig.build.json", "tsconfig.json"] {
        run(package(COMPILER, CLIENT)?.args(["--project", project]))?;
    }
    Ok(root().join(CLIENT).join("build/tests/validator.js"))
}

fn test_client() -> Result<(), String> {
    build()?;
    let compiled = root().join(CLIENT).join("build/tests");
    let entries = fs::read_dir(&compiled).map_err(|error| format!("build/tests: {error}"))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut tests: Vec<_> =
        paths.filter(|path| path.to_string_lossy().ends_with(".test.js")).collect();
    tests.sort();
    run(node(CLIENT)?.arg("--test").args(tests))
}

/// Against the compiled command.
fn test_slotstall() -> Result<(), String> {
    for project in ["tsconfig.build.json", "tsconfig.json"] {
        run(package(COMPILER, SLOTSTALL)?.args(["--project", project]))?;
    }
    let command = built_path("slotstall");
    run(package(VITEST, SLOTSTALL)?.arg("run").env("SLOTSTALL_BIN", &command))?;
    let tests = "test/hooks.mocha.js";
    run(package(MOCHA, SLOTSTALL)?.arg(tests).env("SLOTSTALL_BIN", &command))
}

/// As `slotstall --anchor -- npx vitest run` does where both are on the path.
fn test_suite() -> Result<(), String> {
    run(package(COMPILER, SUITE)?.args(["--project", "tsconfig.json"]))?;
    let vitest = package(VITEST, SUITE)?;
    let mut cluster = std::process::Command::new(built_path("slotstall"));
    cluster.current_dir(root().join(SUITE)).args(["--port", "0", "--anchor", "--"]);
    run(cluster.arg(vitest.get_program()).args(vitest.get_args()).arg("run"))
}

/// Builds the page as any file server can serve it; its directory.
///
/// # Errors
/// When Node cannot be installed, or a file does not compile.
pub fn build_page() -> Result<PathBuf, String> {
    install()?;
    run(package(VITE, PAGE)?.args(["build", "--logLevel", "warn"]))?;
    Ok(root().join(PAGE).join("dist"))
}

/// In a browser, on a venue whose chain stalls.
fn test_page() -> Result<(), String> {
    run(package(COMPILER, PAGE)?.args(["--project", "tsconfig.json"]))?;
    build_page()?;
    run(package(VITEST, PAGE)?
        .arg("run")
        .env("SLOTSTALL_BIN", built_path("slotstall"))
        .env("HOLDFAST_MIGRATE", built_path("holdfast-migrate"))
        .env("HOLDFAST_BIN", built_path("holdfast")))
}

/// Compiles `clients/ts/risk`; the path of the module. Debian's compiler is the one that every
/// machine has in the same version, and its sources hold the `core` that rustup may not offer.
fn rules() -> Result<PathBuf, String> {
    sbpf::check_compiler()?;
    let target = root().join("target/wasm");
    run(sbpf::debians_cargo()
        .current_dir(root().join(CLIENT).join("risk"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22")
        .args(["build", "--quiet", "--release", "--locked", "-Z", "build-std=core"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target))?;
    let module = "wasm32-unknown-unknown/release/holdfast_client_risk.wasm";
    let path = target.join(module);
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}
