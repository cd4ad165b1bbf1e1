#include "datanode/replicas/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/thread_pool.hpp>
#include <random>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

struct Volume::Threads {
  explicit Threads(size_t count) : pool(count) {}
  asio::thread_pool pool;
};

std::string random_uuid() {
  std::random_device device;
  std::array<uint32_t, 4> words{device(), device(), device(), device()};
  words[1] = (words[1] & 0xffff0fffu) | 0x00004000u;
  words[2] = (words[2] & 0x3fffffffu) | 0x80000000u;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16, words[1] & 0xffff,
                     words[2] >> 16, words[2] & 0xffff, words[3]);
}

Volume::Volume(Settings settings)
    : settings_(std::move(settings)),
      layout_{settings_.directory, ""},
      threads_(std::make_unique<Threads>(settings_.threads)) {}

Volume::~Volume() {
  threads_->pool.join();
}

asio::any_io_executor Volume::executor() const {
  return threads_->pool.get_executor();
}

Result<std::unique_ptr<Volume>> Volume::open(Settings settings) {
  DFS_CHECK(settings.disk != nullptr);
  Disk& disk = *settings.disk;
  DFS_TRY(bool there, disk.exists(settings.directory));
  if (!there) {
    DFS_TRY_OK(disk.make_directories(settings.directory, 0700));
    size_t end = settings.directory.rfind('/');
    DFS_TRY_OK(disk.sync_directory(end == 0 || end == std::string::npos ? "/" : settings.directory.substr(0, end)));
  }
  std::unique_ptr<Volume> volume(new Volume(std::move(settings)));
  auto lock = disk.lock(volume->directory() + "/in_use.lock");
  if (!lock) {
    if (lock.error().code() != ErrorCode::kIllegalState) return fail(std::move(lock).error());
    return fail(ErrorCode::kIllegalState,
                fmt::format("Cannot lock storage {}. The directory is already locked: another DataNode uses it. Stop "
                            "that one or give this one a directory of its own",
                            volume->directory()));
  }
  volume->lock_ = *std::move(lock);
  DFS_TRY_OK(volume->read_version());
  return volume;
}

Result<void> Volume::read_version() {
  const std::string file = layout_.version();
  DFS_TRY(bool there, disk().exists(file));
  if (!there) {
    DFS_TRY(std::vector<DirectoryEntry> entries, disk().list(directory()));
    for (const DirectoryEntry& entry : entries) {
      if (entry.name == "in_use.lock" || entry.name == "lost+found") continue;
      // A crash while formatting leaves current/ empty.
      if (entry.name == "current") {
        DFS_TRY(std::vector<DirectoryEntry> current, disk().list(directory() + "/current"));
        bool only_temporary =
            std::ranges::all_of(current, [](const DirectoryEntry& inner) { return inner.name.starts_with("VERSION"); });
        if (only_temporary) continue;
      }
      return fail(ErrorCode::kCorruptFormat,
                  fmt::format("{} is not empty ({}) but has no current/VERSION: restore that file if this was a "
                              "DataNode's directory, otherwise choose an empty one",
                              directory(), entry.name));
    }
    return {};
  }
  DFS_TRY(std::string text, disk().read_file(file));
  Properties properties = parse_properties(text);
  DFS_TRY(std::string type, require(properties, "storageType", file));
  if (type != "DATA_NODE") {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("{} belongs to a {}, not to a DataNode: choose another directory", directory(), type));
  }
  DFS_TRY(std::string version, require(properties, "layoutVersion", file));
  if (version != std::to_string(kLayoutVersion)) {
    return fail(ErrorCode::kIncorrectVersion,
                fmt::format("Unexpected version of storage directory {}. Reported: {}. Expecting = {}", directory(),
                            version, kLayoutVersion));
  }
  DFS_TRY(storage_id_, require(properties, "storageID", file));
  DFS_TRY(node_.cluster_id, require(properties, "clusterID", file));
  DFS_TRY(node_.uuid, require(properties, "datanodeUuid", file));
  formatted_ = true;
  return {};
}

