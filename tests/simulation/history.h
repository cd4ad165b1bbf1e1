#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dfs::simulation {

// What a byte of a file is: told by the file and the offset alone, so that nobody has to remember it.
inline uint8_t byte_of(uint32_t file, uint64_t offset) {
  uint64_t x = (uint64_t(file) << 40 ^ (offset >> 3)) * 0x9e3779b97f4a7c15ull;
  x ^= x >> 31;
  x *= 0xbf58476d1ce4e5b9ull;
  return uint8_t(x >> (offset & 7) * 8);
}
void fill(uint32_t file, uint64_t offset, std::string& bytes);
// The first offset in the file at which `bytes`, read at `offset`, are others; nothing: none.
std::string compare(uint32_t file, uint64_t offset, std::string_view bytes);

// What the cluster has promised about a file.
struct FileHistory {
  uint32_t id = 0;
  uint16_t replication = 0;
  std::string path{};
  std::string maybe_path{};  // it is here instead, if a rename whose answer is missing was done
  bool maybe_gone = false;   // a deletion or creation whose answer is missing
  bool gone = false;
  uint64_t handed_over = 0;  // to write(), in all
  uint64_t flushed = 0;      // every reader sees so much
  uint64_t synced = 0;       // and a power cut leaves so much
  bool closed = false;       // it is exactly as long as `synced`
};

// Of a run, kept by all clients together: one thread runs at a time.
struct History {
  std::vector<std::unique_ptr<FileHistory>> files{};
  std::vector<std::string> directories{};        // that are there
  std::vector<std::string> maybe_directories{};  // mkdir without an answer
  std::vector<std::string> problems{};
  uint64_t operations = 0, failures = 0;

  FileHistory& add(std::string path, uint16_t replication);
  void problem(std::string text) { problems.push_back(std::move(text)); }
};

}  // namespace dfs::simulation
