//! Rows 51 and 52.