Result<void> Volume::format(const NodeIdentity& node) {
  DFS_CHECK(!formatted_);
  storage_id_ = "DS-" + random_uuid();
  node_ = node;
  DFS_TRY_OK(disk().make_directories(directory() + "/current", 0700));
  DFS_TRY_OK(disk().sync_directory(directory()));
  DFS_TRY_OK(disk().write_file_atomically(layout_.version(),
                                          format_properties({{"storageID", storage_id_},
                                                             {"clusterID", node.cluster_id},
                                                             {"cTime", "0"},
                                                             {"datanodeUuid", node.uuid},
                                                             {"storageType", "DATA_NODE"},
                                                             {"layoutVersion", std::to_string(kLayoutVersion)}})));
  formatted_ = true;
  log::info("Storage directory {} has been formatted for cluster {}", directory(), node.cluster_id);
  return {};
}

Result<void> Volume::open_pool(const PoolIdentity& pool) {
  DFS_CHECK(formatted_);
  if (node_.cluster_id != pool.cluster_id) {
    return fail(ErrorCode::kIllegalState,
                fmt::format("Incompatible clusterIDs in {}: namenode clusterID = {}; datanode clusterID = {}. Give the "
                            "address of the NameNode that the directory belongs to, or another directory",
                            directory(), pool.cluster_id, node_.cluster_id));
  }
  layout_.pool_id = pool.pool_id;
  Properties ours{{"namespaceID", std::to_string(pool.namespace_id)},
                  {"cTime", std::to_string(pool.created)},
                  {"blockpoolID", pool.pool_id},
                  {"layoutVersion", std::to_string(kLayoutVersion)}};
  DFS_TRY(bool there, disk().exists(layout_.pool_version()));
  if (there) {
    DFS_TRY(std::string text, disk().read_file(layout_.pool_version()));
    Properties found = parse_properties(text);
    for (const auto& [key, value] : ours) {
      DFS_TRY(std::string present, require(found, key, layout_.pool_version()));
      if (present == value) continue;
      return fail(ErrorCode::kIllegalState, fmt::format("Incompatible {} in {}: the NameNode has {}, the directory {}",
                                                        key, layout_.pool(), value, present));
    }
  }
  for (const std::string& made : {layout_.finalized(), layout_.rbw()}) {
    DFS_TRY_OK(disk().make_directories(made, 0700));
  }
  // Copies that were not finished are of no use: whoever ordered them orders them again.
  DFS_TRY(bool old_copies, disk().exists(layout_.temporary()));
  if (old_copies) DFS_TRY_OK(disk().remove_tree(layout_.temporary()));
  DFS_TRY_OK(disk().make_directories(layout_.temporary(), 0700));
  DFS_TRY_OK(remove_stale_files());
  for (const std::string& parent :
       {layout_.pool() + "/current", layout_.pool(), directory() + "/current", directory()}) {
    DFS_TRY_OK(disk().sync_directory(parent));
  }
  if (!there) DFS_TRY_OK(disk().write_file_atomically(layout_.pool_version(), format_properties(ours)));
  return {};
}

// A stock DataNode writes a list of its replicas when it stops for an upgrade and believes it when it comes back
// (BlockPoolSlice.readReplicasFromCache): by then ours will have changed what it lists.
Result<void> Volume::remove_stale_files() {
  const std::string list = layout_.pool() + "/current/replicas";
  DFS_TRY(bool there, disk().exists(list));
  if (!there) return {};
  return disk().remove(list);
}

Result<std::string> Volume::finalized_directory(BlockId id) {
  std::string path = layout_.finalized_directory(id);
  size_t index = ((raw(id) >> 16) & 0x1f) * 32 + ((raw(id) >> 8) & 0x1f);
  std::lock_guard lock(directories_mutex_);
  if (directories_[index]) return path;
  DFS_TRY_OK(disk().make_directories(path, 0700));
  DFS_TRY_OK(disk().sync_directory(path.substr(0, path.rfind('/'))));
  DFS_TRY_OK(disk().sync_directory(layout_.finalized()));
  directories_[index] = true;
  return path;
}

