#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/core/settings.h"
#include "client/datanode/connections.h"
#include "client/namenode/client_thread.h"
#include "client/namenode/namenode.h"
#include "client/read/input_stream.h"
#include "client/write/output_stream.h"

namespace dfs::client {

// What is behind an fs::FileSystem and all handles and files that were made from it: the thread, the NameNode, the
// connections, the lease.
//
// Thread-safe. Destroyed by the last handle, on that handle's thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  static std::shared_ptr<Session> make(Configuration configuration, SessionSettings settings);
  ~Session();

  const SessionSettings& settings() const { return settings_; }
  const Configuration& configuration() const { return configuration_; }
  Namenode& namenode() { return namenode_; }

  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return thread_.run(std::move(task));
  }
  Result<ServerSettings> server_settings();

  Result<std::shared_ptr<InputStream>> open(std::string path);
  Result<std::shared_ptr<OutputStream>> create(std::string path, const fs::CreateOptions& options);
  Result<std::shared_ptr<OutputStream>> append(std::string path, const fs::AppendOptions& options);

 private:
  class OpenForWriting;
  Session(Configuration configuration, SessionSettings settings);
  Result<BlockStreamer::Settings> streamer_settings(std::string path, const OpenedFile& file);
  std::shared_ptr<void> count_writer();
  Task<void> renew_leases();
  Task<Result<void>> close();

  Configuration configuration_;
  SessionSettings settings_;
  ClientThread thread_;
  NamenodeProxy proxy_;
  Namenode namenode_;
  Connections connections_;
  TaskGroup tasks_;

  std::mutex mutex_;
  size_t writers_ = 0;
  bool renewing_ = false;
  std::optional<ServerSettings> server_settings_;
};

}  // namespace dfs::client
