#include <gtest/gtest.h>

#include "tests/simulation/kernel/run.h"

int main(int count, char** arguments) {
  dfs::simulation::fix_addresses(arguments);
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