void Volume::measure() {
  auto measured = disk().space(directory());
  if (!measured) {
    log::warn("Volume {}: {}", directory(), measured.error().message());
    check();
    return;
  }
  std::lock_guard lock(measured_mutex_);
  measured_ = *measured;
  remaining_bytes_ = int64_t(split(measured_).remaining_bytes);
}

Volume::Space Volume::space() const {
  std::lock_guard lock(measured_mutex_);
  Space space = split(measured_);
  space.remaining_bytes = available_bytes();
  return space;
}

uint64_t ReservedSpace::of(uint64_t capacity_bytes) const {
  const uint64_t part = capacity_bytes / 100 * percent;
  switch (rule) {
    case Rule::kBytes:
      return bytes;
    case Rule::kPercent:
      return part;
    case Rule::kMore:
      return std::max(bytes, part);
    case Rule::kLess:
      return std::min(bytes, part);
  }
  return bytes;
}

uint64_t Volume::reserved_bytes() const {
  std::lock_guard lock(measured_mutex_);
  return settings_.reserved.of(measured_.capacity_bytes);
}

Volume::Space Volume::split(const DiskSpace& measured) const {
  Space space;
  const uint64_t reserved = settings_.reserved.of(measured.capacity_bytes);
  space.used_bytes = used_bytes();
  space.capacity_bytes = measured.capacity_bytes > reserved ? measured.capacity_bytes - reserved : 0;
  uint64_t taken = measured.capacity_bytes - std::min(measured.available_bytes, measured.capacity_bytes);
  space.other_bytes = taken > space.used_bytes ? taken - space.used_bytes : 0;
  // What others already use counts towards the reservation.
  uint64_t still_reserved = reserved > space.other_bytes ? reserved - space.other_bytes : 0;
  space.other_bytes = space.other_bytes > reserved ? space.other_bytes - reserved : 0;
  space.remaining_bytes = measured.available_bytes > still_reserved ? measured.available_bytes - still_reserved : 0;
  return space;
}

uint64_t Volume::available_bytes() const {
  return uint64_t(std::max<int64_t>(remaining_bytes_ - promised_bytes_, 0));
}

bool Volume::check() {
  const auto asked_at = std::chrono::steady_clock::now();
  std::lock_guard lock(check_mutex_);
  if (failed_) return false;
  // Many ask at once when a disk goes: one answer that came later than the question does for all.
  if (checked_at_ > asked_at) return true;
  const auto began_at = std::chrono::steady_clock::now();
  if (auto probed = probe(); !probed) {
    if (is_disk_failure(probed.error())) {
      declare_failed(probed.error());
      return false;
    }
    // A full disk or a lack of descriptors says nothing about the disk's health.
    log::warn("Volume {} could not be checked: {}", directory(), probed.error().to_string());
  }
  checked_at_ = began_at;
  return true;
}

void Volume::declare_failed(const Error& error) {
  std::lock_guard lock(measured_mutex_);
  if (failed_) return;
  failure_ = {
      .directory = directory(), .at = Clock::system().wall(), .capacity_bytes = split(measured_).capacity_bytes};
  failed_ = true;
  log::error("Volume {} has failed and takes no more replicas: {}", directory(), error.to_string());
}

LostVolume Volume::failure() const {
  std::lock_guard lock(measured_mutex_);
  return failure_;
}

