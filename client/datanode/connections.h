#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "client/datanode/transfer_settings.h"
#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"

namespace hadoop::hdfs {
class DatanodeIDProto;
}

namespace dfs::client {

Endpoint transfer_endpoint(const hadoop::hdfs::DatanodeIDProto& node, const TransferSettings& settings);

// Connections to DataNodes that finished a read and wait for the next one, as Hadoop's PeerCache: bounded in number,
// and dropped before the DataNode does (it keeps an idle connection for four seconds).
//
// Belongs to the client's thread.
class Connections {
 public:
  explicit Connections(TransferSettings settings) : settings_(std::move(settings)) {}

  struct Connection {
    std::unique_ptr<Stream> stream;
    bool reused = false;  // it may have been closed over there: a failure of the first request says nothing
  };
  // An idle connection, or a new one.
  Task<Result<Connection>> get(Endpoint datanode);
  Task<Result<Connection>> connect(Endpoint datanode);
  // Gives back a connection at the end of an operation, ready for the next.
  void put(Endpoint datanode, std::unique_ptr<Stream> stream);
  void close();

 private:
  struct Idle {
    std::string datanode;
    std::unique_ptr<Stream> stream;
    std::chrono::steady_clock::time_point since;
  };
  void drop_expired();

  TransferSettings settings_;
  std::list<Idle> idle_;  // oldest first
};

}  // namespace dfs::client
