//! Tests of the trait's dispatch, with a module of one call.
