#include "namenode/store/manifest_tail.h"

#include <algorithm>
#include <cstring>

#include "proto/base/bytes.h"
#include "proto/base/log.h"
#include "proto/checksum/checksum.h"

namespace dfs::namenode {
namespace {

// RocksDB's log format: blocks, in which no record's head is split; a head is the masked CRC-32C of type and payload,
// the length of the payload (both little-endian), and the type. Zeros fill what is too little for a head.
constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeadBytes = 7;
constexpr size_t kSectorBytes = 512;

uint32_t masked(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

bool is_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

bool has_blank_sector(std::string_view bytes, size_t from) {
  for (size_t at = from; at < bytes.size();) {
    const size_t end = std::min(bytes.size(), (at / kSectorBytes + 1) * kSectorBytes);
    if (is_zero(bytes.substr(at, end - at))) return true;
    at = end;
  }
  return false;
}

class Content final : public rocksdb::FSSequentialFile {
 public:
  explicit Content(std::string bytes) : bytes_(std::move(bytes)) {}
  rocksdb::IOStatus Read(size_t count, const rocksdb::IOOptions&, rocksdb::Slice* out, char* scratch,
                         rocksdb::IODebugContext*) override {
    const size_t length = std::min(count, bytes_.size() - at_);
    std::memcpy(scratch, bytes_.data() + at_, length);
    *out = rocksdb::Slice(scratch, length);
    at_ += length;
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Skip(uint64_t count) override {
    at_ += std::min<uint64_t>(count, bytes_.size() - at_);
    return rocksdb::IOStatus::OK();
  }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

class Files final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "WithoutTornManifestTails"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewSequentialFile(path, options, file, debug);
    if (!status.ok() || !path.substr(path.rfind('/') + 1).starts_with("MANIFEST-")) return status;
    std::string bytes;
    std::string scratch(kBlockBytes, '\0');
    while (true) {
      rocksdb::Slice read;
      status = (*file)->Read(scratch.size(), options.io_options, &read, scratch.data(), debug);
      if (!status.ok()) return status;
      if (read.empty()) break;
      bytes.append(read.data(), read.size());
    }
    const size_t end = end_of_synced_records(bytes);
    if (end < bytes.size()) {
      log::warn("{} is read up to offset {}: what follows was being written when its NameNode died", path, end);
      bytes.resize(end);
    }
    *file = std::make_unique<Content>(std::move(bytes));
    return status;
  }
};

}  // namespace

size_t end_of_synced_records(std::string_view manifest) {
  size_t at = 0;
  while (true) {
    const size_t left_in_block = kBlockBytes - at % kBlockBytes;
    if (left_in_block < kHeadBytes) {
      at += left_in_block;
      continue;
    }
    if (at + kHeadBytes > manifest.size()) return manifest.size();
    const std::string_view head = manifest.substr(at, kHeadBytes);
    const auto byte = [&](size_t i) { return uint32_t(uint8_t(head[i])); };
    const uint32_t crc = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    const size_t length = byte(4) | byte(5) << 8;
    const bool fits = kHeadBytes + length <= std::min(left_in_block, manifest.size() - at);
    if (!is_zero(head) && fits &&
        masked(checksum::crc32c(0, as_bytes(manifest.substr(at + kHeadBytes - 1, 1 + length)))) == crc) {
      at += kHeadBytes + length;
      continue;
    }
    return has_blank_sector(manifest, at) ? at : manifest.size();
  }
}

std::shared_ptr<rocksdb::FileSystem> without_torn_manifest_tails(const std::shared_ptr<rocksdb::FileSystem>& target) {
  return std::make_shared<Files>(target);
}

}  // namespace dfs::namenode
