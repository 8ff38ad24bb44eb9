//! Lists the modules and executes blocks with them.
