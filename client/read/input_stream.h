#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "client/datanode/connections.h"
#include "client/namenode/client_thread.h"
#include "client/read/file_blocks.h"

namespace dfs::client {

class ReadAhead;

// A file open for reading, behind fs::InputFile: sequential reads are served from what a read-ahead has fetched on the
// client's thread, positioned reads go there themselves.
class InputStream {
 public:
  struct Environment {
    std::shared_ptr<void> session;  // keeps the following alive
    ClientThread& thread;
    Namenode& namenode;
    Connections& connections;
    security::Identity user;
    const TransferSettings& settings;
  };

  static Result<std::shared_ptr<InputStream>> open(Environment environment, std::string path);
  explicit InputStream(Environment environment, std::string path);
  ~InputStream();

  Result<size_t> read(std::span<uint8_t> to);
  Result<size_t> pread(uint64_t offset, std::span<uint8_t> to);
  Result<void> seek(uint64_t offset);
  uint64_t position() const { return position_; }
  uint64_t length() const { return length_; }
  Result<void> refresh();
  void close();

 private:
  Task<Result<size_t>> read_at(uint64_t offset, std::span<uint8_t> to);
  void stop_read_ahead();
  Result<void> check_open() const;

  Environment environment_;
  FileBlocks blocks_;           // the client's thread
  std::set<std::string> dead_;  // the client's thread
  uint64_t position_ = 0;
  std::atomic<uint64_t> length_ = 0;
  bool closed_ = false;
  std::unique_ptr<ReadAhead> read_ahead_;
};

}  // namespace dfs::client
