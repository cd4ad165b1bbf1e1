#include "tools/tusk/datanode_process.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "datanode/node/datanode.h"
#include "datanode/web/webhdfs.h"
#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "proto/config/keys.h"
#include "proto/config/locations.h"
#include "proto/config/security_demands.h"
#include "proto/http/server.h"

namespace dfs::tools {

struct DataNodeProcess::Settings {
  datanode::DataNode::Settings node;
  Endpoint http;
  std::map<std::string, std::string> client_properties;  // for the libdfs behind WebHDFS
};

namespace {

using datanode::DataNode;
using datanode::ReservedSpace;
using datanode::VolumeChoice;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return out;
}

// The last part of a Java class name, which stands for one of ours.
std::string_view simple_name(std::string_view class_name) {
  return class_name.substr(class_name.find_last_of(".$") + 1);
}

// `key`, but for this directory or its type where that is set (ReservedSpaceCalculator.getReservedFromConf).
template <class Key>
Result<uint64_t> for_directory(const Configuration& c, Key key, const std::string& path, const std::string& type) {
  const std::string name(key.name);
  for (const std::string& special : {name + "." + path + "." + type, name + "." + path, name + "." + type}) {
    if (c.is_set(special)) return c.get(SizeKey{{special, "0"}});
  }
  DFS_TRY(auto general, c.get(key));
  return uint64_t(general);
}

Result<ReservedSpace> reserved_space(const Configuration& c, const std::string& path, const std::string& type) {
  ReservedSpace reserved;
  DFS_TRY(reserved.bytes, for_directory(c, keys::kDataNodeReserved, path, type));
  DFS_TRY(reserved.percent, for_directory(c, keys::kDataNodeReservedPercent, path, type));
  if (reserved.percent > 100) return fail(c.complaint(keys::kDataNodeReservedPercent, "is more than 100"));
  DFS_TRY(std::string rule, c.get(keys::kDataNodeReservedRule));
  const std::map<std::string_view, ReservedSpace::Rule> rules{
      {"ReservedSpaceCalculatorAbsolute", ReservedSpace::Rule::kBytes},
      {"ReservedSpaceCalculatorPercentage", ReservedSpace::Rule::kPercent},
      {"ReservedSpaceCalculatorConservative", ReservedSpace::Rule::kMore},
      {"ReservedSpaceCalculatorAggressive", ReservedSpace::Rule::kLess}};
  auto found = rules.find(simple_name(rule));
  if (found == rules.end()) return fail(c.complaint(keys::kDataNodeReservedRule, "'" + rule + "' is not known"));
  reserved.rule = found->second;
  return reserved;
}

Result<VolumeChoice::Settings> volume_choice(const Configuration& c) {
  VolumeChoice::Settings choice;
  DFS_TRY(std::string policy, c.get(keys::kVolumeChoosingPolicy));
  if (simple_name(policy) == "AvailableSpaceVolumeChoosingPolicy") {
    choice.policy = VolumeChoice::Policy::kAvailableSpace;
  } else if (simple_name(policy) != "RoundRobinVolumeChoosingPolicy") {
    return fail(c.complaint(keys::kVolumeChoosingPolicy, "'" + policy + "' is not known"));
  }
  DFS_TRY(choice.balanced_bytes, c.get(keys::kBalancedSpaceThreshold));
  DFS_TRY(choice.preference, c.get(keys::kBalancedSpacePreference));
  return choice;
}

// "[SSD]file:///disk1" or "/disk1", as dfs.datanode.data.dir lists them.
Result<DataNode::Directory> directory(const Configuration& configuration, std::string_view text) {
  DataNode::Directory directory;
  directory.text = text;
  std::string type = "disk";
  if (text.starts_with('[')) {
    size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return fail(configuration.complaint(keys::kDataDirs, "'" + std::string(text) + "' has no ']'"));
    }
    type = lower(text.substr(1, end - 1));
    Result<datanode::StorageType> named = datanode::storage_type_named(text.substr(1, end - 1));
    if (!named) return fail(configuration.complaint(keys::kDataDirs, named.error().message()));
    directory.type = *named;
    text.remove_prefix(end + 1);
  }
  DFS_TRY(directory.path, folder_in(configuration, keys::kDataDirs, text));
  DFS_TRY(directory.reserved, reserved_space(configuration, directory.path, type));
  return directory;
}

