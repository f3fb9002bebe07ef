//! The schema, its migrations, and what is generated from it.

