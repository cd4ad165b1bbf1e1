#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "proto/base/error.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

// Bytes in order, some at a time.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  // At most `to.size()` bytes; 0 at the end.
  virtual Result<size_t> read(std::span<uint8_t> to) = 0;
};

// `length` bytes of `file` from `offset` on, decompressed as `codec` (a class of org.apache.hadoop.io.compress; empty:
// as they are) says. kUnsupported names a codec that is not read. `file` outlives the source.
Result<std::unique_ptr<ImageSource>> open_image_source(File& file, uint64_t offset, uint64_t length,
                                                       std::string_view codec);

}  // namespace dfs::namenode
