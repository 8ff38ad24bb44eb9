//! How the members decide together: proposals, votes, time locks, validator set, parameters.
