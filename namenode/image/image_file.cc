#include "namenode/image/image_file.h"

#include <fmt/format.h>
#include <google/protobuf/message_lite.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "namenode/journal/edit_codec.h"
#include "proto/base/bytes.h"
#include "proto/base/check.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {
namespace {

using hadoop::hdfs::fsimage::FileSummary;

constexpr std::string_view kMagic = "HDFSIMG1";
constexpr uint32_t kFileVersion = 1;
// Of one message: a directory with as many children as Hadoop allows takes a tenth of it.
constexpr size_t kMessageBytesMax = 512 << 20;
constexpr size_t kSummaryBytesMax = 16 << 20;
constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kWriteBytes = 1 << 20;

constexpr std::string_view kSections[] = {"NS_INFO",       "STRING_TABLE",        "ERASURE_CODING",
                                          "INODE",         "INODE_SUB",           "INODE_REFERENCE",
                                          "SNAPSHOT",      "INODE_REFERENCE_SUB", "INODE_DIR",
                                          "INODE_DIR_SUB", "SNAPSHOT_DIFF",       "SECRET_MANAGER",
                                          "CACHE_MANAGER", "SNAPSHOT_DIFF_SUB",   "FILES_UNDERCONSTRUCTION"};

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string hexadecimal(EVP_MD_CTX* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned length = 0;
  DFS_CHECK(EVP_DigestFinal_ex(digest, bytes.data(), &length) == 1);
  return hexadecimal(std::span(bytes).first(length));
}

EVP_MD_CTX* new_md5() {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  DFS_CHECK(digest != nullptr && EVP_DigestInit_ex(digest, EVP_md5(), nullptr) == 1);
  return digest;
}

std::string delimited(const google::protobuf::MessageLite& message) {
  std::string body = message.SerializeAsString(), bytes;
  ByteWriter(bytes).varint(body.size());
  return bytes + body;
}

}  // namespace

Error ImageSection::broken(std::string_view what) const {
  return Error(ErrorCode::kCorruptFormat, fmt::format("{}: {}", described_, what));
}

Result<bool> ImageSection::fill(size_t length) {
  while (buffer_.size() - taken_ < length) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + ptrdiff_t(taken_));
    taken_ = 0;
    const size_t held = buffer_.size();
    buffer_.resize(held + std::max(kReadBytes, std::min(length - held, kWriteBytes)));
    Result<size_t> count = source_->read(std::span(buffer_).subspan(held));
    buffer_.resize(held + (count ? *count : 0));
    if (!count) return fail(std::move(count).error().within(described_));
    if (*count == 0) return false;
  }
  return true;
}

Result<bool> ImageSection::next(google::protobuf::MessageLite& message) {
  uint64_t length = 0;
  for (int shift = 0;; shift += 7) {
    DFS_TRY(bool there, fill(1));
    if (!there && shift == 0) return false;
    if (!there) return fail(broken("it ends within a message"));
    const uint8_t byte = buffer_[taken_++];
    length |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) break;
    if (shift >= 28) return fail(broken("the length of a message makes no sense"));
  }
  if (length > kMessageBytesMax) return fail(broken("the length of a message makes no sense"));
  DFS_TRY(bool whole, fill(length));
  if (!whole) return fail(broken("it ends within a message"));
  if (!message.ParseFromArray(buffer_.data() + taken_, int(length))) return fail(broken("a message cannot be parsed"));
  taken_ += length;
  return true;
}

Result<void> ImageSection::require(google::protobuf::MessageLite& message) {
  DFS_TRY(bool there, next(message));
  if (!there) return fail(broken("it ends before its last message"));
  return {};
}

Result<std::unique_ptr<ImageReader>> ImageReader::open(Disk& disk, const std::string& path) {
  std::unique_ptr<ImageReader> reader(new ImageReader);
  reader->path_ = path;
  DFS_TRY(reader->file_, disk.open(path, Disk::OpenMode::kRead));
  Result<void> read = reader->read_summary();
  if (!read) return fail(std::move(read).error().within(path));
  return reader;
}