Result<DataNode::Settings> node_settings(const Configuration& c) {
  DataNode::Settings node;
  DFS_TRY(std::vector<std::string> directories, c.get(keys::kDataDirs));
  for (const std::string& text : directories) {
    DFS_TRY(DataNode::Directory parsed, directory(c, text));
    node.directories.push_back(std::move(parsed));
  }
  if (node.directories.empty()) return fail(c.complaint(keys::kDataDirs, "names no folder"));
  DFS_TRY(node.volume_choice, volume_choice(c));
  DFS_TRY(int64_t tolerated, c.get_between(keys::kFailedVolumesTolerated, -1, 1 << 20));
  if (tolerated == -1) {
    node.failed_volumes_tolerated.reset();
  } else {
    node.failed_volumes_tolerated = size_t(tolerated);
  }
  DFS_TRY(node.namenode, namenode_endpoint(c));
  DFS_TRY(node.data, endpoint_of(c, keys::kDataNodeAddress, 9866));
  DFS_TRY(node.ipc, endpoint_of(c, keys::kDataNodeIpcAddress, 9867));
  DFS_TRY(node.host_name, c.get(keys::kDataNodeHostname));
  DFS_TRY(node.heartbeat_interval, c.get(keys::kHeartbeatInterval));
  DFS_TRY(node.block_report_interval, c.get(keys::kBlockReportInterval));
  DFS_TRY(int64_t scan_hours, c.get_between(keys::kScanPeriodHours, -1, 24 * 365));
  node.scan_period = std::chrono::hours(scan_hours == 0 ? 504 : std::max<int64_t>(scan_hours, 0));
  DFS_TRY(node.scan_bytes_per_second, c.get(keys::kBlockScannerBytesPerSecond));
  // Hadoop's way to have no scanner.
  if (node.scan_bytes_per_second == 0) node.scan_period = std::chrono::hours(0);
  DFS_TRY(node.directory_scan.interval, c.get(keys::kDirectoryScanInterval));
  DFS_TRY(int64_t busy, c.get_between(keys::kDirectoryScanThrottle, INT32_MIN, INT32_MAX));
  node.directory_scan.busy_ms_per_second = busy > 0 && busy < 1000 ? uint32_t(busy) : 1000;
  DFS_TRY(node.disk_deadline, c.get(keys::kDiskCheckTimeout));
  DFS_TRY(node.writer_stop_deadline, c.get(keys::kWriterStopTimeout));
  DFS_TRY(node.block_bytes_estimate, c.get(keys::kBlockSize));
  DFS_TRY(node.balance_bytes_per_second, c.get(keys::kBalanceBandwidth));
  DFS_TRY(node.balance_moves_max, c.get_between(keys::kBalanceMovesMax, 1, 1'000'000));
  DFS_TRY(node.transfers_max, c.get_between(keys::kTransferThreadsMax, 1, 1'000'000));
  DFS_TRY(node.transfer_idle_deadline, c.get(keys::kClientSocketTimeout));
  DFS_TRY(node.transfer_write_deadline, c.get(keys::kDataNodeWriteTimeout));
  // 0 means no limit in Hadoop.
  if (node.transfer_write_deadline.count() == 0) node.transfer_write_deadline = std::chrono::hours(24 * 365);
  DFS_TRY(node.sync_on_close, c.get(keys::kSyncOnClose));
  constexpr BoolKey kNewVolumes{{"tusk.datanode.new.volumes", "false"}};
  DFS_TRY(node.accept_new_volumes, c.get(kNewVolumes));
  constexpr BoolKey kRollback{{"tusk.datanode.rollback", "false"}};
  DFS_TRY(node.rollback, c.get(kRollback));
  for (std::string_view name : DataNode::kReconfigurable) {
    DFS_TRY(node.properties[std::string(name)], c.find(name));
  }
  return node;
}

}  // namespace

