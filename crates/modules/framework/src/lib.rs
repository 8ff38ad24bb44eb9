//! What every module is made of: the Module trait, Context, events, error codes, genesis.
