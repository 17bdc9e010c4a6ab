//! The trail projection.
