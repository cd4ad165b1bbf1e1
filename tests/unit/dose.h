#pragma once

#include <cstdlib>

namespace dfs {

// Whether a test that could go on for hours is to do all of it: `tests/run --nightly` sets the variable for the unit
// tests of the debug build. Otherwise it takes about a second.
inline bool is_nightly() {
  return std::getenv("TUSK_TEST_NIGHTLY") != nullptr;
}

}  // namespace dfs
