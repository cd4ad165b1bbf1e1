#include "namenode/image/image_source.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace dfs::namenode {
namespace {

class FileRange final : public ImageSource {
 public:
  FileRange(File& file, uint64_t offset, uint64_t length) : file_(file), at_(offset), end_(offset + length) {}
  Result<size_t> read(std::span<uint8_t> to) override {
    DFS_TRY(size_t count, file_.pread(to.first(size_t(std::min<uint64_t>(to.size(), end_ - at_))), at_));
    if (count == 0 && at_ < end_) return fail(ErrorCode::kEof, "the file ends within the section");
    at_ += count;
    return count;
  }

 private:
  File& file_;
  uint64_t at_;
  const uint64_t end_;
};

// DefaultCodec (zlib's format) and GzipCodec: zlib tells them apart.
class Inflated final : public ImageSource {
 public:
  static Result<std::unique_ptr<ImageSource>> make(std::unique_ptr<ImageSource> under) {
    auto made = std::make_unique<Inflated>(std::move(under));
    if (inflateInit2(&made->stream_, 15 + 32) != Z_OK) return fail(ErrorCode::kIo, "zlib cannot be initialised");
    made->initialised_ = true;
    return made;
  }
  explicit Inflated(std::unique_ptr<ImageSource> under) : under_(std::move(under)), input_(64 << 10) {}
  ~Inflated() override {
    if (initialised_) inflateEnd(&stream_);
  }
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;

  Result<size_t> read(std::span<uint8_t> to) override {
    stream_.next_out = to.data();
    stream_.avail_out = uInt(std::min<size_t>(to.size(), 1 << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && !ended_) {
      if (stream_.avail_in == 0) {
        DFS_TRY(size_t count, under_->read(input_));
        if (count == 0) return fail(ErrorCode::kCorruptFormat, "the compressed data end early");
        stream_.next_in = input_.data();
        stream_.avail_in = uInt(count);
      }
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        ended_ = true;
      } else if (status != Z_OK) {
        return fail(ErrorCode::kCorruptFormat,
                    std::string("the compressed data are damaged: ") + (stream_.msg ? stream_.msg : "zlib error"));
      }
    }
    return wanted - stream_.avail_out;
  }

 private:
  std::unique_ptr<ImageSource> under_;
  std::vector<uint8_t> input_;
  z_stream stream_{};
  bool initialised_ = false, ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ImageSource>> open_image_source(File& file, uint64_t offset, uint64_t length,
                                                       std::string_view codec) {
  auto range = std::make_unique<FileRange>(file, offset, length);
  if (codec.empty()) return range;
  if (codec == "org.apache.hadoop.io.compress.DefaultCodec" || codec == "org.apache.hadoop.io.compress.GzipCodec" ||
      codec == "org.apache.hadoop.io.compress.DeflateCodec") {
    return Inflated::make(std::move(range));
  }
  return fail(ErrorCode::kUnsupported,
              std::string("the image is compressed with ") + std::string(codec) +
                  ", of which only DefaultCodec and GzipCodec are read; save it without dfs.image.compress");
}

}  // namespace dfs::namenode
