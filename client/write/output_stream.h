#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/namenode/client_thread.h"
#include "client/write/block_streamer.h"
#include "client/write/packet_window.h"

namespace dfs::client {

// A file open for writing, behind fs::OutputFile: cuts bytes into packets and their checksums on the writer's thread;
// the streamer carries them away on the client's.
class OutputStream {
 public:
  struct Environment {
    std::shared_ptr<void> session;  // keeps the following alive, and the lease renewed
    ClientThread& thread;
    Namenode& namenode;
  };

  // The last block of a file that is appended to.
  struct Tail {
    hadoop::hdfs::LocatedBlockProto block;
    bool fill = true;  // write on into it, unless it is full
  };

  // `sync_on_close`: each block is synced to disk as it ends.
  OutputStream(Environment environment, BlockStreamer::Settings settings, bool sync_on_close, std::optional<Tail> tail);
  ~OutputStream();

  Result<void> write(std::span<const uint8_t> bytes);
  Result<void> hflush();
  Result<void> hsync();
  Result<void> close();
  void abandon();
  // From then on nothing is waited for any more: calls that are under way or to come fail with kTimeout. Any thread.
  void give_up_at(std::chrono::steady_clock::time_point when);
  uint64_t position() const { return position_; }

 private:
  Result<void> check_open();
  // How many more bytes the packet being filled may take.
  size_t room() const;
  Result<void> send_packet();
  Result<void> end_block();
  Result<void> flush(bool sync);
  // Runs a call to the NameNode on the client's thread.
  Result<void> call(Task<Result<void>> task);

  Environment environment_;
  const checksum::Checksum checksum_;
  const uint64_t block_size_;
  const size_t packet_bytes_;
  const bool sync_on_close_;

  std::optional<PacketWindow> window_;
  std::unique_ptr<BlockStreamer> streamer_;
  std::shared_ptr<asio::steady_timer> give_up_;  // the client's thread

  PacketPtr packet_;              // being filled
  uint64_t packet_offset_ = 0;    // in the block, of its first byte
  uint64_t sent_in_block_ = 0;    // end of the last packet that was handed over
  bool unaligned_start_ = false;  // the packet fills up a chunk that is on the DataNodes already
  int64_t next_seqno_ = 0;
  uint64_t position_ = 0;
  std::optional<Result<void>> closed_;
};

}  // namespace dfs::client
