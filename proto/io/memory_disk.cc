#include "proto/io/memory_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dfs {
namespace {

constexpr size_t kSectorBytes = 512;

std::unexpected<Error> errno_error(int error_number, const char* operation, const std::string& path) {
  return fail(Error::from_errno(error_number, std::string(operation) + " " + path));
}

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) names.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

// A file or a directory, as programs see it and as a power cut leaves it.
struct MemoryDisk::Node {
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  bool is_directory = false;
  std::string content;
  std::string synced;
  // Where the two may differ, beyond their lengths.
  size_t dirty_begin = SIZE_MAX;
  size_t dirty_end = 0;
  Names names;
  Names synced_names;

  void touch(size_t begin, size_t end) {
    dirty_begin = std::min(dirty_begin, begin);
    dirty_end = std::max(dirty_end, end);
  }

  void sync() {
    synced.resize(content.size());
    const size_t end = std::min(dirty_end, content.size());
    if (dirty_begin < end) std::memcpy(synced.data() + dirty_begin, content.data() + dirty_begin, end - dirty_begin);
    dirty_begin = SIZE_MAX;
    dirty_end = 0;
  }

  // Name by name, as a machine does it: a power cut may leave any of them.
  void remove_all() {
    for (const auto& [name, node] : names) node->remove_all();
    names.clear();
  }

  // A file that was renamed has one of its names at least: file systems journal both changes together.
  bool has_its_new_name(const Names::value_type& former, const Names& left) const {
    const auto is_it = [&](const auto& entry) { return entry.second == former.second && entry.first != former.first; };
    return std::ranges::none_of(names, is_it) || std::ranges::any_of(left, is_it);
  }

  void lose_power(std::mt19937_64* random) {
    const auto reached_disk = [&] { return random && (*random)() % 2 == 0; };
    if (is_directory) {
      Names left = synced_names;
      if (random) {
        for (const auto& [name, node] : names) {
          if (reached_disk()) left[name] = node;
        }
        std::erase_if(left, [&](const auto& entry) {
          return !names.contains(entry.first) && has_its_new_name(entry, left) && reached_disk();
        });
      }
      names = synced_names = std::move(left);
      for (const auto& [name, node] : names) node->lose_power(random);
      return;
    }
    std::string left = synced;
    if (random) {
      if (reached_disk()) left.resize(content.size());
      const size_t end = std::min({dirty_end, content.size(), left.size()});
      for (size_t sector = dirty_begin / kSectorBytes * kSectorBytes; sector < end; sector += kSectorBytes) {
        const size_t length = std::min(kSectorBytes, end - sector);
        if (reached_disk()) std::memcpy(left.data() + sector, content.data() + sector, length);
      }
    }
    content = synced = std::move(left);
    dirty_begin = SIZE_MAX;
    dirty_end = 0;
  }
};

struct MemoryDisk::State {
  std::mutex mutex;
  std::shared_ptr<Node> root = std::make_shared<Node>();
  std::set<std::string> locked;
  uint64_t power_cuts = 0;
  DiskSpace space{.capacity_bytes = uint64_t{1} << 40, .available_bytes = uint64_t{1} << 39};

  std::shared_ptr<Node> find(const std::vector<std::string>& names, size_t depth) const {
    std::shared_ptr<Node> node = root;
    for (size_t i = 0; i < depth; ++i) {
      auto next = node->names.find(names[i]);
      if (next == node->names.end()) return nullptr;
      node = next->second;
    }
    return node;
  }
  std::shared_ptr<Node> find(const std::string& path) const {
    const auto names = split(path);
    return find(names, names.size());
  }

  struct Place {
    std::shared_ptr<Node> directory;
    std::string name;
  };
  // The directory that holds the last name of `path`.
  Result<Place> place(const std::string& path, const char* operation) const {
    auto names = split(path);
    if (names.empty()) return errno_error(EBUSY, operation, path);
    std::shared_ptr<Node> directory = find(names, names.size() - 1);
    if (!directory) return errno_error(ENOENT, operation, path);
    if (!directory->is_directory) return errno_error(ENOTDIR, operation, path);
    return Place{.directory = std::move(directory), .name = std::move(names.back())};
  }

