#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "datanode/replicas/replica_store.h"
#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"

namespace dfs::datanode {

struct TransferContext;
class Watchdog;
struct Copy;

// Data transfer version 28 on one address (DataXceiverServer): one coroutine for each connection, spread over loops.
class TransferServer {
 public:
  struct Settings {
    Endpoint listen;
    uint32_t transfers_max = 4096;  // further connections are closed at once
    std::chrono::milliseconds idle_deadline{60000};
    std::chrono::milliseconds keep_alive{4000};  // between two operations of one connection
  };

  // `loops`: single threads; they and `context` outlive the server.
  TransferServer(Settings settings, std::vector<boost::asio::any_io_executor> loops, TransferContext& context);
  ~TransferServer();

  // Listens, so that the port is known; serve() then accepts.
  Result<void> open();
  uint16_t port() const;
  void serve();
  // Ends every connection and copy, and returns when none is left. Not on a loop's thread.
  void stop();

  // Operations under way (xceiverCount of heartbeats).
  uint32_t active() const;
  void set_transfers_max(uint32_t count) { transfers_max_ = count; }
  // Starts sending a copy; it is logged if it fails. Any thread.
  void start_copy(Copy copy);

 private:
  struct Loop;
  Task<void> accept();
  Task<void> serve_connection(Loop& loop, std::unique_ptr<Stream> stream);
  Task<void> run_copy(Loop& loop, std::unique_ptr<Copy> copy);

  const Settings settings_;
  TransferContext& context_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<Listener> listener_;
  std::atomic<uint32_t> active_ = 0, transfers_max_;
  std::atomic<size_t> next_loop_ = 0;
};

}  // namespace dfs::datanode
