#include "tools/fuse/read_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

namespace dfs::fuse {
namespace {

struct Calls {
  int seeks = 0, reads = 0, preads = 0, refreshes = 0;
  uint64_t longest_pread = 0;
  bool fails = false;
};

// A file in memory with the interface of fs::InputFile.
class FakeFile {
 public:
  FakeFile(std::string content, std::shared_ptr<Calls> calls, uint64_t length)
      : content_(std::move(content)), calls_(std::move(calls)), length_(length) {}

  fs::Result<size_t> read(void* to, size_t length) {
    ++calls_->reads;
    auto count = take(position_, to, std::min<size_t>(length, 100'000));
    if (count) position_ += *count;
    return count;
  }
  fs::Result<size_t> pread(uint64_t offset, void* to, size_t length) {
    ++calls_->preads;
    calls_->longest_pread = std::max<uint64_t>(calls_->longest_pread, length);
    return take(offset, to, length);
  }
  fs::Result<void> seek(uint64_t offset) {
    ++calls_->seeks;
    position_ = offset;
    return {};
  }
  uint64_t position() const { return position_; }
  uint64_t length() const { return length_; }
  fs::Result<void> refresh() {
    ++calls_->refreshes;
    length_ = content_.size();
    return {};
  }

 private:
  fs::Result<size_t> take(uint64_t offset, void* to, size_t length) {
    if (calls_->fails) return std::unexpected(fs::Error(fs::ErrorCode::kIo, EIO, "java.io.IOException", "gone"));
    size_t count = offset >= length_ ? 0 : std::min<uint64_t>(length, length_ - offset);
    std::memcpy(to, content_.data() + offset, count);
    return count;
  }
  std::string content_;
  std::shared_ptr<Calls> calls_;
  uint64_t length_;
  uint64_t position_ = 0;
};

std::string numbered(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = char((i * 2654435761u) >> 13);
  return text;
}

struct ReadWindowTest : testing::Test {
  std::shared_ptr<Calls> calls = std::make_shared<Calls>();
  std::string content = numbered(5'000'000);
  ReadWindow<FakeFile> window{FakeFile(content, calls, content.size())};

  void expect_read(uint64_t offset, size_t length) {
    std::string to(length, '?');
    auto count = window.read(offset, to.data(), length);
    ASSERT_TRUE(count.has_value());
    to.resize(*count);
    EXPECT_EQ(to, content.substr(std::min<size_t>(offset, content.size()), length)) << offset;
  }
};

constexpr size_t kPiece = 128u << 10;

TEST_F(ReadWindowTest, AFileReadFromFrontToBackIsOneStream) {
  for (size_t offset = 0; offset < content.size(); offset += kPiece) expect_read(offset, kPiece);
  EXPECT_EQ(calls->seeks, 0);
  EXPECT_EQ(calls->preads, 0);
}

TEST_F(ReadWindowTest, PiecesThatOvertakeEachOtherAreStillOneStream) {
  size_t offset = 0;
  for (; offset + 4 * kPiece <= content.size(); offset += 4 * kPiece) {
    for (size_t turn : {1, 0, 3, 2}) expect_read(offset + turn * kPiece, kPiece);
  }
  expect_read(offset, content.size() - offset);
  EXPECT_EQ(calls->seeks, 0);
  EXPECT_EQ(calls->preads, 0);
}

TEST_F(ReadWindowTest, ReadsHereAndThereFetchOnlyWhatWasAskedFor) {
  for (uint64_t offset : {4'000'000, 1'000'000, 3'000'000, 2'000'000}) expect_read(offset, 1000);
  EXPECT_EQ(calls->preads, 4);
  EXPECT_EQ(calls->reads, 0);
  EXPECT_EQ(calls->longest_pread, 1000u);
}

TEST_F(ReadWindowTest, GoingOnAfterAJumpBecomesAStreamAgain) {
  expect_read(0, kPiece);
  expect_read(3'000'000, kPiece);
  for (int i = 1; i < 8; ++i) expect_read(3'000'000 + i * kPiece, kPiece);
  EXPECT_EQ(calls->preads, 1);
  EXPECT_EQ(calls->seeks, 1);
}

TEST_F(ReadWindowTest, TheEndOfTheFileIsShortAndBeyondItIsNothing) {
  expect_read(content.size() - 10, 100);
  expect_read(content.size(), 100);
  expect_read(content.size() + 10, 100);
}

TEST_F(ReadWindowTest, AnErrorIsReturnedAndTheNextReadTriesAgain) {
  expect_read(0, 10);
  calls->fails = true;
  std::string to(kPiece, '?');
  EXPECT_FALSE(window.read(2 * kPiece, to.data(), to.size()).has_value());
  EXPECT_FALSE(window.read(4'000'000, to.data(), to.size()).has_value());
  calls->fails = false;
  expect_read(2 * kPiece, kPiece);
  expect_read(4'000'000, kPiece);
}

TEST(ReadWindow, AfterRefreshTheBytesThatWereAppendedAreThere) {
  auto calls = std::make_shared<Calls>();
  std::string content = numbered(1000);
  ReadWindow<FakeFile> window(FakeFile(content, calls, 400));
  std::string to(1000, '?');
  EXPECT_EQ(window.read(0, to.data(), 1000).value(), 400u);
  ASSERT_TRUE(window.refresh().has_value());
  EXPECT_EQ(window.read(0, to.data(), 1000).value(), 1000u);
  EXPECT_EQ(to, content);
}

}  // namespace
}  // namespace dfs::fuse