struct DataNodeProcess::Parts {
  std::unique_ptr<datanode::WebHdfs> web_hdfs;
  EventLoop web_loop{"web"};
  std::unique_ptr<http::Server> web;
  std::unique_ptr<datanode::DataNode> node;
  Endpoint data, http, ipc;
};

DataNodeProcess::DataNodeProcess(std::unique_ptr<Settings> settings)
    : settings_(std::move(settings)), parts_(std::make_unique<Parts>()) {}

DataNodeProcess::~DataNodeProcess() {
  stop();
}

Result<std::unique_ptr<DataNodeProcess>> DataNodeProcess::create(const Configuration& c,
                                                                 std::function<void(Error)> on_failure,
                                                                 std::function<Result<Configuration>()> reread) {
  auto settings = std::make_unique<Settings>();
  DFS_TRY_OK(check_security_demands(c));
  DFS_TRY(settings->node, node_settings(c));
  DFS_TRY(settings->http, endpoint_of(c, keys::kDataNodeHttpAddress, 9864));
  for (std::string_view prefix : {"dfs.", "fs.", "ipc.", "hadoop."}) {
    DFS_TRY(auto found, c.with_prefix(prefix));
    settings->client_properties.merge(found);
  }
  settings->node.on_failure = std::move(on_failure);
  if (reread) {
    settings->node.reread = [reread = std::move(reread)]() -> Result<DataNode::Settings> {
      DFS_TRY(Configuration now, reread());
      return node_settings(now);
    };
  }
  std::unique_ptr<DataNodeProcess> process(new DataNodeProcess(std::move(settings)));
  DFS_TRY_OK(process->open());
  return process;
}

// The DataNode tells the NameNode the port of the web server, so that one comes first.
Result<void> DataNodeProcess::open() {
  Parts& parts = *parts_;
  parts.web_loop.start();
  http::Server::Settings web;
  web.listen = {settings_->http};
  datanode::WebHdfs::Settings web_hdfs;
  web_hdfs.connect.properties = settings_->client_properties;
  web_hdfs.namenode_uri = "hdfs://" + settings_->node.namenode.to_string();
  parts.web_hdfs = std::make_unique<datanode::WebHdfs>(std::move(web_hdfs));
  parts.web = std::make_unique<http::Server>(web, std::vector{parts.web_loop.executor()}, *parts.web_hdfs);
  DFS_TRY_OK(parts.web->start());
  parts.http = {settings_->http.host, parts.web->ports().front()};
  settings_->node.info_port = parts.http.port;
  parts.node = std::make_unique<datanode::DataNode>(settings_->node);
  return {};
}

Result<void> DataNodeProcess::start() {
  Parts& parts = *parts_;
  DFS_TRY_OK(parts.node->start());
  parts.data = {settings_->node.data.host, parts.node->data_port()};
  parts.ipc = {settings_->node.ipc.host, parts.node->ipc_port()};
  return {};
}

void DataNodeProcess::stop() {
  if (parts_->node) parts_->node->stop();
  if (parts_->web) parts_->web->stop();
  parts_->web_loop.stop();
}

Endpoint DataNodeProcess::data_endpoint() const {
  return parts_->data;
}
Endpoint DataNodeProcess::http_endpoint() const {
  return parts_->http;
}
Endpoint DataNodeProcess::ipc_endpoint() const {
  return parts_->ipc;
}

}  // namespace dfs::tools