  void lose_power(std::mt19937_64* random) {
    std::lock_guard guard(mutex);
    root->lose_power(random);
    locked.clear();
    ++power_cuts;
  }
};

class MemoryDisk::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path, bool is_lock, bool is_writable)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        power_cuts_(state_->power_cuts),
        is_lock_(is_lock),
        is_writable_(is_writable) {}
  ~OpenFile() override {
    std::lock_guard guard(state_->mutex);
    if (is_lock_ && power_cuts_ == state_->power_cuts) state_->locked.erase(path_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  Result<size_t> pread(std::span<uint8_t> to, uint64_t offset) override {
    std::lock_guard guard(state_->mutex);
    DFS_TRY_OK(check_power());
    if (offset >= node_->content.size()) return size_t{0};
    const size_t length = std::min(to.size(), node_->content.size() - size_t(offset));
    std::memcpy(to.data(), node_->content.data() + offset, length);
    return length;
  }

  Result<void> pwrite(ByteView bytes, uint64_t offset) override {
    std::lock_guard guard(state_->mutex);
    DFS_TRY_OK(check_writable());
    if (bytes.empty()) return {};
    const size_t end = size_t(offset) + bytes.size();
    if (node_->content.size() < end) resize(end);
    std::memcpy(node_->content.data() + offset, bytes.data(), bytes.size());
    node_->touch(size_t(offset), end);
    return {};
  }

  Result<void> sync() override {
    std::lock_guard guard(state_->mutex);
    DFS_TRY_OK(check_power());
    node_->sync();
    return {};
  }

  void start_writeback(uint64_t, uint64_t) override {}

  Result<void> truncate(uint64_t length) override {
    std::lock_guard guard(state_->mutex);
    DFS_TRY_OK(check_writable());
    resize(size_t(length));
    return {};
  }

  Result<void> reserve(uint64_t) override {
    std::lock_guard guard(state_->mutex);
    return check_writable();
  }

  Result<uint64_t> size() override {
    std::lock_guard guard(state_->mutex);
    DFS_TRY_OK(check_power());
    return uint64_t(node_->content.size());
  }

  int descriptor() const override { return -1; }

 private:
  Result<void> check_power() const {
    if (power_cuts_ != state_->power_cuts) return errno_error(EIO, "use after a power cut", path_);
    return {};
  }
  Result<void> check_writable() const {
    DFS_TRY_OK(check_power());
    if (!is_writable_) return errno_error(EBADF, "write", path_);
    return {};
  }
  void resize(size_t length) {
    node_->touch(std::min(length, node_->content.size()), std::max(length, node_->content.size()));
    node_->content.resize(length);
  }

  std::shared_ptr<State> state_;
  std::shared_ptr<Node> node_;
  std::string path_;
  uint64_t power_cuts_;
  bool is_lock_;
  bool is_writable_;
};

MemoryDisk::MemoryDisk() : state_(std::make_shared<State>()) {
  state_->root->is_directory = true;
}
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::lose_power() {
  state_->lose_power(nullptr);
}
void MemoryDisk::lose_power(std::mt19937_64& random) {
  state_->lose_power(&random);
}

void MemoryDisk::set_space(DiskSpace space) {
  std::lock_guard guard(state_->mutex);
  state_->space = space;
}

Result<std::unique_ptr<File>> MemoryDisk::open(const std::string& path, OpenMode mode) {
  std::lock_guard guard(state_->mutex);
  DFS_TRY(const State::Place place, state_->place(path, "open"));
  auto found = place.directory->names.find(place.name);
  const bool is_there = found != place.directory->names.end();
  if (is_there && mode == OpenMode::kCreateNew) return errno_error(EEXIST, "open", path);
  if (!is_there && (mode == OpenMode::kRead || mode == OpenMode::kReadWrite)) return errno_error(ENOENT, "open", path);
  std::shared_ptr<Node>& node = place.directory->names[place.name];
  if (!is_there) node = std::make_shared<Node>();
  if (node->is_directory) return errno_error(EISDIR, "open", path);
  return std::make_unique<OpenFile>(state_, node, path, false, mode != OpenMode::kRead);
}

Result<void> MemoryDisk::rename(const std::string& from, const std::string& to) {
  std::lock_guard guard(state_->mutex);
  DFS_TRY(const State::Place source, state_->place(from, "rename"));
  DFS_TRY(const State::Place target, state_->place(to, "rename"));
  auto found = source.directory->names.find(source.name);
  if (found == source.directory->names.end()) return errno_error(ENOENT, "rename", from);
  const std::shared_ptr<Node> node = found->second;
  auto replaced = target.directory->names.find(target.name);
  if (replaced != target.directory->names.end()) {
    if (replaced->second == node) return {};
    if (replaced->second->is_directory != node->is_directory) {
      return errno_error(node->is_directory ? ENOTDIR : EISDIR, "rename", to);
    }
    if (node->is_directory && !replaced->second->names.empty()) return errno_error(ENOTEMPTY, "rename", to);
  }
  source.directory->names.erase(found);
  target.directory->names[target.name] = node;
  return {};
}

Result<void> MemoryDisk::link(const std::string& from, const std::string& to) {
  std::lock_guard guard(state_->mutex);
  const std::shared_ptr<Node> node = state_->find(from);
  if (!node) return errno_error(ENOENT, "link", from);
  if (node->is_directory) return errno_error(EPERM, "link", from);
  DFS_TRY(const State::Place target, state_->place(to, "link"));
  if (!target.directory->names.try_emplace(target.name, node).second) return errno_error(EEXIST, "link", to);
  return {};
}

Result<void> MemoryDisk::remove(const std::string& path) {
  std::lock_guard guard(state_->mutex);
  DFS_TRY(const State::Place place, state_->place(path, "remove"));
  auto found = place.directory->names.find(place.name);
  if (found == place.directory->names.end()) return errno_error(ENOENT, "remove", path);
  if (!found->second->names.empty()) return errno_error(ENOTEMPTY, "remove", path);
  place.directory->names.erase(found);
  return {};
}

Result<void> MemoryDisk::remove_tree(const std::string& path) {
  std::lock_guard guard(state_->mutex);
  if (!state_->find(path)) return {};
  DFS_TRY(const State::Place place, state_->place(path, "remove"));
  auto removed = place.directory->names.find(place.name);
  removed->second->remove_all();
  place.directory->names.erase(removed);
  return {};
}

Result<void> MemoryDisk::make_directories(const std::string& path, uint32_t) {
  std::lock_guard guard(state_->mutex);
  std::shared_ptr<Node> node = state_->root;
  for (const std::string& name : split(path)) {
    std::shared_ptr<Node>& next = node->names[name];
    if (!next) {
      next = std::make_shared<Node>();
      next->is_directory = true;
    }
    if (!next->is_directory) return errno_error(ENOTDIR, "make directory", path);
    node = next;
  }
  return {};
}

Result<std::vector<DirectoryEntry>> MemoryDisk::list(const std::string& path) {
  std::lock_guard guard(state_->mutex);
  const std::shared_ptr<Node> node = state_->find(path);
  if (!node) return errno_error(ENOENT, "list", path);
  if (!node->is_directory) return errno_error(ENOTDIR, "list", path);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : node->names) {
    entries.push_back({.name = name, .is_directory = child->is_directory});
  }
  return entries;
}

Result<bool> MemoryDisk::exists(const std::string& path) {
  std::lock_guard guard(state_->mutex);
  return state_->find(path) != nullptr;
}

Result<void> MemoryDisk::sync_directory(const std::string& path) {
  std::lock_guard guard(state_->mutex);
  const std::shared_ptr<Node> node = state_->find(path);
  if (!node) return errno_error(ENOENT, "sync", path);
  if (!node->is_directory) return errno_error(ENOTDIR, "sync", path);
  node->synced_names = node->names;
  return {};
}

Result<DiskSpace> MemoryDisk::space(const std::string& path) {
  std::lock_guard guard(state_->mutex);
  if (!state_->find(path)) return errno_error(ENOENT, "find the space of", path);
  return state_->space;
}

Result<std::unique_ptr<File>> MemoryDisk::lock(const std::string& path) {
  DFS_TRY_OK(open(path, OpenMode::kCreate));
  std::lock_guard guard(state_->mutex);
  if (!state_->locked.insert(path).second) {
    return fail(ErrorCode::kIllegalState, path + " is locked by another process");
  }
  return std::make_unique<OpenFile>(state_, state_->find(path), path, true, true);
}

}  // namespace dfs
