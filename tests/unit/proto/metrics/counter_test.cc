#include "proto/metrics/counter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace dfs::metrics {
namespace {

using namespace std::chrono_literals;

TEST(Counter, CountsWhatAllThreadsAdd) {
  Counter counter;
  Rate rate;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        counter.add();
        rate.add(2us);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  counter.add(5);
  EXPECT_EQ(counter.value(), 6005u);
  EXPECT_EQ(rate.count(), 6000u);
  EXPECT_EQ(rate.total(), 12ms);
}

TEST(Rate, ShowsTheAverageOfTheLastIntervalWhoeverLooks) {
  Rate rate;
  TimePoint now{1h};
  EXPECT_EQ(rate.average_ms(now), 0);
  rate.add(4ms);
  rate.add(2, 8ms);
  EXPECT_EQ(rate.average_ms(now), 4);
  EXPECT_EQ(rate.average_ms(now + 1s), 4);  // a second look takes nothing away
  now += Rate::kInterval;
  EXPECT_EQ(rate.average_ms(now), 4);  // nothing since: what it was
  rate.add(10ms);
  EXPECT_EQ(rate.average_ms(now + 1s), 10);
  EXPECT_EQ(rate.count(), 4u);
}

}  // namespace
}  // namespace dfs::metrics
