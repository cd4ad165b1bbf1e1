#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "proto/transfer/packet.h"

namespace dfs::client {

// A packet between write() and its acknowledgement. Its memory is used again and again.
struct OutgoingPacket {
  transfer::PacketHeader header;
  std::vector<uint8_t> sums;
  std::vector<uint8_t> data;

  uint64_t end_in_block() const { return uint64_t(header.offset_in_block) + data.size(); }
};
using PacketPtr = std::unique_ptr<OutgoingPacket>;

}  // namespace dfs::client
