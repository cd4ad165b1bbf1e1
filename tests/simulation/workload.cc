#include "tests/simulation/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/log.h"

namespace dfs::simulation {
namespace {

class Client {
 public:
  Client(Cluster& cluster, History& history, const WorkloadSettings& settings)
      : cluster_(cluster), history_(history), settings_(settings) {}

  void run();

 private:
  uint64_t draw(uint64_t below) { return Scheduler::running()->draw(below); }
  FileHistory* any_own();
  FileHistory* any_closed();
  void make_file();
  void append();
  void read();
  void rename();
  void remove();
  void make_directory();
  void write_on(fs::OutputFile& out, FileHistory& file);
  void pause() { Cluster::pass(draw(400) * kMillisecond); }
  template <class T>
  bool went_well(const T& result) {
    ++history_.operations;
    if (!result) {
      ++history_.failures;
      log::info("client {}: {}", settings_.directory, result.error().message());
    }
    return bool(result);
  }

  Cluster& cluster_;
  History& history_;
  const WorkloadSettings& settings_;
  std::optional<fs::FileSystem> files_;
  std::vector<FileHistory*> own_;
  std::vector<std::string> directories_;
  uint32_t names_ = 0;
};

void Client::run() {
  files_ = cluster_.connect({{"dfs.client-write-packet-size", std::to_string(settings_.packet_bytes)},
                             {"dfs.client.socket-timeout", "8000"},
                             {"ipc.client.rpc-timeout.ms", "40000"}});
  auto made = files_->mkdirs(settings_.directory);
  (went_well(made) ? history_.directories : history_.maybe_directories).push_back(settings_.directory);
  directories_.push_back(settings_.directory);
  for (size_t i = 0; i < settings_.operations; ++i) {
    switch (draw(12)) {
      default:
        make_file();
        break;
      case 5:
      case 6:
        append();
        break;
      case 7:
      case 8:
        read();
        break;
      case 9:
        rename();
        break;
      case 10:
        remove();
        break;
      case 11:
        make_directory();
        break;
    }
    pause();
  }
  files_.reset();
}

// One whose state is certain: what became of the others is asked at the end of the run alone.
FileHistory* Client::any_own() {
  std::vector<FileHistory*> certain;
  std::ranges::copy_if(own_, std::back_inserter(certain), [](const FileHistory* file) {
    return !file->gone && !file->maybe_gone && file->maybe_path.empty();
  });
  return certain.empty() ? nullptr : certain[draw(certain.size())];
}

FileHistory* Client::any_closed() {
  FileHistory* file = any_own();
  return file && file->closed ? file : nullptr;
}

void Client::make_file() {
  const auto replication = uint16_t(1 + draw(3));
  const uint64_t block_size = 512u << draw(9);
  const std::string path = fmt::format("{}/f{}", directories_[draw(directories_.size())], names_++);
  FileHistory& file = history_.add(path, replication);
  own_.push_back(&file);
  auto out = files_->create(path, {.replication = replication, .block_size = block_size});
  if (!went_well(out)) {
    file.maybe_gone = true;
    return;
  }
  write_on(*out, file);
}

void Client::append() {
  FileHistory* file = any_closed();
  if (!file) return;
  file->closed = false;
  auto out = files_->append(file->path, {.new_block = draw(4) == 0});
  if (!went_well(out)) return;
  if (out->position() != file->synced) {
    history_.problem(fmt::format("{} is opened for appending at {}, it was closed at {}", file->path, out->position(),
                                 file->synced));
    return;
  }
  write_on(*out, *file);
}

void Client::write_on(fs::OutputFile& out, FileHistory& file) {
  const uint64_t writes = 1 + draw(6);
  for (uint64_t i = 0; i < writes; ++i) {
    std::string bytes(draw(4) == 0 ? draw(40'000) : draw(3'000), '\0');
    fill(file.id, file.handed_over, bytes);
    file.handed_over += bytes.size();
    if (!went_well(out.write(bytes.data(), bytes.size()))) return;
    const uint64_t choice = draw(8);
    if (choice < 2) {
      if (!went_well(out.hflush())) return;
      file.flushed = file.handed_over;
    } else if (choice == 2) {
      if (!went_well(out.hsync())) return;
      file.flushed = file.synced = file.handed_over;
    } else if (choice < 5) {
      pause();
    }
  }
  // The writer may die.
  if (draw(10) == 0) {
    out.abandon();
    return;
  }
  if (!went_well(out.close())) return;
  file.flushed = file.synced = file.handed_over;
  file.closed = true;
}

void Client::read() {
  // Anybody's.
  if (history_.files.empty()) return;
  FileHistory& file = *history_.files[draw(history_.files.size())];
  if (file.gone || file.maybe_gone || !file.maybe_path.empty()) return;
  ++history_.operations;
  if (!check_content(*files_, history_, file, file.path, settings_.may_lose_unsynced)) ++history_.failures;
}

void Client::rename() {
  FileHistory* file = any_closed();
  if (!file) return;
  const std::string to = fmt::format("{}/r{}", directories_[draw(directories_.size())], names_++);
  file->maybe_path = to;
  if (!went_well(files_->rename(file->path, to))) return;
  file->path = std::exchange(file->maybe_path, "");
}

void Client::remove() {
  FileHistory* file = any_own();
  if (!file) return;
  file->maybe_gone = true;
  auto removed = files_->remove(file->path);
  if (!went_well(removed)) return;
  if (!*removed) history_.problem(file->path + " was not there to be deleted");
  file->gone = true;
}

void Client::make_directory() {
  const std::string path = fmt::format("{}/d{}", directories_[draw(directories_.size())], names_++);
  if (went_well(files_->mkdirs(path))) {
    history_.directories.push_back(path);
    directories_.push_back(path);
  } else {
    history_.maybe_directories.push_back(path);
  }
}

}  // namespace

void work(Cluster& cluster, History& history, const WorkloadSettings& settings) {
  Client(cluster, history, settings).run();
}

bool check_content(fs::FileSystem& files, History& history, const FileHistory& file, const std::string& path,
                   bool may_lose_unsynced) {
  const uint64_t promised = may_lose_unsynced ? file.synced : file.flushed;
  const bool was_closed = file.closed;
  // It may be moved or deleted meanwhile, or grow.
  const auto is_as_before = [&] {
    return !file.gone && !file.maybe_gone && file.maybe_path.empty() && file.path == path;
  };
  const bool certain = is_as_before();
  auto in = files.open(path);
  if (!in) {
    log::info("open {}: {}", path, in.error().message());
    return false;
  }
  if (certain && !is_as_before()) return true;
  if (in->length() < promised ||
      (was_closed && file.closed && in->length() != file.synced && file.synced == promised)) {
    history.problem(fmt::format("{} is {} bytes long, {} were acknowledged{}", path, in->length(), promised,
                                was_closed ? " when it was closed" : ""));
  }
  if (in->length() > file.handed_over) {
    history.problem(fmt::format("{} is {} bytes long, only {} were written", path, in->length(), file.handed_over));
  }
  std::string bytes(in->length(), '\0');
  auto length = in->pread(0, bytes.data(), bytes.size());
  if (!length) {
    log::info("read {}: {}", path, length.error().message());
    return false;
  }
  if (*length != bytes.size()) {
    history.problem(fmt::format("{}: {} bytes could be read of {}", path, *length, bytes.size()));
    bytes.resize(*length);
  }
  if (std::string wrong = compare(file.id, 0, bytes); !wrong.empty()) history.problem(path + ": " + wrong);
  return true;
}

}  // namespace dfs::simulation
