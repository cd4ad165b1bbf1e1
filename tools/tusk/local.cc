#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "dfs/filesystem.h"
#include "namenode/namenode.h"
#include "proto/base/log.h"
#include "proto/config/keys.h"
#include "proto/security/process_user.h"
#include "tools/tusk/daemon.h"
#include "tools/tusk/datanode_process.h"
#include "tools/tusk/main.h"

namespace dfs::tools {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kHadoop2HttpPort = 50070;

struct LocalOptions {
  std::string data = "tusk-data";
  int datanodes = 3;
};

// A NameNode and some DataNodes in this process, started and stopped in order.
class LocalCluster {
 public:
  LocalCluster(Configuration configuration, LocalOptions options)
      : configuration_(std::move(configuration)), options_(std::move(options)) {}
  ~LocalCluster() { stop(); }

  Result<void> start() {
    std::error_code error;
    root_ = std::filesystem::absolute(options_.data, error).string();
    configure();
    DFS_TRY(auto settings, namenode::NameNodeSettings::from(configuration_));
    if (settings.http.front().port == 9870) settings.http.push_back({settings.http.front().host, kHadoop2HttpPort});
    DFS_TRY(bool formatted, namenode::NameNode::is_formatted(settings));
    if (!formatted) {
      DFS_TRY_OK(begin_first_start());
      DFS_TRY_OK(namenode::NameNode::format(settings, "", namenode::NameNode::Format::kOnlyEmpty));
    }
    namenode_ = std::make_unique<namenode::NameNode>(std::move(settings));
    if (Result<void> started = namenode_->start(); !started) {
      namenode_.reset();
      return started;
    }
    for (int i = 0; i < options_.datanodes; ++i) DFS_TRY_OK(start_datanode(i));
    return make_first_directories();
  }

  void stop() {
    for (auto& datanode : datanodes_) datanode->stop();
    datanodes_.clear();
    if (namenode_) namenode_->stop();
    namenode_.reset();
  }

  std::string ready_line() const {
    return fmt::format("ready rpc={} http={}", namenode_->rpc_endpoint().to_string(),
                       namenode_->http_endpoint().to_string());
  }

 private:
  void default_to(const Key& key, std::string value) {
    if (!configuration_.is_set(key.name)) configuration_.set(key.name, std::move(value), "tusk local");
  }

  void configure() {
    default_to(keys::kNameDirs, root_ + "/name");
    // Nothing to wait for: all DataNodes of this cluster start with it.
    default_to(keys::kSafeModeExtension, "0");
    default_to(keys::kDataDirs, root_ + "/data");
  }

  Result<void> start_datanode(int index) {
    Configuration own = configuration_;
    DFS_TRY(std::vector<std::string> directories, own.get(keys::kDataDirs));
    std::string joined;
    for (const std::string& directory : directories) {
      joined += (joined.empty() ? "" : ",") + fmt::format("{}{}", directory, index + 1);
    }
    own.set(keys::kDataDirs.name, joined, "tusk local");
    own.set(keys::kNameNodeRpcAddress.name, namenode_->rpc_endpoint().to_string(), "tusk local");
    if (index > 0) {
      for (const Key* key :
           {static_cast<const Key*>(&keys::kDataNodeAddress), static_cast<const Key*>(&keys::kDataNodeHttpAddress),
            static_cast<const Key*>(&keys::kDataNodeIpcAddress)}) {
        own.set(key->name, "127.0.0.1:0", "tusk local");
      }
    }
    DFS_TRY(auto node, DataNodeProcess::create(own, [index](Error error) {
              log::error("DataNode {} has failed: {}", index + 1, error.message());
            }));
    datanodes_.push_back(std::move(node));
    return datanodes_.back()->start();
  }

  // A file that says, until the first directories are made, that they still have to be: a start may fail after the
  // formatting, and the next one has to go on from there.
  std::string first_start_marker() const { return root_ + "/first-start"; }
  Result<void> begin_first_start() {
    std::error_code error;
    std::filesystem::create_directories(root_, error);
    if (error) return fail(ErrorCode::kIo, root_ + ": " + error.message());
    std::ofstream marker(first_start_marker());
    if (!marker) return fail(Error::from_errno(errno, first_start_marker()));
    return {};
  }
  bool is_first_start() const {
    std::error_code error;
    return std::filesystem::exists(first_start_marker(), error);
  }

  // /tmp for everybody and homes for whoever started the cluster and for `hdfs`; waits until blocks can be written.
  Result<void> make_first_directories() {
    fs::ConnectOptions as_superuser;
    as_superuser.user = security::process_user();
    auto connected = fs::FileSystem::connect("hdfs://" + namenode_->rpc_endpoint().to_string(), as_superuser);
    if (!connected) return fail(ErrorCode::kIo, connected.error().message());
    fs::FileSystem& files = *connected;
    DFS_TRY_OK(wait_until_writable(files));
    if (!is_first_start()) return {};
    auto made = files.mkdirs("/tmp", 01777);
    if (made) made = files.set_permission("/tmp", 01777);
    for (const std::string& user : {as_superuser.user, std::string("hdfs")}) {
      std::string home = "/user/" + user;
      if (made) made = files.mkdirs(home, 0755);
      if (made) made = files.set_owner(home, user, "");
    }
    if (!made) return fail(ErrorCode::kIo, "making the first directories: " + made.error().message());
    std::error_code error;
    std::filesystem::remove(first_start_marker(), error);
    if (error) return fail(ErrorCode::kIo, first_start_marker() + ": " + error.message());
    return {};
  }

  Result<void> wait_until_writable(fs::FileSystem& files) {
    auto deadline = std::chrono::steady_clock::now() + 60s;
    while (true) {
      auto safe = files.in_safe_mode();
      auto live = files.datanodes(fs::DatanodeState::kLive);
      if (safe && !*safe && live && live->size() >= datanodes_.size()) return {};
      if (std::chrono::steady_clock::now() > deadline) {
        return fail(ErrorCode::kTimeout, "the cluster is not writable after 60 s; its log says why");
      }
      std::this_thread::sleep_for(10ms);
    }
  }

  Configuration configuration_;
  LocalOptions options_;
  std::string root_;
  std::unique_ptr<namenode::NameNode> namenode_;
  std::vector<std::unique_ptr<DataNodeProcess>> datanodes_;
};

}  // namespace
}  // namespace dfs::tools

int run_local(int count, char** arguments) {
  using namespace dfs;
  CLI::App app("Runs a NameNode and DataNodes in one process, on loopback.", "tusk local");
  tools::DaemonOptions options;
  options.add_to(app);
  tools::LocalOptions local;
  app.add_option("--data", local.data, "where everything is kept; formatted when empty (./tusk-data)");
  app.add_option("--datanodes", local.datanodes, "how many (3)")->check(CLI::Range(1, 64));
  if (auto code = tools::parse(app, count, arguments)) return *code;

  tools::block_stop_signals();
  Result<Configuration> configuration = options.load();
  if (!configuration) return tools::fail_with("local", configuration.error());
  tools::LocalCluster cluster(*std::move(configuration), std::move(local));
  if (Result<void> started = cluster.start(); !started) {
    int code = tools::fail_with("local", started.error());
    cluster.stop();
    return code;
  }
  tools::announce(cluster.ready_line());
  tools::wait_for_stop_signal();
  cluster.stop();
  return 0;
}
