# What is done daily. `just` lists it.

default:
    @just --list

# Everything that must hold before a landing.
test:
    ops/test

# Format and lint.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Write OpenAPI and JSON Schemas anew.
schemas:
    cargo run --quiet --bin homeroom -- schemas --write schemas

# Load the real service over HTTP.
bench:
    cargo build --release
    cargo bench -p homeroom-benches --bench check_ins

# The sample department.
up *args:
    ops/up {{args}}
