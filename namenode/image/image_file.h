#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/image/image_source.h"
#include "proto/base/error.h"
#include "proto/io/disk.h"

namespace google::protobuf {
class MessageLite;
}
struct evp_md_ctx_st;

namespace dfs::namenode {

// The container of Hadoop's fsimage (FSImageFormatProtobuf):
//
//   "HDFSIMG1" | section ... | varint length | FileSummary | u32 length of the two before it
//
// A section is a sequence of messages, each behind a varint of its length; its name, offset and length are in the
// FileSummary. Each is compressed by itself where the FileSummary names a codec. Sections whose names end in _SUB are
// parts of others, for readers with many threads.

class ImageSection {
 public:
  // False at the end. kCorruptFormat names file and section. A message is never longer than `bytes_max`.
  Result<bool> next(google::protobuf::MessageLite& message);
  // The same where the section may not end: kCorruptFormat.
  Result<void> require(google::protobuf::MessageLite& message);

 private:
  friend class ImageReader;
  ImageSection(std::string described, std::unique_ptr<ImageSource> source)
      : described_(std::move(described)), source_(std::move(source)) {}
  // Makes `length` bytes available from taken_ on; false where the section has no more.
  Result<bool> fill(size_t length);
  Error broken(std::string_view what) const;

  std::string described_;
  std::unique_ptr<ImageSource> source_;
  std::vector<uint8_t> buffer_;
  size_t taken_ = 0;
};

// Not thread-safe. One section is read at a time.
class ImageReader {
 public:
  // Reads the FileSummary: kCorruptFormat for what is no image, kIncorrectVersion for a layout that is not read,
  // kUnsupported for a section that is not known.
  static Result<std::unique_ptr<ImageReader>> open(Disk& disk, const std::string& path);

  int32_t layout_version() const { return layout_version_; }
  const std::string& path() const { return path_; }
  // Null where the image has no such section.
  Result<std::unique_ptr<ImageSection>> section(std::string_view name);

 private:
  struct Range {
    std::string name;
    uint64_t offset, length;
  };
  ImageReader() = default;
  Result<void> read_summary();

  std::unique_ptr<File> file_;
  std::string path_;
  int32_t layout_version_ = 0;
  std::string codec_;
  std::vector<Range> sections_;
};

// Writes an image from its beginning to its end, uncompressed. An error is kept: every later call returns it.
class ImageWriter {
 public:
  // Makes or replaces `path`.
  static Result<std::unique_ptr<ImageWriter>> create(Disk& disk, const std::string& path, int32_t layout_version);
  ~ImageWriter();

  Result<void> put(const google::protobuf::MessageLite& message);
  // What was put since the last section ended is the section `name`.
  Result<void> end_section(std::string_view name);
  // Ends the file, durably but for its name. The MD5 of all its bytes, in hexadecimal.
  Result<std::string> finish();

 private:
  struct Range {
    std::string name;
    uint64_t offset, length;
  };
  ImageWriter() = default;
  Result<void> append(std::string_view bytes);
  Result<void> write_out();

  std::unique_ptr<File> file_;
  int32_t layout_version_ = 0;
  std::string buffer_;
  uint64_t written_ = 0;
  uint64_t section_begins_ = 0;
  std::vector<Range> sections_;
  evp_md_ctx_st* digest_ = nullptr;
};

// The MD5 of a file, in hexadecimal.
Result<std::string> md5_of_file(Disk& disk, const std::string& path);

}  // namespace dfs::namenode
