#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace dfs::simulation {

// What came of one seed.
struct Outcome {
  uint64_t seed = 0;
  bool passed = false;
  uint64_t trace = 0;  // equal for equal runs
  uint64_t steps = 0;
  double virtual_seconds = 0, cpu_seconds = 0;
  std::string output;  // what was logged and what is wrong
  std::string end_of_output(size_t lines) const;
};

// A whole run: what is wrong at its end, empty if nothing.
using Scenario = std::function<std::string(uint64_t seed)>;

// Runs the scenario in a process of its own, so that nothing is left of one seed when the next runs, and a failed check
// ends no other. As many at a time as there are processors. Calls `done` for each, in any order, until it returns
// false.
struct Seeds {
  uint64_t first = 1, count = 1, stride = 1;
};
void run_seeds(Seeds seeds, const Scenario& scenario, const std::function<bool(Outcome)>& done);
Outcome run_seed(uint64_t seed, const Scenario& scenario);

// Addresses must be the same in every run, as something may be ordered by them: starts this program again without
// their randomisation, if that is on. First thing in main().
void fix_addresses(char** arguments);

}  // namespace dfs::simulation