Result<void> Volume::probe() {
  const std::string path = layout_.temporary() + "/disk_check";
  const std::string written = random_uuid();
  std::string read(written.size(), '\0');
  DFS_TRY(std::unique_ptr<File> file, disk().open(path, Disk::OpenMode::kCreate));
  DFS_TRY_OK(file->pwrite(as_bytes(written), 0));
  DFS_TRY_OK(file->sync());
  DFS_TRY(size_t count, file->pread(std::span(reinterpret_cast<uint8_t*>(read.data()), read.size()), 0));
  if (count != read.size() || read != written) {
    return fail(ErrorCode::kCorruptFormat, path + " does not hold what was written to it");
  }
  return disk().remove(path);
}

bool is_disk_failure(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kDiskError:
    case ErrorCode::kFileNotFound:
    case ErrorCode::kAccessControl:
    case ErrorCode::kCorruptFormat:
      return true;
    default:
      return false;
  }
}

namespace {

// Whether the directory may be used beside `first`, which is formatted.
Result<void> check_belongs(const Volume& volume, const Volume& first) {
  if (volume.node().uuid != first.node().uuid) {
    return fail(ErrorCode::kIllegalState,
                fmt::format("Root {}: DatanodeUuid={}, does not match {} from {}: they belong to different "
                            "DataNodes, remove one from dfs.datanode.data.dir",
                            volume.directory(), volume.node().uuid, first.node().uuid, first.directory()));
  }
  if (volume.node().cluster_id != first.node().cluster_id) {
    return fail(ErrorCode::kIllegalState,
                fmt::format("{} belongs to cluster {}, {} to cluster {}: remove one from dfs.datanode.data.dir",
                            volume.directory(), volume.node().cluster_id, first.directory(), first.node().cluster_id));
  }
  return {};
}

}  // namespace

Result<OpenedVolumes> open_volumes(std::vector<Volume::Settings> settings, OpenRules rules) {
  if (settings.empty()) {
    return fail(ErrorCode::kConfiguration, "no storage directory: set dfs.datanode.data.dir");
  }
  OpenedVolumes opened;
  auto leave_out = [&](const std::string& directory, Error error) -> Result<void> {
    if (opened.lost.size() >= rules.failures_max) return fail(std::move(error));
    log::error("Volume {} is left out: {}", directory, error.to_string());
    opened.lost.push_back({.directory = directory, .at = Clock::system().wall()});
    return {};
  };
  for (Volume::Settings& one : settings) {
    const std::string directory = one.directory;
    auto volume = Volume::open(std::move(one));
    // What is there and is not ours, or not whole, is for a person to look at.
    if (!volume && volume.error().code() != ErrorCode::kCorruptFormat && is_disk_failure(volume.error())) {
      DFS_TRY_OK(leave_out(directory, std::move(volume).error()));
      continue;
    }
    if (!volume) return fail(std::move(volume).error());
    opened.volumes.push_back(*std::move(volume));
  }
  auto formatted =
      std::ranges::find_if(opened.volumes, &Volume::is_formatted, [](auto& volume) -> Volume& { return *volume; });
  if (formatted == opened.volumes.end()) {
    if (opened.lost.empty()) return opened;
    return fail(ErrorCode::kIllegalState,
                fmt::format("{} cannot be used and the other directories are empty, so it is not known which DataNode "
                            "this is: repair that disk, or remove it from dfs.datanode.data.dir",
                            opened.lost.front().directory));
  }
  const Volume& first = **formatted;
  for (size_t i = 0; i < opened.volumes.size();) {
    const Volume& volume = *opened.volumes[i];
    if (!volume.is_formatted() && !rules.accept_new) {
      DFS_TRY_OK(leave_out(
          volume.directory(),
          Error(ErrorCode::kIllegalState,
                fmt::format("{} is empty while {} holds the blocks of DataNode {}: mount the disk that belongs there, "
                            "or, if it is a new one, start once with -D tusk.datanode.new.volumes=true",
                            volume.directory(), first.directory(), first.node().uuid))));
      opened.volumes.erase(opened.volumes.begin() + long(i));
      continue;
    }
    if (volume.is_formatted()) DFS_TRY_OK(check_belongs(volume, first));
    ++i;
  }
  return opened;
}

}  // namespace dfs::datanode