Result<void> ImageReader::read_summary() {
  DFS_TRY(const uint64_t size, file_->size());
  std::array<uint8_t, 8> magic{};
  DFS_TRY(size_t begun, file_->pread(magic, 0));
  if (begun < magic.size() || as_text(magic) != kMagic || size < magic.size() + 4) {
    return fail(ErrorCode::kCorruptFormat, "it is no Hadoop image");
  }
  std::array<uint8_t, 4> tail{};
  DFS_TRY(size_t ended, file_->pread(tail, size - tail.size()));
  const auto length = load_big_endian<uint32_t>(tail.data());
  if (ended < tail.size() || length == 0 || length > kSummaryBytesMax || length > size - magic.size() - tail.size()) {
    return fail(ErrorCode::kCorruptFormat, "its end is missing or damaged");
  }
  std::vector<uint8_t> bytes(length);
  const uint64_t sections_end = size - tail.size() - length;
  DFS_TRY(size_t count, file_->pread(bytes, sections_end));
  ByteReader in{ByteView(bytes)};
  DFS_TRY(const uint64_t message_length, in.varint());
  FileSummary summary;
  if (count < length || message_length != in.remaining() ||
      !summary.ParseFromArray(bytes.data() + in.position(), int(in.remaining()))) {
    return fail(ErrorCode::kCorruptFormat, "its end is missing or damaged");
  }
  layout_version_ = int32_t(summary.layoutversion());
  if (summary.ondiskversion() != kFileVersion || layout_version_ < kLayoutVersion ||
      layout_version_ > kLayoutVersionOldest) {
    return fail(ErrorCode::kIncorrectVersion,
                fmt::format("it has layout version {} and file version {}; read are {} to {} and {}", layout_version_,
                            summary.ondiskversion(), kLayoutVersionOldest, kLayoutVersion, kFileVersion));
  }
  codec_ = summary.codec();
  for (const auto& section : summary.sections()) {
    if (std::ranges::find(kSections, section.name()) == std::end(kSections)) {
      return fail(ErrorCode::kUnsupported, "it has a section " + section.name() + ", which is not known");
    }
    if (section.offset() < kMagic.size() || section.offset() > sections_end ||
        section.length() > sections_end - section.offset()) {
      return fail(ErrorCode::kCorruptFormat, "its section " + section.name() + " does not lie within it");
    }
    sections_.push_back({section.name(), section.offset(), section.length()});
  }
  return {};
}

Result<std::unique_ptr<ImageSection>> ImageReader::section(std::string_view name) {
  auto found = std::ranges::find(sections_, name, &Range::name);
  if (found == sections_.end()) return std::unique_ptr<ImageSection>();
  DFS_TRY(auto source, open_image_source(*file_, found->offset, found->length, codec_));
  return std::unique_ptr<ImageSection>(new ImageSection(fmt::format("{}, section {}", path_, name), std::move(source)));
}

Result<std::unique_ptr<ImageWriter>> ImageWriter::create(Disk& disk, const std::string& path, int32_t layout_version) {
  std::unique_ptr<ImageWriter> writer(new ImageWriter);
  DFS_TRY(writer->file_, disk.open(path, Disk::OpenMode::kCreate));
  DFS_TRY_OK(writer->file_->truncate(0));
  writer->layout_version_ = layout_version;
  writer->digest_ = new_md5();
  DFS_TRY_OK(writer->append(kMagic));
  writer->section_begins_ = kMagic.size();
  return writer;
}

ImageWriter::~ImageWriter() {
  EVP_MD_CTX_free(digest_);
}

Result<void> ImageWriter::append(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() < kWriteBytes) return {};
  return write_out();
}

Result<void> ImageWriter::write_out() {
  DFS_CHECK(EVP_DigestUpdate(digest_, buffer_.data(), buffer_.size()) == 1);
  DFS_TRY_OK(file_->pwrite(as_bytes(buffer_), written_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> ImageWriter::put(const google::protobuf::MessageLite& message) {
  const size_t length = message.ByteSizeLong();
  ByteWriter(buffer_).varint(length);
  if (!message.AppendToString(&buffer_)) return fail(ErrorCode::kInvalidArgument, "a message of the image is too long");
  return append({});
}

Result<void> ImageWriter::end_section(std::string_view name) {
  const uint64_t end = written_ + buffer_.size();
  sections_.push_back({std::string(name), section_begins_, end - section_begins_});
  section_begins_ = end;
  return {};
}

Result<std::string> ImageWriter::finish() {
  FileSummary summary;
  summary.set_ondiskversion(kFileVersion);
  summary.set_layoutversion(uint32_t(layout_version_));
  for (const Range& range : sections_) {
    FileSummary::Section& section = *summary.add_sections();
    section.set_name(range.name);
    section.set_offset(range.offset);
    section.set_length(range.length);
  }
  const std::string bytes = delimited(summary);
  DFS_TRY_OK(append(bytes));
  std::string length;
  ByteWriter(length).u32(uint32_t(bytes.size()));
  DFS_TRY_OK(append(length));
  DFS_TRY_OK(write_out());
  DFS_TRY_OK(file_->sync());
  return hexadecimal(digest_);
}

Result<std::string> md5_of_file(Disk& disk, const std::string& path) {
  DFS_TRY(auto file, disk.open(path, Disk::OpenMode::kRead));
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(new_md5(), EVP_MD_CTX_free);
  std::vector<uint8_t> buffer(kWriteBytes);
  for (uint64_t at = 0;;) {
    DFS_TRY(size_t count, file->pread(buffer, at));
    if (count == 0) return hexadecimal(digest.get());
    DFS_CHECK(EVP_DigestUpdate(digest.get(), buffer.data(), count) == 1);
    at += count;
  }
}

}  // namespace dfs::namenode
