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

# Write OpenAPI, JSON Schemas and the page of rights anew.
schemas:
    cargo run --quiet --bin homeroom -- schemas --write schemas
    cargo run --quiet --bin homeroom -- rights --markdown > docs/rights.md

# The real service under load over HTTP; then the log and the trail by themselves.
bench:
    cargo build --release
    cargo bench -p homeroom-benches --bench check_ins
    cargo bench -p homeroom-log --bench log
    cargo bench -p homeroom-trail --bench rebuild

# The sample department.
up *args:
    ops/up {{args}}
