#include "client/write/packet_window.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace dfs::client {
namespace {

PacketPtr packet(PacketWindow& window, int64_t seqno) {
  PacketPtr packet = window.blank();
  packet->header.seqno = seqno;
  return packet;
}

TEST(PacketWindow, WakesTheSenderOnlyWhenItHadNothingToDo) {
  int wakes = 0;
  PacketWindow window(8, [&] { ++wakes; });
  EXPECT_TRUE(window.push(packet(window, 0)));
  EXPECT_TRUE(window.push(packet(window, 1)));
  EXPECT_EQ(wakes, 1);
}

TEST(PacketWindow, TheWriterWaitsWhileTooManyPacketsAreUnderWay) {
  PacketWindow window(2, [] {});
  EXPECT_TRUE(window.push(packet(window, 0)));
  EXPECT_TRUE(window.push(packet(window, 1)));
  std::atomic<bool> pushed = false;
  std::thread writer([&] {
    EXPECT_TRUE(window.push(packet(window, 2)));
    pushed = true;
  });
  PacketPtr first = window.pop();
  EXPECT_FALSE(pushed) << "sent is not acknowledged";
  window.acknowledged(0);
  writer.join();
  EXPECT_TRUE(pushed);
}

TEST(PacketWindow, AFullWindowOpensWhenAQuarterIsAcknowledged) {
  PacketWindow window(8, [] {});
  for (int64_t seqno = 0; seqno < 8; ++seqno) EXPECT_TRUE(window.push(packet(window, seqno)));
  std::atomic<bool> pushed = false;
  std::thread writer([&] {
    EXPECT_TRUE(window.push(packet(window, 8)));
    EXPECT_TRUE(window.push(packet(window, 9)));
    pushed = true;
  });
  window.acknowledged(0);
  EXPECT_FALSE(pushed);
  window.acknowledged(1);
  writer.join();
  EXPECT_TRUE(pushed);
}

TEST(PacketWindow, UnacknowledgedPacketsComeAgainFirst) {
  PacketWindow window(8, [] {});
  for (int64_t seqno = 0; seqno < 4; ++seqno) EXPECT_TRUE(window.push(packet(window, seqno)));
  std::deque<PacketPtr> lost;
  lost.push_back(window.pop());
  lost.push_back(window.pop());
  window.push_back_unacknowledged(std::move(lost));
  for (int64_t seqno = 0; seqno < 4; ++seqno) EXPECT_EQ(window.pop()->header.seqno, seqno);
}

TEST(PacketWindow, TheFirstErrorStaysAndEndsEveryWait) {
  PacketWindow window(8, [] {});
  EXPECT_TRUE(window.push(packet(window, 0)));
  std::thread waiter([&] { EXPECT_EQ(window.wait_for_ack(0).error().message(), "first"); });
  window.fail_with(Error(ErrorCode::kIo, "first"));
  window.fail_with(Error(ErrorCode::kIo, "second"));
  waiter.join();
  EXPECT_EQ(window.push(packet(window, 1)).error().message(), "first");
}

TEST(PacketWindow, WhatWasAcknowledgedBeforeTheErrorIsFlushed) {
  PacketWindow window(8, [] {});
  EXPECT_TRUE(window.push(packet(window, 0)));
  window.acknowledged(0);
  window.fail_with(Error(ErrorCode::kIo, "later"));
  EXPECT_TRUE(window.wait_for_ack(0));
}

TEST(PacketWindow, MemoryIsUsedAgain) {
  PacketWindow window(8, [] {});
  PacketPtr first = window.blank();
  const OutgoingPacket* memory = first.get();
  window.recycle(std::move(first));
  EXPECT_EQ(window.blank().get(), memory);
}

}  // namespace
}  // namespace dfs::client
