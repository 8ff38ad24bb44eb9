//! The BFT engine behind one small Application trait; nothing above it names the library.
