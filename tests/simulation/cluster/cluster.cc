#include "tests/simulation/cluster/cluster.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "namenode/journal/journal.h"
#include "namenode/storage_folders.h"
#include "tests/simulation/kernel/descriptors.h"
#include "tests/simulation/kernel/network.h"

namespace dfs::simulation {
namespace {

constexpr const char* kNamenodeAddress = "10.0.0.1";
constexpr uint32_t kFirstAddress = 0x0a000000;
constexpr uint16_t kRpcPort = 8020, kDataPort = 9866, kIpcPort = 9867;

std::string text_of(uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

template <class T>
T need(Result<T> result, const char* what) {
  if (!result) give_up(fmt::format("{}: {}", what, result.error().to_string()));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  Scheduler::end(3);
}

void Cluster::pass(Nanoseconds time) {
  int nobody_wakes_this = 0;
  Scheduler& simulation = *Scheduler::running();
  simulation.wait(&nobody_wakes_this, simulation.now() + time);
}

bool Cluster::wait_until(Nanoseconds at_most, const std::function<bool()>& holds) {
  const Nanoseconds until = Scheduler::running()->now() + at_most;
  while (!holds()) {
    if (Scheduler::running()->now() >= until) return false;
    pass(10 * kMillisecond);
  }
  return true;
}

Cluster::Cluster(Settings settings)
    : settings_(std::move(settings)), namenode_host_{.name = "namenode", .address = kFirstAddress + 1} {
  Network& network = Network::instance();
  network.add(*Scheduler::running()->current().host);
  network.add(namenode_host_);
  std::map<std::string, std::string> properties{
      {"fs.defaultFS", fmt::format("hdfs://{}:{}", kNamenodeAddress, kRpcPort)},
      {"dfs.namenode.http-address", fmt::format("{}:9870", kNamenodeAddress)},
      {"dfs.namenode.name.dir", "/name"},
      {"dfs.namenode.fs-limits.min-block-size", "512"},
      {"dfs.heartbeat.interval", "1s"},
      {"dfs.namenode.heartbeat.recheck-interval", "5000"},
      {"dfs.namenode.stale.datanode.interval", "5000"},
      {"dfs.namenode.reconstruction.pending.timeout-sec", "20"},
  };
  for (const auto& [key, value] : settings_.properties) properties[key] = value;
  std::vector<std::string> overrides;
  for (const auto& [key, value] : properties) overrides.push_back(key + "=" + value);
  const Configuration configuration = need(Configuration::load("", overrides), "configuration");
  namenode_settings_ = need(namenode::NameNodeSettings::from(configuration), "the NameNode's settings");
  namenode_settings_.network_threads = 1;
  need(namenode::Journal::format(namenode_disk_, namenode::journal_settings(namenode_settings_),
                                 namenode::StorageVersion::generate("CID-simulation", kNamenodeAddress, 1, 1),
                                 namenode::Journal::Existing::kRefuse),
       "format");

  for (size_t i = 0; i < settings_.clients; ++i) {
    auto& host = *clients_.emplace_back(std::make_unique<Host>());
    host.name = fmt::format("client-{}", i);
    host.address = kFirstAddress + 100 + uint32_t(i);
    network.add(host);
  }
  start_namenode();
  if (!wait_until(60 * kSecond, [&] { return namenode_is_up(); })) give_up("the NameNode does not start");
  for (size_t i = 0; i < settings_.datanodes; ++i) {
    auto& one = *datanodes_.emplace_back(std::make_unique<DataNodeHost>());
    one.host.name = fmt::format("datanode-{}", i);
    one.host.address = kFirstAddress + 10 + uint32_t(i);
    network.add(one.host);
    start_datanode(i);
  }
  for (size_t i = 0; i < settings_.datanodes; ++i) {
    if (!wait_until(60 * kSecond, [&] { return is_up(i); })) give_up(datanodes_[i]->host.name + " does not start");
  }
}

std::thread Cluster::on(Host& host, std::function<void()> body) {
  Scheduler& simulation = *Scheduler::running();
  Host& before = *simulation.current().host;
  simulation.move_to(host);
  std::thread made(std::move(body));
  simulation.move_to(before);
  return made;
}

void Cluster::start_namenode() {
  namenode_host_.powered = true;
  Network::instance().powered_on(namenode_host_);
  namenode_sees_ = std::make_unique<HostDisk>(namenode_disk_, namenode_pace_);
  on(namenode_host_, [this] {
    auto* daemon =
        new namenode::NameNode(namenode_settings_, *namenode_sees_,
                               [this](const std::string&, namenode::CacheBytes, namenode::Tables::DurableGate) {
                                 auto made = namenode::Tables::in_memory();
                                 tables_ = made.get();
                                 return Result<std::unique_ptr<namenode::Tables>>(std::move(made));
                               });
    need(daemon->start(), "the NameNode's start");
    namenode_started_ = true;
  }).detach();
}

void Cluster::kill_namenode() {
  Scheduler::running()->kill_threads(namenode_host_);
  DescriptorTable::instance().close_all(namenode_host_);
  (void)namenode_sees_.release();
  namenode_started_ = false;
  tables_ = nullptr;
}

void Cluster::cut_power_of_namenode() {
  Scheduler::running()->kill_threads(namenode_host_);
  namenode_host_.powered = false;
  DescriptorTable::instance().forget_all(namenode_host_);
  (void)namenode_sees_.release();
  namenode_disk_.lose_power(Scheduler::running()->random());
  namenode_started_ = false;
  tables_ = nullptr;
}

void Cluster::start_datanode(size_t i) {
  DataNodeHost& one = *datanodes_[i];
  one.host.powered = true;
  Network::instance().powered_on(one.host);
  one.started = false;
  one.failure.clear();
  one.seen = std::make_unique<HostDisk>(one.faults, one.pace);
  datanode::DataNode::Settings settings;
  for (size_t volume = 0; volume < settings_.volumes; ++volume) {
    settings.directories.push_back({.path = fmt::format("/volume-{}", volume)});
  }
  settings.namenode = {kNamenodeAddress, kRpcPort};
  settings.data = {text_of(one.host.address), kDataPort};
  settings.ipc = {text_of(one.host.address), kIpcPort};
  settings.host_name = one.host.name;
  settings.user = namenode_settings_.name_space.superuser;
  settings.heartbeat_interval = std::chrono::seconds(1);
  settings.block_report_interval = std::chrono::seconds(60);
  settings.scan_period = std::chrono::hours(0);
  settings.block_bytes_estimate = 1 << 20;
  settings.network_threads = 1;
  settings.volume_threads = 2;
  settings.disk = one.seen.get();
  settings.on_failure = [&one](Error error) { one.failure = error.to_string(); };
  one.node = new datanode::DataNode(std::move(settings));
  on(one.host, [&one] {
    Result<void> started = one.node->start();
    if (started) {
      one.started = true;
    } else {
      one.failure = started.error().to_string();
    }
  }).detach();
}

void Cluster::kill_datanode(size_t i) {
  DataNodeHost& one = *datanodes_[i];
  Scheduler::running()->kill_threads(one.host);
  DescriptorTable::instance().close_all(one.host);
  (void)one.seen.release();
  one.node = nullptr;
  one.started = false;
}

void Cluster::cut_power_of_datanode(size_t i) {
  DataNodeHost& one = *datanodes_[i];
  Scheduler::running()->kill_threads(one.host);
  one.host.powered = false;
  DescriptorTable::instance().forget_all(one.host);
  (void)one.seen.release();
  one.disk.lose_power(Scheduler::running()->random());
  one.node = nullptr;
  one.started = false;
}

void Cluster::stop_datanode(size_t i) {
  DataNodeHost& one = *datanodes_[i];
  on(one.host, [&one] {
    one.node->stop();
    delete one.node;
  }).join();
  Scheduler::running()->kill_threads(one.host);
  DescriptorTable::instance().close_all(one.host);
  one.node = nullptr;
  one.started = false;
}

fs::FileSystem Cluster::connect(std::map<std::string, std::string> properties) {
  for (const auto& [key, value] : settings_.properties) properties.emplace(key, value);
  fs::ConnectOptions options;
  options.user = namenode_settings_.name_space.superuser;
  options.properties = std::move(properties);
  auto made = fs::FileSystem::connect(fmt::format("hdfs://{}:{}", kNamenodeAddress, kRpcPort), options);
  if (!made) give_up("connect: " + made.error().message());
  return *std::move(made);
}

}  // namespace dfs::simulation
