// Does to files of a cluster what it is told on standard input, one thread for each path, so that a test can do things
// to the cluster meanwhile. A line is `PATH COMMAND [NUMBER...]`, its answer `PATH ok [NUMBER]` or `PATH error
// MESSAGE`:
//
//   create REPLICATION BLOCK_SIZE | append | write BYTES | hflush | hsync | close
//   open | read BYTES (fewer at the end) | recover (1 once the lease is recovered)
//
// The byte at each place of a file is a function of the place (and read checks it); FileScript.java does the same with
// stock Hadoop's client.
#include <condition_variable>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "dfs/filesystem.h"
#include "proto/base/log.h"

namespace {

using dfs::fs::FileSystem;
using Answer = dfs::fs::Result<uint64_t>;

uint8_t byte_at(uint64_t place) {
  return uint8_t(place ^ place >> 8 ^ place >> 16);
}

std::unexpected<dfs::fs::Error> failed(std::string message) {
  return std::unexpected(
      dfs::fs::Error(dfs::fs::ErrorCode::kInvalidArgument, EINVAL, "java.io.IOException", std::move(message)));
}

// What a path is being written or read as.
class ScriptedFile {
 public:
  ScriptedFile(FileSystem files, std::string path) : files_(std::move(files)), path_(std::move(path)) {}

  Answer run(const std::string& command, std::istringstream& arguments) {
    uint64_t first = 0;
    uint64_t second = 0;
    arguments >> first >> second;
    if (command == "create") {
      dfs::fs::CreateOptions options;
      options.replication = uint16_t(first);
      options.block_size = second;
      return opened(files_.create(path_, options));
    }
    if (command == "append") return opened(files_.append(path_));
    if (command == "open") {
      auto file = files_.open(path_);
      if (!file) return std::unexpected(std::move(file).error());
      in_ = *std::move(file);
      return in_->length();
    }
    if (command == "read") return in_ ? read(first) : failed("not open");
    if (command == "recover") return recover();
    if (!out_) return failed("not open for writing");
    if (command == "write") return write(first);
    if (command == "hflush") return position_after(out_->hflush());
    if (command == "hsync") return position_after(out_->hsync());
    if (command == "close") return position_after(out_->close());
    return failed("no such command: " + command);
  }

 private:
  Answer opened(dfs::fs::Result<dfs::fs::OutputFile> file) {
    if (!file) return std::unexpected(std::move(file).error());
    out_ = *std::move(file);
    return out_->position();
  }
  Answer position_after(const dfs::fs::Result<void>& done) {
    if (!done) return std::unexpected(done.error());
    return out_->position();
  }
  Answer write(uint64_t count) {
    std::vector<uint8_t> bytes(count);
    for (uint64_t i = 0; i < count; ++i) bytes[i] = byte_at(out_->position() + i);
    return position_after(out_->write(bytes.data(), bytes.size()));
  }
  Answer read(uint64_t count) {
    std::vector<uint8_t> bytes(count);
    uint64_t done = 0;
    while (done < count) {
      const uint64_t place = in_->position();
      auto part = in_->read(bytes.data(), bytes.size() - done);
      if (!part) return std::unexpected(std::move(part).error());
      if (*part == 0) break;
      for (size_t i = 0; i < *part; ++i)
        if (bytes[i] != byte_at(place + i)) return failed("a wrong byte at " + std::to_string(place + i));
      done += *part;
    }
    return done;
  }
  Answer recover() {
    auto recovered = files_.recover_lease(path_);
    if (!recovered) return std::unexpected(std::move(recovered).error());
    return *recovered ? 1 : 0;
  }

  FileSystem files_;
  std::string path_;
  std::optional<dfs::fs::OutputFile> out_;
  std::optional<dfs::fs::InputFile> in_;
};

// Carries out the lines for one path, one after the other.
class PathThread {
 public:
  PathThread(FileSystem files, std::string path)
      : path_(path), file_(std::move(files), std::move(path)), thread_([this] { work(); }) {}
  ~PathThread() {
    push(std::nullopt);
    thread_.join();
  }
  void push(std::optional<std::string> line) {
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    pushed_.notify_one();
  }

 private:
  std::optional<std::string> next() {
    std::unique_lock lock(mutex_);
    pushed_.wait(lock, [&] { return !lines_.empty(); });
    auto line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  void work() {
    while (auto line = next()) {
      std::istringstream words(*line);
      std::string command;
      words >> command;
      Answer answer = file_.run(command, words);
      std::string text = answer ? "ok " + std::to_string(*answer)
                                : "error " + answer.error().java_class() + ": " + answer.error().message();
      for (char& c : text)
        if (c == '\n') c = ' ';
      static std::mutex writing;
      std::lock_guard lock(writing);
      std::cout << path_ << ' ' << text << std::endl;
    }
  }

  std::string path_;
  ScriptedFile file_;
  std::mutex mutex_;
  std::condition_variable pushed_;
  std::deque<std::optional<std::string>> lines_;
  std::thread thread_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: file_script CONFIGURATION_DIRECTORY hdfs://HOST:PORT\n";
    return 2;
  }
  dfs::log::start("debug");
  dfs::fs::ConnectOptions options;
  options.config_dir = arguments[1];
  auto files = FileSystem::connect(arguments[2], options);
  if (!files) {
    std::cerr << files.error().message() << '\n';
    return 1;
  }
  std::map<std::string, std::unique_ptr<PathThread>> threads;
  std::string line;
  while (std::getline(std::cin, line)) {
    const size_t space = line.find(' ');
    const std::string path = line.substr(0, space);
    auto& thread = threads[path];
    if (!thread) thread = std::make_unique<PathThread>(*files, path);
    thread->push(line.substr(space + 1));
  }
  // Files that are still open stay so: their lease is recovered by somebody else.
  std::_Exit(0);
}
