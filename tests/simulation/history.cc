#include "tests/simulation/history.h"

#include <fmt/format.h>

namespace dfs::simulation {

void fill(uint32_t file, uint64_t offset, std::string& bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = char(byte_of(file, offset + i));
}

std::string compare(uint32_t file, uint64_t offset, std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (uint8_t(bytes[i]) != byte_of(file, offset + i)) {
      return fmt::format("the byte at {} is {:#x}, {:#x} was written", offset + i, uint8_t(bytes[i]),
                         byte_of(file, offset + i));
    }
  }
  return {};
}

FileHistory& History::add(std::string path, uint16_t replication) {
  files.push_back(std::make_unique<FileHistory>());
  FileHistory& file = *files.back();
  file.id = uint32_t(files.size());
  file.path = std::move(path);
  file.replication = replication;
  return file;
}

}  // namespace dfs::simulation
